import numpy as np
import pytest
from made import write_video

from review.errors import LoadError
from review.loaders.media import probe, sound_blocks


def onsets(blocks, rate_hz=16000):
    """Times at which a sound begins after at least half a second without one."""
    found, last = [], -10.0
    for block in blocks:
        for index in np.flatnonzero(np.abs(block.samples) > 0.2):
            at = block.pts_s + index / rate_hz
            if at - last > 0.5:
                found.append(at)
            last = at
    return found


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.webm", "libvpx")])
def test_clicks_are_heard_when_they_were_made(tmp_path, name, codec):
    path = write_video(tmp_path / name, codec=codec, seconds=6, sound_s=6)
    found = onsets(sound_blocks(path))
    # The first click is softened by the codec's start; the others are on the second.
    assert found[-5:] == pytest.approx([1, 2, 3, 4, 5], abs=0.004)


def test_sound_that_starts_later_than_the_picture_keeps_its_own_time(tmp_path):
    path = write_video(tmp_path / "a.mkv", seconds=5, sound_s=3, sound_from_s=1.5)
    info = probe(path)
    assert info.origin_pts_s == pytest.approx(0, abs=0.03)
    assert info.audio_start_pts_s == pytest.approx(1.5, abs=0.03)
    found = onsets(sound_blocks(path))
    assert found[-2:] == pytest.approx([2.5, 3.5], abs=0.004)


def test_a_hole_in_the_sound_is_not_filled(tmp_path):
    path = write_video(tmp_path / "a.mkv", seconds=10, sound_s=2, sound_gap=(1.0, 4.0))
    blocks = list(sound_blocks(path))
    ends = [b.pts_s + len(b.samples) / 16000 for b in blocks]
    holes = [(a, b.pts_s) for a, b in zip(ends, blocks[1:], strict=False) if b.pts_s - a > 0.1]
    assert len(holes) == 1
    assert holes[0] == pytest.approx((1.0, 5.0), abs=0.05)
    assert onsets(blocks)[-1] == pytest.approx(5.0, abs=0.004)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100, 48000])
def test_the_rate_is_converted_on_the_way(tmp_path, rate_hz):
    path = write_video(tmp_path / "a.mp4", seconds=3, sound_s=3)
    blocks = list(sound_blocks(path, rate_hz=rate_hz))
    assert sum(len(b.samples) for b in blocks) == pytest.approx(3 * rate_hz, rel=0.02)
    assert {b.samples.dtype for b in blocks} == {np.dtype(np.float32)}
    assert onsets(blocks, rate_hz)[-2:] == pytest.approx([1, 2], abs=0.004)
    assert all(len(b.samples) <= 1.5 * rate_hz for b in blocks)


def test_a_part_is_cut_to_the_sample(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=6, sound_s=6)
    whole = np.concatenate([b.samples for b in sound_blocks(path)])
    part = list(sound_blocks(path, start_pts_s=2.25, end_pts_s=4.5))
    assert part[0].pts_s == pytest.approx(2.25, abs=1e-4)
    samples = np.concatenate([b.samples for b in part])
    assert len(samples) == pytest.approx(2.25 * 16000, abs=2)
    cut = whole[36000 : 36000 + len(samples)]
    # The same sound, whichever way the decoder came to it.
    assert np.corrcoef(samples, cut)[0, 1] > 0.99


def test_a_recording_without_sound_says_so(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=1)
    with pytest.raises(LoadError, match="no sound track"):
        next(sound_blocks(path))
