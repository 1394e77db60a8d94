import json

import numpy as np
import pandas as pd
import pytest
import shapely

from review import figures, tables, words
from review.figures.layout import thinned
from review.figures.plane import Plane, border_lines, region_areas, view_of

PLANE = Plane(lat_deg=39.9, lon_deg=116.4)


def fixes(build, metres, *, accuracy=10.0):
    lonlat = PLANE.to_degrees(metres)
    return build(
        "positions",
        [
            {"stream": "gps_phone1", "device_s": float(n), "time_s": 10.0 * n, "lat_deg": lat,
             "lon_deg": lon, "accuracy_m": accuracy, "mock": False, "crs": "wgs84"}
            for n, (lon, lat) in enumerate(lonlat)
        ],
    )  # fmt: skip


def box(left, bottom, right, top):
    corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
    return shapely.Polygon(PLANE.to_degrees(corners))


def test_the_plane_keeps_metres():
    # One minute of latitude is a nautical mile (1852 m) to 0.2 %.
    north = PLANE.to_metres(39.9 + 1 / 60, 116.4)[0]
    assert north == pytest.approx([0.0, 1852.0], rel=2e-3, abs=1e-6)
    points = np.array([[0.0, 0.0], [1234.5, -987.0]])
    lonlat = PLANE.to_degrees(points)
    assert PLANE.to_metres(lonlat[:, 1], lonlat[:, 0]) == pytest.approx(points, abs=1e-6)


def test_a_near_border_comes_into_view_and_a_far_one_does_not():
    points = np.array([[0.0, 0.0], [100.0, 0.0]])
    near = view_of(points, PLANE, box(-50_000, -50_000, 400, 50_000))
    assert near.border_m == pytest.approx(300.0, abs=1)
    assert near.left_m < 0
    assert near.right_m > 400
    (line,) = border_lines(near, PLANE, box(-50_000, -50_000, 400, 50_000))
    assert line[:, 0] == pytest.approx(400.0, abs=0.5)
    (area,) = region_areas(near, PLANE, box(-50_000, -50_000, 400, 50_000))
    assert area[:, 0].max() == pytest.approx(400.0, abs=0.5)
    far = view_of(points, PLANE, box(-50_000, -50_000, 30_000, 50_000))
    assert far.border_m == pytest.approx(29_900, rel=1e-3)
    assert far.right_m < 1000
    assert border_lines(far, PLANE, box(-50_000, -50_000, 30_000, 50_000)) == []


def test_the_map_shows_fixes_accuracy_border_and_flags(build, flags):
    positions = fixes(build, [(0, 0), (0, 0), (0, 0), (300, 0), (300, 400)], accuracy=25.0)
    figure = figures.map_figure(
        positions,
        box(-9000, -9000, 150, 9000),
        {"gps_phone1": (39.9, 116.4)},
        flags=flags,
    )
    by_name = {t.name: t for t in figure.data if t.mode != "lines" or t.showlegend}
    track = by_name["position of phone 1"]
    middle = PLANE.to_metres(positions["lat_deg"].median(), positions["lon_deg"].median())[0]
    assert np.column_stack([track.x, track.y]) + middle == pytest.approx(
        np.array([(0, 0), (0, 0), (0, 0), (300, 0), (300, 400)]), abs=0.1
    )
    # The flag of the place lasts from 20 to 40 s, half-open: fixes 2 and 3.
    assert len(by_name["outside the region"].x) == 2
    assert "speech" not in by_name
    circle = next(t for t in figure.data if t.line.width == 0.5)
    assert np.nanmax(circle.x[:25]) - np.nanmin(circle.x[:25]) == pytest.approx(50.0, rel=1e-3)
    assert figure.layout.yaxis.scaleanchor == "x"


def test_curves_stand_on_session_time(build):
    signals = build(
        "signals",
        [{"stream": "front", "device_s": t, "signal": "faces", "value": v}
         for t, v in ((0.0, 1.0), (10.0, 2.0), (20.0, None))],
    )  # fmt: skip
    clocks = pd.DataFrame(
        {"stream": ["front"], "from_device_s": [-1e9], "to_device_s": [1e9], "offset_s": [5.0],
         "drift_ppm": [0.0], "reference_device_s": [0.0]}
    )  # fmt: skip
    figure = figures.signal_figure(signals, clocks=clocks, window=(0.0, 30.0))
    (curve,) = figure.data
    assert [t.second for t in curve.x] == [5, 15, 25]
    assert list(curve.y[:2]) == [1.0, 2.0]
    assert np.isnan(curve.y[2])
    assert figures.signal_figure(signals, names=["absent"]).data == ()


def test_thinning_loses_no_peak_and_no_hole():
    x = np.arange(100_000.0)
    y = np.sin(x / 5000)
    y[54_321], y[77_000:77_050] = 50.0, np.nan
    tx, ty = thinned(x, y, most=1000)
    assert len(tx) <= 1500
    assert np.nanmax(ty) == 50.0
    assert tx[np.nanargmax(ty)] == 54_321
    assert np.isnan(ty).any()
    assert (np.diff(tx) > 0).all()


def clock_row(stream, device, **more):
    return {"stream": stream, "device": device, "piece": 0, "from_device_s": -1e9,
            "to_device_s": 1e9, "offset_s": 0.0, "drift_ppm": 0.0, "reference_device_s": 0.0,
            "uncertainty_s": None, "method": "m", "anchors": 0, "state": "declared",
            **more}  # fmt: skip


def test_clocks_are_drawn_once_each_with_their_band(build):
    moved = {"offset_s": 2.0, "drift_ppm": 1000.0, "uncertainty_s": 0.25, "state": "synchronised"}
    clocks = build(
        "clocks",
        [
            clock_row("right_rear", "phone1", **moved),
            clock_row("gps_phone1", "phone1", **moved),
            clock_row("front", "computer"),
        ],
    )
    figure = figures.clock_figure(clocks, window=(0.0, 1000.0))
    front, band, curve = figure.data
    assert front.name == "front camera (as declared, not checked)"
    assert front.line.dash == "dot"
    assert curve.name == "right rear phone, position of phone 1 (synchronised)"
    # At session time t the device shows d with t = d + 2 + d/1000.
    device = (1000.0 - 2.0) / 1.001
    assert curve.y[-1] == pytest.approx(1000.0 - device, abs=1e-9)
    assert max(band.y) == pytest.approx(curve.y[-1] + 0.25)


def test_shares_of_coverage(coverage, build):
    sittings = build(
        "sittings",
        [{"state": "done", "key": "k", "window_start_s": 0.0, "window_end_s": 100.0,
          "elapsed_s": 1.0, "analysed_at": "", "version": ""}],
    )  # fmt: skip
    figure = figures.coverage_figure(coverage, sittings)
    (heat,) = figure.data
    assert list(heat.x) == ["front camera", "screen"]
    assert np.asarray(heat.z) == pytest.approx(np.array([[0.4, 0.75]]))


def test_a_point_per_sitting(build):
    scores = pd.concat(
        build("scores", [{"risk": r, "unseen": u, "reasons": [f"<{c}>"]}], key=("s1", c, "t"))
        for c, r, u in (("c1", 90.0, 0.0), ("c2", 5.0, 0.6))
    )
    figure = figures.risk_figure(scores)
    points = figure.data[0]
    assert (list(points.x), list(points.y)) == ([0.0, 0.6], [90.0, 5.0])
    assert list(points.customdata[1][:3]) == ["s1", "c2", "t"]
    assert points.customdata[1][3] == "&lt;c2&gt;"


def test_rates_with_their_intervals_and_groups_too_small():
    rates = pd.DataFrame(
        {
            "label": ["speech", "absent", "eating"],
            "people": [100, 100, pd.NA],
            "flagged": [10, 20, pd.NA],
            "rate": [0.1, 0.2, np.nan],
            "low": [0.05, 0.13, np.nan],
            "high": [0.18, 0.29, np.nan],
            "note": ["", "", "too few to say"],
        }
    )
    figure = figures.rate_figure(rates)
    (points,) = figure.data
    assert list(points.y) == ["absent", "speech"]
    assert list(points.x + points.error_x.array) == pytest.approx([0.29, 0.18])
    assert list(points.x - points.error_x.arrayminus) == pytest.approx([0.13, 0.05])
    assert [(a.y, a.text) for a in figure.layout.annotations] == [("eating", "too few to say")]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_figure_takes_empty_tables_and_speaks_both_languages(language):
    made = [
        figures.map_figure(tables.empty("positions"), language=language),
        figures.signal_figure(tables.empty("signals"), language=language),
        figures.clock_figure(tables.empty("clocks"), language=language),
        figures.coverage_figure(
            tables.empty("coverage"), tables.empty("sittings"), language=language
        ),
        figures.risk_figure(tables.empty("scores"), language=language),
        figures.rate_figure(pd.DataFrame({"people": [], "rate": []}), language=language),
    ]
    titles = [json.loads(figure.to_json())["layout"]["title"]["text"] for figure in made]
    assert titles == [
        words.say(f"figure.{key}", language)
        for key in ("map", "signals", "clocks", "coverage", "risk", "rates")
    ]
    for figure in made:
        assert figure.layout.annotations[0].text == words.say("figure.nothing", language)
