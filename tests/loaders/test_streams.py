from itertools import pairwise

import pandas as pd
import pytest
from made import number_of, write_video

from review.loaders import load_sitting
from review.loaders.streams import picture_at, pictures, pieces, sound


@pytest.fixture
def record(session_folder):
    """Front camera: 0-4 s, a gap, 6-10 s, and a third file that takes over at 8.5 s until 12.5."""
    front = session_folder / "recordings" / "C1" / "theory" / "front"
    for name in ("20221210T083000+0800", "20221210T083006+0800_b", "20221210T083008.5+0800_c"):
        write_video(front / f"{name}.mp4", seconds=4, fps=5, sound_s=4)
    return load_sitting(front.parent)


def seen(record, **options):
    return [
        (round(p.device_s, 3), number_of(p.pixels)) for p in pictures(record, "front", **options)
    ]


def expected():
    steady = [(round(0.2 * n, 3), n % 18) for n in range(20)]
    first = steady
    second = [(round(6 + s, 3), n) for s, n in steady if 6 + s < 8.5]
    third = [(round(8.5 + s, 3), n) for s, n in steady]
    return first + second + third


def test_pictures_follow_each_other_through_segments_gaps_and_overlaps(record):
    assert seen(record) == expected()


def test_a_part_of_the_stream(record):
    inside = [(s, n) for s, n in expected() if 3.4 <= s < 8.7]
    assert seen(record, start_s=3.4, end_s=8.7) == inside
    assert seen(record, start_s=4.1, end_s=5.9) == []


def test_one_picture_a_second_through_all_segments(record):
    firsts = {}
    for s, n in expected():
        firsts.setdefault(int(s + 1e-6), (s, n))
    assert seen(record, every_s=1.0) == list(firsts.values())
    assert seen(record, every_s=1.0, start_s=2.0) == [v for k, v in firsts.items() if k >= 2]


@pytest.mark.parametrize(
    ("device_s", "shown_s"),
    [
        (0.0, 0.0),
        (0.19, 0.0),
        (0.2, 0.2),
        (3.99, 3.8),
        (4.0, None),
        (5.99, None),
        (6.0, 6.0),
        (8.49, 8.4),
        (8.5, 8.5),
        (12.49, 12.3),
        (12.5, None),
        (-0.01, None),
    ],
)
def test_the_picture_shown_at_an_instant(record, device_s, shown_s):
    picture = picture_at(record, "front", device_s)
    if shown_s is None:
        assert picture is None
    else:
        assert picture is not None
        assert picture.device_s == pytest.approx(shown_s)
        assert (round(shown_s, 3), number_of(picture.pixels)) in expected()


def test_sound_has_the_same_holes_and_clicks_on_the_segments_seconds(record):
    blocks = list(sound(record, "front"))
    covered = [(b.device_s, b.device_s + len(b.samples) / 16000) for b in blocks]
    assert covered[0][0] == pytest.approx(0, abs=0.03)
    assert covered[-1][1] == pytest.approx(12.5, abs=0.05)
    holes = [(a[1], b[0]) for a, b in pairwise(covered) if b[0] - a[1] > 0.1]
    assert len(holes) == 1
    assert holes[0] == pytest.approx((4, 6), abs=0.05)
    loud = [
        b.device_s + abs(b.samples).argmax() / 16000 for b in blocks if abs(b.samples).max() > 0.3
    ]
    assert any(abs(at - 9.5) < 0.02 for at in loud)


def test_a_stream_that_is_not_there_is_empty(record):
    assert list(pictures(record, "screen")) == []
    assert list(sound(record, "screen")) == []
    assert picture_at(record, "screen", 1.0) is None


def test_a_file_that_has_gone_is_noted_and_the_others_are_shown(record):
    record.path(record.segments.loc[1, "file"]).unlink()
    damage = []
    found = [p.device_s for p in pictures(record, "front", damage=damage)]
    assert len(found) == 40
    ((file, what),) = damage
    assert file == record.segments.loc[1, "file"]
    assert (what.start_pts_s, what.end_pts_s) == pytest.approx((6.0, 8.5))
    assert picture_at(record, "front", 7.0) is None


def spans(*rows):
    frame = pd.DataFrame(
        [
            {"stream": "front", "file": f, "device_start_s": a, "duration_s": b - a,
             "origin_pts_s": 0.0, "video_codec": "h264", "audio_codec": None}
            for f, a, b in rows
        ]
    )  # fmt: skip
    return [(p.file, p.start_s, p.end_s) for p in pieces(frame, "front")]


def test_the_later_starting_segment_holds_from_its_start():
    assert spans(("a", 0, 10), ("b", 5, 15)) == [("a", 0, 5), ("b", 5, 15)]
    # A short one in between hands back to the one that still runs.
    assert spans(("a", 0, 10), ("b", 4, 6)) == [("a", 0, 4), ("b", 4, 6), ("a", 6, 10)]
    assert spans(("a", 0, 10), ("b", 2, 8), ("c", 4, 5)) == [
        ("a", 0, 2), ("b", 2, 4), ("c", 4, 5), ("b", 5, 8), ("a", 8, 10),
    ]  # fmt: skip
    assert spans(("a", 0, 10), ("b", 10, 12)) == [("a", 0, 10), ("b", 10, 12)]
    assert spans(("a", 0, 0)) == []
