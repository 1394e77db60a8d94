import av
import numpy as np
import pyproj
import pytest
import shapely

from review.loaders.regions import region_boundary
from review.simulate import places
from review.simulate.anomalies import INSIDE_M, draft
from review.simulate.clocks import Clock, rng
from review.simulate.encode import Movie, VideoFormat
from review.simulate.script import Anomaly

GEOD = pyproj.Geod(ellps="WGS84")


def distances(place, fixes):
    lon, lat = (np.array([getattr(f, name) for f in fixes]) for name in ("lon_deg", "lat_deg"))
    _, _, metres = GEOD.inv(
        np.full(len(lon), place.lon_deg), np.full(len(lat), place.lat_deg), lon, lat
    )
    return metres


@pytest.mark.parametrize("seed", range(4))
def test_who_crosses_the_border_is_outside_when_the_truth_says_so(seed):
    script = draft(
        platform="itmc",
        duration_s=120.0,
        clocks={"phone2": Clock(offset_s=0.5)},
        anomalies=[Anomaly(kind="location", start_s=40.0, end_s=120.0)],
    )
    truth = {row.label: row.start_s for row in script.truth}
    place = places.choose(rng(seed, "place"), near_border=True)
    found = places.fixes(script, "gps_phone2", place, from_s=-40, seed=seed)
    times = np.array([f.device_s for f in found]) + 0.5
    region = region_boundary(places.REGION)
    inside = shapely.contains_xy(region, [f.lon_deg for f in found], [f.lat_deg for f in found])
    # Two seconds between fixes at 20 m/s, and some metres of jitter.
    assert inside[times < truth["location_outside"] - 3].all()
    assert not inside[times > truth["location_outside"] + 5].any()
    away = distances(place, found)
    assert away[times < truth["location_drift"] - 3].max() < 100
    assert away[times > truth["location_drift"] + 4].min() > 100
    stays = places.fixes(script, "gps_phone1", place, from_s=-40, seed=seed)
    assert distances(place, stays).max() < INSIDE_M / 2


def test_jitter_wanders_slowly_and_says_how_sure_it_is():
    script = draft(platform="itmc", duration_s=5400.0, clocks={})
    place = places.choose(rng(1, "place"), near_border=False)
    found = places.fixes(script, "gps_phone1", place, from_s=-60, seed=1)
    off = distances(place, found)
    accuracy = np.array([f.accuracy_m for f in found])
    assert 2 < np.median(off) < 15
    # Android's accuracy is the radius that holds about two thirds of the fixes, or more.
    assert np.mean(off <= accuracy) > 0.6
    lon = np.array([f.lon_deg for f in found])
    lon -= lon.mean()
    assert np.mean(lon[1:] * lon[:-1]) / np.mean(lon**2) > 0.6
    assert {f.provider for f in found} == {"gps", "network"}


def test_repeated_seconds_are_the_same_pictures_at_new_times(tmp_path):
    video = VideoFormat(width_px=160, height_px=120, fps=5)
    noise = np.random.default_rng(0).integers(0, 255, (10, 120, 160, 3), dtype=np.uint8)
    path = tmp_path / "repeated.mp4"
    with Movie(path, video=video, audio_bps=24000, repeats=True) as movie:
        movie.pictures(noise[:5], key="one")
        movie.pictures(noise[5:], key="two")
        for key in ("one", "one", "two", "one"):
            assert movie.has(key)
            movie.repeat(key)
        for _ in range(6):
            movie.sound(np.zeros(16000, np.float32))
    with av.open(path) as file:
        assert file.streams.audio[0].codec_context.name == "aac"
        frames = [
            (float(f.pts * f.time_base), f.to_ndarray(format="gray")) for f in file.decode(video=0)
        ]
    assert [round(t * 5) for t, _ in frames] == list(range(30))
    seconds = [[p for _, p in frames[k : k + 5]] for k in range(0, 30, 5)]
    for index, same in enumerate([0, 1, 0, 0, 1, 0]):
        np.testing.assert_array_equal(seconds[index], seconds[same])
    assert not np.array_equal(seconds[0], seconds[1])


def test_pictures_for_a_file_without_them_are_refused(tmp_path):
    with Movie(tmp_path / "sound.m4a", video=None, audio_bps=24000) as movie:
        movie.sound(np.zeros(16000, np.float32))
        with pytest.raises(ValueError, match="without pictures"):
            movie.pictures([np.zeros((120, 160, 3), np.uint8)])
