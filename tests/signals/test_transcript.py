"""The sound of speech, cut for a machine that writes it down; the machine here counts bursts."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from review.loaders.streams import StreamSound
from review.signals import transcript
from review.signals.transcript import Said, joined, recording_sha256, stretches, transcribe

RATE = transcript.RATE_HZ


class Bursts:
    """Writes down every stretch louder than a tenth of full scale, with its length as its words."""

    model, model_sha256, language = "bursts", "00ff", "zh"

    def __init__(self):
        self.given = []

    def hear(self, samples):
        self.given.append(len(samples) / RATE)
        loud = np.flatnonzero(np.abs(samples) > 0.1) / RATE
        for part in np.split(loud, np.flatnonzero(np.diff(loud) > 0.2) + 1) if len(loud) else []:
            seconds = part[-1] - part[0]
            yield Said(
                start_s=part[0], end_s=part[-1], text=f"  {seconds:.1f}\n s", language="zh",
                confidence=0.5,
            )  # fmt: skip


@pytest.fixture
def recorded(monkeypatch):
    """Return a function: a recording with tone at given times, and pieces that are missing."""

    def make(tones, *, length_s=200.0, missing=()):
        whole = np.zeros(round(length_s * RATE), np.float32)
        for start_s, end_s in tones:
            n = np.arange(round(start_s * RATE), round(end_s * RATE))
            whole[n] = 0.3 * np.where(n % 20 < 10, 1.0, -1.0)

        def sound(record, stream, *, start_s, end_s, rate_hz):
            assert rate_hz == RATE
            # Blocks of a third of a second that begin before what is asked for, as codecs have it.
            for n in range(0, len(whole), RATE // 3):
                at_s = n / RATE
                inside = at_s + 1 / 3 > start_s and at_s < end_s
                if inside and not any(a <= at_s < b for a, b in missing):
                    yield StreamSound(device_s=at_s, samples=whole[n : n + RATE // 3], file="f")

        monkeypatch.setattr(transcript, "sound", sound)
        columns = ["stream", "file", "device_start_s", "origin_pts_s", "size_bytes", "sha256"]
        rows = [("front", "f", 0.0, 0.0, 10, "aa"), ("screen", "g", 0.0, 0.0, 10, "bb")]
        return SimpleNamespace(segments=pd.DataFrame(rows, columns=columns))

    return make


def test_lines_stand_where_the_sound_is(recorded):
    tones = [(20.0, 22.0), (22.6, 25.0), (90.0, 91.5)]
    rows = transcribe(recorded(tones), "front", tones, Bursts())
    times = [(row["device_start_s"], row["device_end_s"]) for row in rows]
    np.testing.assert_allclose(times, tones, atol=2e-3)
    assert [row["text"] for row in rows] == ["2.0 s", "2.4 s", "1.5 s"]
    assert {(row["model"], row["model_sha256"], row["language"]) for row in rows} == {
        ("bursts", "00ff", "zh")
    }


def test_short_pauses_join_and_what_is_quiet_is_not_listened_to(recorded):
    machine = Bursts()
    tones = [(20.0, 22.0), (22.6, 25.0), (90.0, 91.5)]
    transcribe(recorded(tones), "front", tones, machine)
    assert machine.given == pytest.approx([5.6, 2.1])
    # Nothing is heard twice however close two stretches are.
    close = joined([[1.0, 2.0], [3.0, 4.0]])
    assert close[0][1] < close[1][0]


def test_long_speech_is_parted_in_its_pauses_and_nothing_is_lost(recorded):
    # Phrases of 4.6 s with 0.4 s between them, for 100 s.
    tones = [(10.0 + 5 * n, 14.6 + 5 * n) for n in range(20)]
    record = recorded(tones)
    parts = list(stretches(record, "front", [(10.0, 109.6)]))
    assert len(parts) > 3
    assert max(len(samples) for _, samples in parts) <= 30 * RATE
    for (start_s, samples), (after_s, _) in pairwise(parts):
        assert start_s + len(samples) / RATE == pytest.approx(after_s, abs=1e-4)
        assert not any(a < after_s < b for a, b in tones)
    rows = transcribe(record, "front", [(10.0, 109.6)], Bursts())
    assert [row["text"] for row in rows] == ["4.6 s"] * 20
    np.testing.assert_allclose(
        [r["device_start_s"] for r in rows], [a for a, _ in tones], atol=2e-3
    )


def test_what_was_not_recorded_is_silence_and_moves_nothing(recorded):
    record = recorded([(50.0, 51.0), (58.0, 59.0)], missing=[(51.0, 57.0)])
    rows = transcribe(record, "front", [(50.0, 59.0)], Bursts())
    starts = [row["device_start_s"] for row in rows]
    np.testing.assert_allclose(starts, [50.0, 58.0], atol=2e-3)
    assert not list(stretches(recorded([], missing=[(0.0, 200.0)]), "front", [(5.0, 9.0)]))


def test_a_machine_whose_times_run_past_the_sound_is_held_to_it(recorded):
    class Wild(Bursts):
        def hear(self, _):
            yield Said(start_s=-3.0, end_s=99.0, text="a", language="en")
            yield Said(start_s=99.0, end_s=98.0, text="b", language="en")
            yield Said(start_s=0.0, end_s=1.0, text=" \n", language="en")

    rows = transcribe(recorded([(20.0, 22.0)]), "front", [(20.0, 22.0)], Wild())
    assert [row["text"] for row in rows] == ["a", "b"]
    for row in rows:
        assert 19.7 - 1e-6 <= row["device_start_s"] < row["device_end_s"] <= 22.3 + 1e-6
        assert row["confidence"] is None


def test_a_transcript_belongs_to_its_own_stream_s_files(recorded):
    segments = recorded([]).segments
    before = recording_sha256(segments, "front")
    assert recording_sha256(segments.iloc[::-1], "front") == before
    other = segments.assign(sha256=["aa", "cc"])
    assert recording_sha256(other, "front") == before
    assert recording_sha256(other, "screen") != recording_sha256(segments, "screen")
    assert recording_sha256(segments.assign(device_start_s=1.0), "front") != before
