"""Which pictures of a screen are worth reading: from the sizes of packets alone."""

import numpy as np
import pytest

from review.loaders.media import Packet, open_video
from review.signals.moves import moved, runs


def packets(*, seconds, fps=10, gop=10, changes=(), restless=0):
    rows = []
    for n in range(seconds * fps):
        at = n / fps
        if n % gop == 0:
            rows.append(Packet(at, 60_000, True))
        else:
            size = 60 + restless * (n % fps == 5) + 30_000 * (at in changes)
            rows.append(Packet(at, size, False))
    return rows


def test_quiet_stretches_are_looked_at_every_three_seconds_and_changes_at_once():
    (run,) = runs(packets(seconds=60, changes=(17.3, 41.1), restless=900))
    assert run.keys_only
    assert {18.0, 42.0} <= set(run.marks_s)
    assert len(run.marks_s) <= 24
    assert max(np.diff(run.marks_s)) <= 3.0


def test_a_change_that_falls_on_a_key_frame_shows_in_its_size():
    rows = [
        Packet(p.pts_s, p.size_bytes + 400 * (20.0 <= p.pts_s < 24.0), p.is_key) if p.is_key else p
        for p in packets(seconds=40)
    ]
    (run,) = runs(rows)
    assert {20.0, 24.0} <= set(run.marks_s)


def test_where_key_frames_are_rare_changes_between_them_are_decoded():
    busy, quiet = runs(packets(seconds=125, gop=250, changes=(37.3,), restless=900))
    assert not busy.keys_only
    assert {0.0, 25.0} <= set(busy.marks_s)
    assert [37.3 <= mark < 38.0 for mark in busy.marks_s].count(True) == 1
    assert (quiet.marks_s, quiet.keys_only) == ([50.0, 75.0, 100.0], True)
    assert runs([]) == []


@pytest.mark.parametrize("gop", [5, 50])
def test_the_chosen_pictures_come_once_each_and_in_order(gop, make_video):
    # Ten pages of 15 s each at 5 pictures a second; a page's brightness says which it is.
    pages = [np.full((64, 64, 3), 40 + 20 * page, np.uint8) for page in range(10)]
    path = make_video([page for page in pages for _ in range(75)], fps=5, gop=gop)
    with open_video(path) as video:
        marks = [mark for run in runs(video.packets()) for mark in run.marks_s]
        seen = [(p.pts_s, float(p.brightness.mean())) for p in moved(video, 0.0, 150.0)]
    assert [at for at, _ in seen] == marks
    assert [round((luma - 40) / 20) for _, luma in seen] == [int(at // 15) for at in marks]
    assert {int(at // 15) for at in marks} == set(range(10))
