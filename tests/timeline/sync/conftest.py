"""Rooms with known truth, kept short; what is costly is made once."""

import importlib.util
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from review import tables
from review.loaders.record import SittingRecord
from review.loaders.streams import StreamSound
from review.session import DEVICE_OF

ROOMS = Path(__file__).parents[3] / "benchmarks" / "rooms.py"


@pytest.fixture(scope="session")
def rooms():
    """The simulated rooms of the benchmark."""
    spec = importlib.util.spec_from_file_location("simulated_rooms", ROOMS)
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulated_rooms"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def heard(rooms):
    """``heard(seed, recorder)``: what a recorder writes, 8 kHz, on its own clock."""

    @cache
    def make(seed, recorder):
        room = rooms.Room(seed=seed, from_s=-60, to_s=420, keys_share=0.4, mouse_per_min=8)
        whole = np.concatenate(list(rooms.recorded(room, recorder)))
        return resample_poly(whole, 1, 2).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def three(rooms, heard):
    """Three devices in one room for five minutes: (recorder, samples) per stream."""
    front = rooms.Recorder(
        stream="front", offset_s=0.0, drift_ppm=0.0, end_s=300.0, snr_db=3, distance_m=0.5
    )
    others = (
        replace(front, stream="right_rear", offset_s=-217.4, drift_ppm=-85.0, start_s=-4.0,
                distance_m=1.7, snr_db=-3),
        replace(front, stream="left_front", offset_s=431.9, drift_ppm=60.0, start_s=-9.0,
                distance_m=1.9, snr_db=0),
    )  # fmt: skip
    return {r.stream: (r, heard(7, r)) for r in (front, *others)}


@pytest.fixture
def sitting_of(sitting):
    """``sitting_of(parts, ...)``: a record and its sound, from (stream, start_s, samples)."""

    def make(parts, *, events=(), source="recordings_csv", sitting=sitting):
        parts = [part for part in parts if len(part[2])]
        rows = [
            {
                "stream": stream,
                "device": DEVICE_OF[stream],
                "file": f"{stream}_{n}.mp4",
                "device_start_s": start_s,
                "duration_s": len(samples) / 8000,
                "start_source": source,
                "video_codec": "h264",
                "audio_codec": "aac",
                "origin_pts_s": 0.0,
                "rotation_deg": 0,
                "size_bytes": 1,
                "container": "mp4",
            }
            for n, (stream, start_s, samples) in enumerate(parts)
        ]
        record = SittingRecord(
            sitting=sitting,
            segments=tables.build("segments", rows, key=sitting.key),
            events=tables.build("events", list(events), key=sitting.key),
            positions=tables.empty("positions"),
            problems=tables.empty("problems"),
        )

        def sound(_, stream, *, rate_hz):
            assert rate_hz == 8000
            for name, start_s, samples in parts:
                if name == stream:
                    for at in range(0, len(samples), 8000):
                        yield StreamSound(
                            device_s=start_s + at / 8000,
                            samples=samples[at : at + 8000],
                            file=f"{name}.mp4",
                        )

        return record, sound

    return make
