import gc
import math
from fractions import Fraction

import av
import numpy as np
import pytest
from made import VARIABLE_MS, number_of, shade, write_video

from review.errors import LoadError
from review.loaders.media import open_video, probe


def shown(path, **options):
    """(time stamp in ms, number of the picture) of everything that a file shows."""
    with open_video(path) as video:
        return [(round(p.pts_s * 1000), number_of(p.pixels)) for p in video.pictures(**options)]


FORMATS = {
    "mp4": {"codec": "libx264"},
    "fragmented.mp4": {
        "codec": "libx264",
        "options": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    },
    "hevc.mp4": {
        "codec": "libx265",
        "codec_options": {"preset": "ultrafast", "x265-params": "log-level=none"},
    },
    "av1.mp4": {"codec": "libsvtav1", "codec_options": {"preset": "12"}},
    "mov": {"codec": "libx264"},
    "webm": {"codec": "libvpx", "options": {"live": "1"}, "codec_options": {"crf": "4", "b": "2M"}},
    "mkv": {"codec": "libx264"},
    "flv": {"codec": "libx264"},
    "ts": {"codec": "libx264"},
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_every_picture_comes_at_its_own_time_stamp(tmp_path, name):
    options = dict(FORMATS[name])
    # AV1 wants at least 64 pixels each way.
    path = write_video(tmp_path / f"a.{name}", times_ms=VARIABLE_MS, size=(64, 64), **options)
    info = probe(path)
    origin_ms = round(info.origin_pts_s * 1000)
    found = shown(path)
    assert [number for _, number in found] == list(range(len(VARIABLE_MS)))
    stamps = [ms - origin_ms for ms, _ in found]
    assert np.allclose(stamps, VARIABLE_MS, atol=1), stamps


@pytest.mark.parametrize("name", FORMATS)
def test_an_open_file_gives_key_frames_then_everything_then_packets(tmp_path, name):
    # What a demuxer was once told to pass over comes again when it is asked for.
    path = write_video(
        tmp_path / f"a.{name}",
        seconds=4,
        fps=5,
        key_every=5,
        sound_s=4,
        size=(64, 64),
        **FORMATS[name],
    )
    with open_video(path) as video:
        keys = [p.pts_s for p in video.pictures(keys_only=True)]
        everything = [(p.pts_s, p.is_key) for p in video.pictures()]
        packets = [p.is_key for p in video.packets()]
    assert keys == [pts_s for pts_s, is_key in everything if is_key]
    assert (len(everything), len(packets)) == (20, 20)
    assert sum(packets) == len(keys) < 20


def test_avi_has_one_rate_and_still_gives_time_stamps(tmp_path):
    path = write_video(tmp_path / "a.avi", seconds=2, codec="mpeg4")
    assert [ms for ms, _ in shown(path)] == [200 * n for n in range(10)]


def test_headers_are_read_as_they_stand(tmp_path):
    made = {"creation_time": "2022-12-10T00:30:00.000000Z"}
    path = write_video(
        tmp_path / "a.mp4", seconds=2, fps=10, sound_s=2, metadata=made, size=(64, 48)
    )
    info = probe(path)
    assert (info.video_codec, info.audio_codec) == ("h264", "aac")
    assert (info.width_px, info.height_px, info.rotation_deg) == (64, 48, 0)
    assert info.mean_fps == pytest.approx(10)
    assert info.duration_s == pytest.approx(2, abs=0.05)
    assert info.sample_rate_hz == 48000
    assert info.created is not None
    assert info.created.isoformat() == "2022-12-10T00:30:00+00:00"
    assert info.size_bytes == path.stat().st_size


def test_a_browser_recording_declares_no_length(tmp_path):
    info = probe(write_video(tmp_path / "a.webm", codec="libvpx", options={"live": "1"}))
    assert info.duration_s is None
    assert info.end_pts_s is None


@pytest.mark.parametrize(
    ("turn", "clockwise", "corner"),
    [
        (0, 0, (0, 0)),
        (-90, 90, (0, -1)),
        (90, 270, (-1, 0)),
        (180, 180, (-1, -1)),
    ],
)
def test_a_turned_recording_is_shown_upright(tmp_path, turn, clockwise, corner):
    path = write_video(tmp_path / "a.mp4", seconds=1, size=(96, 64), rotation=turn)
    info = probe(path)
    size = (64, 96) if clockwise in (90, 270) else (96, 64)
    assert info.rotation_deg == clockwise
    assert (info.width_px, info.height_px) == size
    with open_video(path) as video:
        picture = next(video.pictures())
        small = next(video.pictures(width_px=32))
    assert picture.pixels.shape == (size[1], size[0], 3)
    assert small.pixels.shape == (32 * size[1] // size[0], 32, 3)
    # The white corner of the stored picture is its upper left one.
    for pixels in (picture.pixels, small.pixels):
        corners = {(y, x): int(pixels[y, x, 0]) for y in (0, -1) for x in (0, -1)}
        assert max(corners, key=corners.__getitem__) == corner
        assert sorted(corners.values())[-2] < 100


def test_a_mirrored_recording_is_shown_as_it_was_meant(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=1, size=(96, 64), rotation=180)
    raw = path.read_bytes()
    # tkhd holds a b u c d v x y w; 180 degrees is a = d = -1. Keep a: mirrored left to right.
    minus, plus = (-65536).to_bytes(4, "big", signed=True), (65536).to_bytes(4, "big")
    matrix = minus + bytes(12) + minus
    assert raw.count(matrix) == 1
    path.write_bytes(raw.replace(matrix, minus + bytes(12) + plus))
    with open_video(path) as video:
        pixels = next(video.pictures()).pixels
    assert pixels[0, -1, 0] > 200
    assert pixels[-1, 0, 0] < 100


def test_only_what_lies_between_two_times_is_decoded(tmp_path):
    path = write_video(tmp_path / "a.mp4", times_ms=VARIABLE_MS, key_every=3)
    inside = [ms for ms in VARIABLE_MS if 400 <= ms < 2500]
    assert [ms for ms, _ in shown(path, start_pts_s=0.4, end_pts_s=2.5)] == inside
    assert shown(path, start_pts_s=99) == []
    assert len(shown(path, start_pts_s=-5)) == len(VARIABLE_MS)


def test_one_reader_can_be_asked_again_and_again(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=4, fps=5)
    with open_video(path) as video:
        late = [p.pts_s for p in video.pictures(start_pts_s=3.0)]
        packets = [p.pts_s for p in video.packets()]
        everything = [p.pts_s for p in video.pictures()]
        again = [p.pts_s for p in video.pictures()]
    assert late == pytest.approx([3.0, 3.2, 3.4, 3.6, 3.8])
    assert sorted(packets) == pytest.approx(everything)
    assert again == everything
    assert len(everything) == 20


def test_key_frames_alone(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=4, fps=5, key_every=5)
    assert [ms for ms, _ in shown(path, keys_only=True)] == [0, 1000, 2000, 3000]
    with open_video(path) as video:
        assert [p.pts_s for p in video.packets() if p.is_key] == [0, 1, 2, 3]
        assert all(p.is_key for p in video.pictures(keys_only=True))
        # ... and the next request decodes everything again.
        assert len(list(video.pictures())) == 20


def test_one_picture_per_interval_is_the_first_of_it(tmp_path):
    path = write_video(tmp_path / "a.mp4", times_ms=VARIABLE_MS)
    firsts = {}
    for ms in VARIABLE_MS:
        firsts.setdefault(ms // 500, ms)
    assert [ms for ms, _ in shown(path, every_s=0.5)] == list(firsts.values())


@pytest.mark.parametrize("key_every", [1, 4, 10, 50])
def test_one_picture_per_interval_does_not_depend_on_key_frames(tmp_path, key_every):
    path = write_video(tmp_path / "a.mp4", seconds=10, fps=5, key_every=key_every)
    expected = [(1400 * n, 7 * n % 18) for n in range(8)]
    assert shown(path, every_s=1.4) == expected
    assert shown(path, every_s=1.4, start_pts_s=2.0, grid_pts_s=0.0)[1:] == expected[2:]


def test_small_and_grey(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=1, size=(128, 96))
    with open_video(path) as video:
        small = next(video.pictures(width_px=32))
        grey = next(video.pictures(gray=True))
        colour = next(video.pictures())
    assert small.pixels.shape == (24, 32, 3)
    assert grey.pixels.shape == (96, 128)
    assert abs(int(grey.pixels[50, 100]) - int(colour.pixels[50, 100].mean())) <= 4
    assert grey.pixels[0, 0] > 250


def test_a_recording_that_changes_its_size_gives_one_width(tmp_path):
    path = tmp_path / "a.webm"
    parts = [write_video(tmp_path / f"{n}.webm", codec="libvpx", seconds=1, size=size)
             for n, size in enumerate([(64, 48), (128, 96)])]  # fmt: skip
    with av.open(str(path), "w", options={"live": "1"}) as out:
        with av.open(str(parts[0])) as first:
            track = out.add_stream_from_template(first.streams.video[0])
        for number, part in enumerate(parts):
            with av.open(str(part)) as source:
                for packet in source.demux(video=0):
                    if packet.size:
                        packet.pts += number * 1000
                        packet.dts = packet.pts
                        packet.stream = track
                        out.mux(packet)
    with open_video(path) as video:
        assert {p.pixels.shape for p in video.pictures()} == {(48, 64, 3), (96, 128, 3)}
        assert {p.pixels.shape for p in video.pictures(width_px=64)} == {(48, 64, 3)}


def damaged(path, where):
    """Overwrite the middle part of a file's packets, ``where`` of its length, with noise."""
    raw = bytearray(path.read_bytes())
    first, last = (int(len(raw) * part) for part in where)
    noise = np.random.default_rng(1).integers(0, 256, last - first, dtype=np.uint8)
    raw[first:last] = noise.tobytes()
    path.write_bytes(raw)
    return path


def test_what_does_not_decode_is_skipped_and_noted(tmp_path):
    options = {"preset": "ultrafast", "x264-params": "scenecut=0"}
    path = write_video(tmp_path / "a.ts", seconds=20, fps=5, size=(320, 240), codec_options=options)
    whole = len(shown(path))
    damaged(path, (0.45, 0.55))
    with open_video(path) as video:
        left = [p.pts_s - video.info.origin_pts_s for p in video.pictures()]
    assert 60 < len(left) < whole
    assert min(left) == pytest.approx(0, abs=0.1)
    assert max(left) == pytest.approx(19.8, abs=0.1)


def test_damage_says_from_when_to_when(tmp_path):
    options = {"preset": "ultrafast", "x264-params": "keyint=5:min-keyint=5:scenecut=0"}
    path = write_video(
        tmp_path / "a.mp4", seconds=20, fps=5, size=(320, 240), codec_options=options
    )
    with open_video(path) as video:
        sizes = [p.size_bytes for p in video.packets()]
    raw = bytearray(path.read_bytes())
    start = raw.index(b"mdat") + 4
    # Pictures 40 to 59 (8 s to 12 s) become noise that cannot be a picture.
    first, last = start + sum(sizes[:40]), start + sum(sizes[:60])
    raw[first:last] = b"\xff" * (last - first)
    path.write_bytes(raw)
    with open_video(path) as video:
        left = [round(p.pts_s, 3) for p in video.pictures()]
        (damage,) = video.damage
    assert left == [round(0.2 * n, 3) for n in range(100) if not 40 <= n < 60]
    assert (damage.start_pts_s, damage.end_pts_s) == pytest.approx((8, 12))
    assert damage.reason


def test_a_sound_file_has_no_damage(tmp_path):
    options = {"preset": "medium", "bf": "3", "x264-params": "b-adapt=0"}
    path = write_video(tmp_path / "a.mp4", seconds=6, fps=10, codec_options=options)
    with open_video(path) as video:
        assert len(list(video.pictures())) == 60
        assert video.damage == []
        assert len(list(video.pictures(start_pts_s=2.05, end_pts_s=4))) == 19
        assert video.damage == []


def test_a_cut_off_file_gives_what_is_there(tmp_path):
    path = write_video(
        tmp_path / "a.mp4", seconds=10, size=(320, 240), options={"movflags": "faststart"}
    )
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    found = [ms for ms, _ in shown(path)]
    assert 5 < len(found) < 50
    assert found == sorted(found)


def test_the_picture_shown_at_an_instant(tmp_path):
    path = write_video(tmp_path / "a.mp4", times_ms=VARIABLE_MS, key_every=4)
    with open_video(path) as video:
        for at_ms in (0, 39, 40, 41, 1299, 1300, 2999, 9999):
            expected = max(n for n, ms in enumerate(VARIABLE_MS) if ms <= at_ms)
            picture = video.shown_at(at_ms / 1000)
            assert picture is not None
            assert number_of(picture.pixels) == expected, at_ms
        assert video.shown_at(-0.5) is None


def test_reordered_pictures_come_in_order(tmp_path):
    options = {"preset": "medium", "bf": "3", "x264-params": "scenecut=0:b-adapt=0"}
    path = write_video(tmp_path / "a.mp4", seconds=4, fps=10, key_every=20, codec_options=options)
    with open_video(path) as video:
        stamps = [p.pts_s for p in video.packets()]
    assert stamps != sorted(stamps), "no B-frames were written"
    assert [n for _, n in shown(path)] == [n % 18 for n in range(40)]
    for start in (0.9, 1.9, 2.0, 2.1, 3.9):
        first = shown(path, start_pts_s=start - 1e-6)[0][0]
        assert first == math.ceil(start * 10 - 1e-6) * 100


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.mp4", b"", "empty"),
        ("a.mp4", b"hello, this is no video at all" * 50, "not a readable recording"),
        ("a.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not a readable recording"),
        ("a.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n", "not a readable recording"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_line(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(LoadError, match=words) as caught:
        probe(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_recording_that_was_never_finished_says_so(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=4, size=(320, 240))
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.index(b"moov") - 4])
    with pytest.raises(LoadError, match="stopped before it finished"):
        probe(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(LoadError, match="cannot be read"):
        probe(tmp_path / "none.mp4")


def test_sound_alone_is_no_video(tmp_path):
    path = write_video(tmp_path / "a.m4a", codec=None, sound_s=1)
    assert probe(path).video_codec is None
    with pytest.raises(LoadError, match="no picture track"), open_video(path):
        pass


@pytest.mark.parametrize(
    "name", ["a'b\"c.mp4", "50% done %03d.mp4", "正面 摄像头.mp4", "🎥 é.mp4", "a:b?.mp4", "-x.mp4"]
)
def test_file_names_as_people_write_them(tmp_path, name):
    path = write_video(tmp_path / "plain.mp4", seconds=1).rename(tmp_path / name)
    assert probe(path).video_codec == "h264"
    assert len(shown(path)) == 5


def test_time_is_a_fraction_and_does_not_wander(tmp_path):
    """At 30000/1001 pictures a second an hour is 3.6 s off when rates are taken for whole."""
    path = tmp_path / "a.mp4"
    base = Fraction(1, 30000)
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=Fraction(30000, 1001))
        video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
        video.codec_context.time_base = base
        video.codec_context.options = {"preset": "ultrafast"}
        for n in range(3):
            frame = av.VideoFrame.from_ndarray(shade(n, 32, 32), format="bgr24")
            frame.pts, frame.time_base = 1001 * n * 36000, base
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    with open_video(path) as video:
        stamps = [p.pts_s for p in video.pictures()]
    assert stamps == pytest.approx([0, 1201.2, 2402.4], abs=1e-9)


@pytest.mark.parametrize("options", [{}, {"keys_only": True}, {"width_px": 32, "gray": True}])
def test_pictures_are_let_go_of_one_by_one(tmp_path, options):
    """A picture that waits for the garbage collector costs hundreds of megabytes per minute."""
    path = write_video(tmp_path / "a.mp4", seconds=20, fps=5, key_every=1, rotation=90)
    gc.collect()
    gc.disable()
    try:
        with open_video(path) as video:
            assert sum(1 for _ in video.pictures(**options)) == 100
        left = sum(isinstance(thing, av.VideoFrame) for thing in gc.get_objects())
    finally:
        gc.enable()
    assert left <= 3
