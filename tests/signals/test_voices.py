"""Pitch and timbre of voices, and the rows that hearing makes of them."""

import numpy as np
import pytest

from review.detectors.talk import apart
from review.loaders.streams import StreamSound
from review.signals import hearing
from review.signals.voices import COEFFICIENTS, RATE_HZ, voice
from review.simulate.speech import MAN, WOMAN, utterance

HALF = 8192


def spoken(who, seconds=4.0, seed=0, noise=0.002):
    rng = np.random.default_rng(seed)
    made = 0.3 * utterance(seconds, voice=who, rng=np.random.default_rng(seed))
    return (made + noise * rng.standard_normal(len(made))).astype(np.float32)


def halves(samples):
    cuts = [samples[n : n + HALF] for n in range(0, len(samples) - HALF + 1, HALF)]
    return np.array([v.vector for cut in cuts if (v := voice(cut)) is not None], dtype=float)


@pytest.mark.parametrize("hertz", [80.0, 118.0, 205.0, 330.0])
def test_the_pitch_is_that_of_the_pulses_not_its_double_or_half(hertz):
    time_s = np.arange(RATE_HZ // 2) / RATE_HZ
    # Twenty harmonics, the third the strongest: what counts is the period.
    tone = sum(
        (3.0 if n == 3 else 1.0) * np.sin(2 * np.pi * n * hertz * time_s) for n in range(1, 20)
    )
    found = voice((0.02 * tone).astype(np.float32))
    assert found.pitch_hz == pytest.approx(hertz, rel=0.02)
    assert found.timbre.shape == (COEFFICIENTS,)
    assert found.voiced > 0.9


@pytest.mark.parametrize("who", [MAN, WOMAN])
def test_a_voice_keeps_its_pitch(who):
    rows = halves(spoken(who, 8.0))
    assert len(rows) >= 12
    assert 2 ** np.median(rows[:, 0]) == pytest.approx(who.pitch_hz, rel=0.1)


def test_two_voices_are_apart_and_one_is_not():
    one, again, other = (
        halves(spoken(*what)) for what in ((MAN, 4, 1), (MAN, 4, 2), (WOMAN, 4, 3))
    )
    middle = np.median(one, axis=0)
    assert apart(np.median(again, axis=0)[None], middle)[0] < 1.0
    assert apart(np.median(other, axis=0)[None], middle)[0] > 1.2


def test_what_has_no_pitch_is_no_voice():
    rng = np.random.default_rng(0)
    assert voice((0.1 * rng.standard_normal(HALF)).astype(np.float32)) is None
    assert voice(np.zeros(HALF, np.float32)) is None
    assert voice(np.zeros(100, np.float32)) is None


def test_loudness_is_no_part_of_a_voice():
    samples = spoken(MAN, 2.0, noise=0.0)[:HALF]
    loud, quiet = voice(samples), voice(0.05 * samples)
    np.testing.assert_allclose(loud.vector, quiet.vector, atol=0.05)


def test_hearing_describes_voices_where_there_is_speech(models, monkeypatch):
    samples = np.concatenate([np.zeros(2 * RATE_HZ), spoken(WOMAN), np.zeros(2 * RATE_HZ)])
    samples += 0.002 * np.random.default_rng(0).standard_normal(len(samples))
    block = StreamSound(device_s=100.0, samples=samples.astype(np.float32), file="f")
    monkeypatch.setattr(hearing, "sound", lambda *_, **__: iter([block]))
    found = hearing.measure_sound(
        None, "front", models=models, span=(0.0, 1e6), tell=lambda _: None
    ).detections
    assert {row["kind"] for row in found} == {"voice"}
    times = np.array([row["device_s"] for row in found])
    assert len(times) >= 4
    assert times.min() >= 101.4
    assert times.max() <= 106.2
    pitch = 2 ** np.median([row["embedding"][0] for row in found])
    assert pitch == pytest.approx(WOMAN.pitch_hz, rel=0.1)
