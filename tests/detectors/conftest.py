"""Evidence made by hand: what is true is written down, what follows is computed."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from review import detectors, tables
from review.timeline.clocks import declared_clocks
from review.timeline.evidence import Evidence

#: A place well inside Beijing.
HOME = (39.9, 116.4)
METRE_DEG = 1 / 111_195.0


class Case:
    """A sitting of ten minutes in which nothing is wrong until it is said."""

    def __init__(self, sitting, *, window=None):
        self.sitting = sitting
        self.window = window or (0.0, sitting.subject.duration_s)
        self.rows = {"coverage": [], "events": [], "positions": [], "signals": [], "detections": []}
        self.rows["texts"] = []
        self.shift_s = 0.0

    # What was there

    def cover(self, stream, state="recorded", start_s=None, end_s=None):
        start_s = self.window[0] if start_s is None else start_s
        end_s = self.window[1] if end_s is None else end_s
        row = {"stream": stream, "start_s": start_s, "end_s": end_s, "state": state}
        self.rows["coverage"].append(row)
        return self

    def signal(self, stream, name, times, values):
        for time_s, value in zip(times, np.broadcast_to(values, len(times)), strict=True):
            self.rows["signals"].append(
                {"stream": stream, "time_s": float(time_s), "signal": name, "value": float(value)}
            )
        return self

    def view(self, stream, *, empty=(), persons=False, step_s=1.0, without=None):
        """A camera view with one face (or person) in every picture except in ``empty``."""
        self.cover(stream)
        times = np.arange(*self.window, step_s)
        there = np.ones(len(times))
        for start_s, end_s in empty:
            there[(times >= start_s) & (times < end_s)] = 0
        names = ["faces", *(["persons"] if persons else [])]
        for name in names:
            self.signal(stream, name, times, np.zeros(len(times)) if name == without else there)
        return self

    def log(self, stream, time_s, kind, **detail):
        self.rows["events"].append(
            {
                "stream": stream, "device_s": time_s, "time_s": time_s, "type": kind,
                "device_time": "2022-12-10T08:30:00+08:00",
                "detail": json.dumps(detail, ensure_ascii=False),
            }
        )  # fmt: skip
        return self

    def face(self, stream, times, *, track=0, vector=None, x=100.0, w=80.0, kind="face", score=0.9):
        """Boxes over time; ``x`` may be one number or one for each time."""
        for time_s, left in zip(times, np.broadcast_to(x, len(times)), strict=True):
            self.rows["detections"].append(
                {
                    "stream": stream, "device_s": float(time_s), "time_s": float(time_s),
                    "kind": kind, "label": kind, "track": track, "x_px": float(left),
                    "y_px": 50.0, "w_px": w, "h_px": 1.2 * w, "score": score,
                    "embedding": None if vector is None else np.asarray(vector, np.float32),
                }
            )  # fmt: skip
        return self

    def photo(self, name, vector):
        self.face(f"identity/{name}", [0.0], track=-1, vector=vector)
        self.rows["detections"][-1]["label"] = name
        return self

    def fixes(self, stream, times, *, north_m=0.0, accuracy_m=10.0, mock=False):
        """Positions north of HOME; also what the measurements would say of them."""
        times = np.asarray(times, float)
        north = np.broadcast_to(north_m, len(times)).astype(float)
        marks = np.broadcast_to(mock, len(times))
        accuracy = np.broadcast_to(accuracy_m, len(times))
        for time_s, metres, mark, radius in zip(times, north, marks, accuracy, strict=True):
            self.rows["positions"].append(
                {
                    "stream": stream, "device_s": time_s, "time_s": time_s,
                    "lat_deg": HOME[0] + metres * METRE_DEG, "lon_deg": HOME[1],
                    "accuracy_m": None if np.isnan(radius) else radius, "mock": bool(mark),
                    "crs": "wgs84",
                }
            )  # fmt: skip
        self.signal(stream, "checkin_distance_m", times, np.abs(north))
        return self

    def text(self, start_s, end_s, *lines):
        """What stands on the screen for a while."""
        for n, line in enumerate(lines):
            self.rows["texts"].append(
                {
                    "stream": "screen", "start_device_s": start_s, "end_device_s": end_s,
                    "start_s": start_s, "end_s": end_s, "text": line,
                    "x_px": 0.0, "y_px": 40.0 * n, "w_px": 200.0, "h_px": 30.0,
                }
            )  # fmt: skip
        return self

    def speak(self, stream, start_s, end_s, *, pitch_hz=None, probability=0.95):
        """Speech in one recording; with a pitch also the voice that it describes."""
        times = np.arange(start_s, end_s - 1e-9, 0.256)
        self.signal(stream, "speech", times, probability)
        if pitch_hz is not None:
            for time_s in np.arange(start_s, end_s - 0.5, 0.512):
                made = np.zeros(13, np.float32)
                # No voice keeps one pitch: a few percent up and down.
                made[0] = np.log2(pitch_hz) + 0.05 * np.sin(3.0 * time_s)
                made[1:] = 0.3 * np.cos(np.arange(12) + time_s)
                self.face(stream, [time_s], track=-1, vector=made, kind="voice", w=0.0, x=0.0)
        return self

    # What follows

    @property
    def evidence(self):
        key = self.sitting.key

        def table(name, extra=()):
            rows = [dict(row) for row in self.rows[name]]
            for row in rows:
                for column in (
                    "time_s", "device_s", "start_s", "end_s", "start_device_s", "end_device_s",
                ):  # fmt: skip
                    if column in row:
                        row[column] += self.shift_s
                row.setdefault("device_s", row.get("time_s"))
            built = tables.build(name, rows, key=key)
            for column in extra:
                built[column] = pd.Series([row[column] for row in rows], dtype=float)
            return built

        return Evidence(
            sitting=self.sitting,
            window=(self.window[0] + self.shift_s, self.window[1] + self.shift_s),
            segments=tables.empty("segments"),
            clocks=declared_clocks(self.sitting),
            coverage=table("coverage"),
            events=table("events"),
            positions=table("positions"),
            signals=table("signals", ["time_s"]),
            detections=table("detections", ["time_s"]),
            texts=table("texts", ["start_s", "end_s"]),
        )

    def flags(self, detector, **options):
        known = {d.name: d for d in detectors.detectors()}
        rows = known[detector].function(self.evidence, **options)
        for column in ("streams", "supports", "contradicts"):
            rows[column] = rows[column].map(list)
        return rows

    def spans(self, detector, **options):
        rows = self.flags(detector, **options)
        return rows[["start_s", "end_s"]].to_numpy().round(6).tolist()


@pytest.fixture
def case(make_sitting):
    """Make a Case; keywords go to the session."""

    def make(*, window=None, **session):
        return Case(make_sitting(**session), window=window)

    return make


def vector(angle_deg, size=1.0):
    """A point on a circle in 128 dimensions: the distance of two is 2 sin(half the angle)."""
    made = np.zeros(128, np.float32)
    made[:2] = size * np.cos(np.radians(angle_deg)), size * np.sin(np.radians(angle_deg))
    return made


@pytest.fixture
def ordinary(case):
    """Make a sitting in which everything is there and nothing is wrong."""

    def make(**session):
        required = (
            "front", "right_rear", "left_front", "screen", "gps_phone1", "gps_phone2",
            "events_client",
        )  # fmt: skip
        made = case(**{"required_streams": required, "allowed_apps": ("WPS",), **session})
        seconds = np.arange(0.0, 600.0)
        for view in ("front", "left_front"):
            made.view(view, persons=True)
            # A head that moves, looked at once a second.
            made.face(view, seconds, vector=vector(0), x=100 + 30 * np.sin(seconds / 7))
        made.view("right_rear", persons=True, without="faces")
        made.cover("screen").cover("gps_phone1").cover("gps_phone2").cover("events_client")
        made.photo("id_photo", vector(15)).photo("login_photo_client", vector(-5))
        for stream in ("gps_phone1", "gps_phone2"):
            made.fixes(stream, np.arange(0, 600, 5.0), north_m=15 * np.sin(np.arange(0, 600, 5.0)))
            made.signal(stream, "outside_probability", np.arange(0, 600, 5.0), 0.0)
            made.signal(stream, "border_distance_m", np.arange(0, 600, 5.0), -5000.0)
        for log in ("events_client", "events_phone1", "events_phone2"):
            made.log(log, -900.0, "login").log(log, -890.0, "identity_check")
        made.log("events_client", 30.0, "focus_lost", app="WPS", process="wps.exe")
        made.log("events_client", 90.0, "focus_gained", app="WPS")
        made.log("events_proctor", 100.0, "warning", reason="x", clause="itmc-2022/1.4")
        made.log("events_client", 580.0, "submit").log("events_client", 590.0, "client_exit")
        return made

    return make


@pytest.fixture
def person():
    return vector


@pytest.fixture
def with_window():
    """Return evidence with another window."""
    return lambda evidence, window: replace(evidence, window=window)
