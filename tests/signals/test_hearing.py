"""Level and speech."""

import numpy as np
import pytest

from review.loaders.streams import StreamSound
from review.signals import hearing
from review.signals.models import Models

RATE = hearing.RATE_HZ


def blocks(samples, *, start_s=0.0, size=RATE, hole=None):
    """Cut samples into blocks; ``hole`` (index, seconds) moves what follows it later."""
    made = []
    for n in range(0, len(samples), size):
        late = hole[1] if hole and n >= hole[0] else 0.0
        made.append(
            StreamSound(device_s=start_s + n / RATE + late, samples=samples[n : n + size], file="f")
        )
    return made


@pytest.fixture
def listen(monkeypatch):
    def run(made, models=Models()):  # noqa: B008  frozen
        monkeypatch.setattr(hearing, "sound", lambda *_, **__: iter(made))
        return hearing.measure_sound(
            None, "front", models=models, span=(0.0, 1e6), tell=lambda _: None
        )

    return run


def series(samples, name):
    rows = [(t, v) for _, t, n, v in samples._signals if n == name]
    return np.array(rows).reshape(-1, 2)


def test_levels_are_those_of_the_amplitude(listen):
    loud = np.full(RATE, 0.1, np.float32)
    quiet = np.zeros(RATE, np.float32)
    found = series(listen(blocks(np.concatenate([loud, quiet]), start_s=7.0)), "level_db")
    np.testing.assert_allclose(found[:, 0], [7.0, 7.5, 8.0, 8.5])
    np.testing.assert_allclose(found[:, 1], [-20, -20, -120, -120], atol=1e-4)


def test_a_hole_moves_what_follows_and_long_sound_keeps_its_time(listen):
    samples = np.full(100 * RATE, 0.1, np.float32)
    found = series(listen(blocks(samples, hole=(80 * RATE, 30.0))), "level_db")
    assert len(found) == 200
    np.testing.assert_allclose(found[159, 0], 79.5)
    np.testing.assert_allclose(found[160, 0], 110.0)


def test_a_hole_just_after_a_full_chunk_is_seen(listen):
    samples = np.full(hearing._CHUNK + RATE, 0.1, np.float32)
    found = series(listen(blocks(samples, hole=(hearing._CHUNK, 5.0))), "level_db")
    assert found[-2, 0] == pytest.approx(hearing._CHUNK / RATE + 5.0)


def test_speech_in_parts_is_speech_at_once(models):
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.05, hearing.WINDOW * 64).astype(np.float32)
    whole = hearing.Speech(models.path("silero_vad")).probabilities(samples)
    parted = hearing.Speech(models.path("silero_vad"))
    middle = 24 * hearing.WINDOW
    parts = [parted.probabilities(samples[:middle]), parted.probabilities(samples[middle:])]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)


def test_speech_is_found_where_people_labelled_it(testdata, models, make_record, values):
    from review.signals.measure import measure

    record = make_record([("front", testdata / "audio" / "dev00.wav", 0.0)])
    times, heard = values(measure(record, models=models), "front", "speech")
    labelled = np.zeros(len(times), dtype=bool)
    for line in (testdata / "audio" / "debug.development.rttm").read_text().splitlines():
        parts = line.split()
        if parts[1] == "dev00":
            start_s, length_s = float(parts[3]), float(parts[4])
            labelled |= (times + 0.256 > start_s) & (times < start_s + length_s)
    assert labelled.any()
    found = heard >= 0.5
    # The model is sure of what it finds, and misses the quiet ends of what people labelled.
    assert labelled[found].mean() > 0.95
    assert found[labelled].mean() > 0.6


def test_silence_is_not_speech(testdata, models, make_record, values):
    from review.signals.measure import measure

    record = make_record([("front", testdata / "audio" / "empty.wav", 0.0)])
    measured = measure(record, models=models)
    assert values(measured, "front", "speech")[1].max() < 0.5
