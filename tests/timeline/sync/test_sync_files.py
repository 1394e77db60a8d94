"""Synchronising real files: sampling rates that differ between files, and within one."""

from dataclasses import replace

import av
import numpy as np
import pytest
from scipy.signal import resample_poly

from review.loaders.container import probe
from review.timeline.clocks import to_session_s
from review.timeline.sync import synchronise


def write(path, samples, *, rate_hz, form, from_s=0.0):
    """Write 8 kHz samples as AAC at another rate, time stamps from ``from_s``."""
    made = resample_poly(samples, rate_hz // 8000, 1).astype(np.float32)
    with av.open(str(path), "w", format=form) as out:
        coder = {"aac_coder": "fast"}
        stream = out.add_stream("aac", rate=rate_hz, layout="mono", options=coder)
        stream.bit_rate = 48000
        frame = av.AudioFrame.from_ndarray(made[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate_hz, round(from_s * rate_hz)
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return path


@pytest.fixture
def on_disk(sitting_of, tmp_path):
    """``on_disk([(stream, start_s, path), ...])``: a record whose sound comes from files."""

    def make(parts):
        record, _ = sitting_of([(s, at, np.zeros(8, np.float32)) for s, at, _ in parts])
        infos = [probe(path) for _, _, path in parts]
        segments = record.segments.assign(
            file=[str(path) for _, _, path in parts],
            duration_s=[info.duration_s for info in infos],
            origin_pts_s=[info.origin_pts_s for info in infos],
        )
        folder = replace(record.sitting.session, folder=tmp_path)
        return replace(record, segments=segments, sitting=replace(record.sitting, session=folder))

    return make


def off_s(made, recorder, device_s):
    found = to_session_s(made.clocks, recorder.stream, device_s)
    reference = to_session_s(made.clocks, "front", [0.0])[0]
    return np.abs(found - reference - recorder.to_session_s(np.asarray(device_s)))


def test_a_sampling_rate_that_changes_from_file_to_file(three, on_disk, tmp_path):
    (front, heard), (phone, samples) = three["front"], three["right_rear"]
    half = 150 * 8000
    start = phone.device_start_s
    record = on_disk([
        ("front", front.device_start_s,
         write(tmp_path / "f.m4a", heard, rate_hz=16000, form="mp4")),
        ("right_rear", start, write(tmp_path / "a.m4a", samples[:half], rate_hz=48000, form="mp4")),
        ("right_rear", start + 150.0,
         write(tmp_path / "b.m4a", samples[half:], rate_hz=16000, form="mp4")),
    ])  # fmt: skip
    made = synchronise(record)
    rows = made.clocks[made.clocks["stream"] == "right_rear"]
    assert rows["state"].tolist() == ["synchronised"]
    assert off_s(made, phone, [start + 50.0, start + 250.0]).max() < 0.03


def test_a_sampling_rate_that_changes_within_a_file(three, on_disk, tmp_path):
    (front, heard), (phone, samples) = three["front"], three["right_rear"]
    half = 150 * 8000
    start = phone.device_start_s
    parts = [
        write(tmp_path / "a.ts", samples[:half], rate_hz=48000, form="mpegts"),
        write(tmp_path / "b.ts", samples[half:], rate_hz=16000, form="mpegts", from_s=150.0),
    ]
    whole = tmp_path / "whole.ts"
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    with av.open(str(whole)) as sound:
        assert {frame.sample_rate for frame in sound.decode(audio=0)} == {48000, 16000}
    record = on_disk([
        ("front", front.device_start_s,
         write(tmp_path / "f.m4a", heard, rate_hz=16000, form="mp4")),
        ("right_rear", start, whole),
    ])  # fmt: skip
    made = synchronise(record)
    rows = made.clocks[made.clocks["stream"] == "right_rear"]
    assert set(rows["state"]) == {"synchronised"}
    # An encoder's delay of some hundredths of a second lies between the two parts.
    assert off_s(made, phone, [start + 50.0, start + 250.0]).max() < 0.1


def test_pulses_that_repeat_are_refused(testdata, on_disk):
    audio = testdata / "audio"
    record = on_disk([
        ("front", 0.0, audio / "latency_ref_2.wav"),
        ("right_rear", 0.0, audio / "latency_act_2.wav"),
    ])  # fmt: skip
    clocks = synchronise(record).clocks.set_index("stream")
    assert clocks.loc["right_rear", "state"] == "unsynchronised"
    assert clocks.loc["right_rear", "offset_s"] == 0.0


def test_meetings_in_different_rooms_are_refused(testdata, on_disk):
    audio = testdata / "audio"
    names = ("dev00.wav", "dev01.wav", "trn01.wav")
    record = on_disk([
        (stream, 0.0, audio / name)
        for stream, name in zip(("front", "right_rear", "left_front"), names, strict=True)
    ])  # fmt: skip
    clocks = synchronise(record).clocks.set_index("stream")
    for stream in ("front", "right_rear", "left_front"):
        assert clocks.loc[stream, "state"] == "unsynchronised"


def test_two_excerpts_of_one_broadcast_lie_where_they_were_cut(testdata, on_disk):
    audio = testdata / "audio"
    record = on_disk([
        ("front", 0.0, audio / "timbl_1.mp3"), ("right_rear", 0.0, audio / "timbl_2.mp3"),
    ])  # fmt: skip
    row = synchronise(record).clocks.set_index("stream").loc["right_rear"]
    assert row["state"] == "synchronised"
    # Counted in samples the second starts 12.254 s into the first.
    assert abs(row["offset_s"] - 12.254) < row["uncertainty_s"] < 0.05
