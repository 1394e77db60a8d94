import numpy as np
import pytest

from review.signals.hearing import Speech
from review.signals.models import find_models
from review.simulate.anomalies import draft
from review.simulate.clocks import Clock
from review.simulate.script import Anomaly
from review.simulate.sound import Microphone, Room
from review.simulate.speech import MAN, RATE_HZ, WOMAN, utterance
from review.simulate.stage import Stage

CLOCKS = {
    "computer": Clock(offset_s=0.35, drift_ppm=45.0),
    "phone1": Clock(offset_s=-0.62, drift_ppm=-38.0),
}


@pytest.fixture(scope="module")
def speech_probability():
    model = Speech(find_models().path("silero_vad"))

    def listen(samples):
        model.reset()
        return model.probabilities(samples[: len(samples) // 512 * 512])

    return listen


def room(*anomalies, voice=0, duration_s=60.0):
    script = draft(platform="itmc", duration_s=duration_s, clocks=CLOCKS, anomalies=anomalies)
    return script, Room(script, Stage(script, seed=3), seed=3, voice=voice)


def heard(script, sound, view, from_s, seconds):
    microphone = Microphone(sound, script, view, seed=3)
    parts = [microphone.record(from_s + s, RATE_HZ) for s in range(seconds)]
    return np.concatenate(parts)


@pytest.mark.parametrize("voice", [MAN, WOMAN], ids=["low", "high"])
def test_speech_is_speech_to_the_shipped_detector(voice, speech_probability):
    spoken = 0.1 * utterance(8.0, voice=voice, rng=np.random.default_rng(2))
    assert np.mean(speech_probability(spoken) > 0.5) > 0.8


def test_typing_is_not(speech_probability):
    script, sound = room()
    for view in ("front", "right_rear"):
        recorded = heard(script, sound, view, 0.0, 30)
        assert np.abs(recorded).max() > 0.03
        assert np.mean(speech_probability(recorded) > 0.5) < 0.01


def test_planted_speech_is_heard_by_every_device_when_it_was_planted(speech_probability):
    script, sound = room(Anomaly(kind="speech", start_s=20.0, end_s=30.0))
    for view in ("front", "right_rear", "left_front"):
        microphone = Microphone(sound, script, view, seed=3)
        recorded = heard(script, sound, view, 10.0, 30)
        probability = speech_probability(recorded)
        device_s = 10.0 + (np.arange(len(probability)) + 0.5) * 512 / RATE_HZ
        session_s = microphone.clock.to_session(device_s)
        inside = (session_s > 20.3) & (session_s < 29.7)
        outside = (session_s < 19.7) | (session_s > 30.6)
        assert np.mean(probability[inside] > 0.5) > 0.75, view
        assert np.mean(probability[outside] > 0.5) < 0.05, view


def delay_s(a, b):
    size = 2 * len(a)
    cross = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)))
    lag = int(np.argmax(np.abs(cross)))
    return (lag if lag < size // 2 else lag - size) / RATE_HZ


@pytest.mark.parametrize("at_s", [0.0, 3000.0])
def test_devices_hear_one_room_by_their_own_clocks(at_s):
    script, sound = room(duration_s=3100.0)
    front = heard(script, sound, "front", at_s, 20)
    rear = heard(script, sound, "right_rear", at_s, 20)
    # One sound at session time t stands at t - offset - drift * t on each device.
    expected = float(CLOCKS["computer"].to_device(at_s) - CLOCKS["phone1"].to_device(at_s))
    # Sound takes up to 5 ms more to the phone.
    assert -0.007 < delay_s(front, rear) - expected < 0.002


def test_a_stretch_is_the_same_however_it_is_cut():
    _, sound = room(Anomaly(kind="speech", start_s=5.0, end_s=9.0))
    whole = sound.samples(2 * RATE_HZ + 77, 6 * RATE_HZ)
    parts = [sound.samples(2 * RATE_HZ + 77 + k * RATE_HZ, RATE_HZ) for k in range(6)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_a_silenced_stretch_is_silent():
    script, sound = room(Anomaly(kind="audio_gap", start_s=10.0, end_s=14.0, stream="right_rear"))
    recorded = heard(script, sound, "right_rear", 11.0, 2)
    assert np.abs(recorded).max() == 0
    assert np.abs(heard(script, sound, "front", 11.0, 2)).max() > 0
