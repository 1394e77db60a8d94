"""Who speaks: speech, other voices, and what is lawful."""

import numpy as np
import pytest

from review.detectors.talk import lawful, speakers, speech_spans

MAN, WOMAN = 115.0, 210.0
ALL = ("front", "right_rear")


@pytest.fixture
def room(case):
    """A sitting whose recordings have sound in which nobody speaks."""

    def make(platform="eztest", *, views=ALL):
        made = case(platform=platform, required_streams=views)
        for view in views:
            made.cover(view)
            made.signal(view, "speech", np.arange(0.0, 600.0, 30.0), 0.01)
        return made

    return make


def say(made, start_s, end_s, pitch_hz, views=ALL):
    for view in views:
        made.speak(view, start_s, end_s, pitch_hz=pitch_hz)
    return made


def calibrated(made):
    """The client records five seconds of the candidate and plays them back."""
    return say(made.log("events_client", -20.0, "audio_check", seconds=5), -19.0, -14.0, MAN)


def test_speech_begins_surely_and_ends_quietly():
    times = np.arange(40) * 0.256
    probability = np.zeros(40)
    probability[3:8] = [0.2, 0.9, 0.3, 0.15, 0.05]
    probability[9] = 0.2  # a quarter of a second later it goes on, too quietly to begin
    probability[20:24] = 0.4  # never sure
    found = speech_spans(times, probability)
    np.testing.assert_allclose(found, [[3 * 0.256, 7 * 0.256]], atol=1e-6)
    probability[9] = 0.8
    np.testing.assert_allclose(
        speech_spans(times, probability), [[3 * 0.256, 10 * 0.256]], atol=0.05
    )


def test_speech_is_flagged_under_eztest_only(room):
    flags = say(room(), 100, 110, MAN).flags("speech")
    assert flags[["start_s", "end_s"]].to_numpy().round().tolist() == [[100.0, 110.0]]
    assert flags["streams"].iloc[0] == list(ALL)
    from review import detectors

    assert "speech" not in {d.name for d in detectors.detectors("itmc")}
    assert "second_voice" in {d.name for d in detectors.detectors("itmc")}


def test_reading_aloud_is_the_candidates_own_voice_for_long(room):
    def key(length_s, pitch_hz):
        made = say(calibrated(room()), 100, 100 + length_s, pitch_hz)
        return made.flags("speech")["reason_key"].tolist()

    assert key(12, MAN) == ["speech_aloud"]
    assert key(3, MAN) == ["speech"]
    assert key(12, WOMAN) == ["speech"]


def test_a_word_is_no_speech_and_pauses_join(room):
    made = say(say(say(room(), 50, 50.6, MAN), 100, 104, MAN), 105.5, 109, MAN)
    assert np.round(made.spans("speech")).tolist() == [[100.0, 109.0]]


def test_what_only_one_device_hears_weighs_less_and_is_contradicted(room):
    (one,) = say(room(), 100, 110, MAN, ["right_rear"]).flags("speech").itertuples()
    (both,) = say(room(), 100, 110, MAN).flags("speech").itertuples()
    assert (one.supports, one.contradicts) == (["right_rear"], ["front"])
    assert one.score < both.score
    # A recording that is muted meanwhile could not hear it.
    made = say(room(), 100, 110, MAN, ["right_rear"]).cover("front", "silent", 90, 120)
    assert made.flags("speech")["contradicts"].iloc[0] == []


@pytest.mark.parametrize("detector", ["speech", "second_voice"])
def test_the_microphone_test_and_answered_calls_are_lawful(room, detector):
    made = calibrated(room())
    made.log("events_client", 200.0, "audio_check")
    say(made, 201, 206, MAN)
    made.log("events_client", 300.0, "hand_raise").log(
        "events_client", 305.0, "voice_call", seconds=30
    )
    say(made, 306, 333, WOMAN)
    assert made.flags(detector).empty
    # What is said after the call is not part of it.
    assert len(say(made, 350, 356, WOMAN).flags(detector)) == 1


def test_calls_say_how_long_they_last(case):
    made = case()
    made.log("events_client", 100.0, "voice_call", state="start")
    made.log("events_client", 290.0, "voice_call", state="end")
    made.log("events_client", 400.0, "voice_call")
    assert lawful(made.evidence).tolist() == [[100.0, 290.0], [400.0, 460.0]]
    # A raised hand that nobody answered allows nothing.
    assert len(lawful(case().log("events_client", 50.0, "hand_raise").evidence)) == 0


@pytest.mark.parametrize("platform", ["itmc", "eztest"])
def test_another_voice_than_that_of_the_microphone_test(room, platform):
    made = calibrated(room(platform))
    say(made, 100, 110, MAN)
    say(made, 200, 206, WOMAN)
    (row,) = made.flags("second_voice").itertuples()
    assert (round(row.start_s), round(row.end_s)) == (200, 206)
    assert row.reason_key == "second_voice"
    assert sorted(row.supports) == sorted(ALL)


def test_a_conversation_is_one_flag(room):
    made = calibrated(room("itmc"))
    say(say(say(made, 100, 104, WOMAN), 104, 108, MAN), 108, 112, WOMAN)
    assert np.round(made.spans("second_voice")).tolist() == [[100.0, 112.0]]


def test_a_recording_that_hears_the_candidate_contradicts(room):
    made = calibrated(room("itmc"))
    made.speak("front", 100, 110, pitch_hz=WOMAN).speak("right_rear", 100, 110, pitch_hz=MAN)
    made.speak("front", 300, 305, pitch_hz=MAN)
    (row,) = made.flags("second_voice").itertuples()
    assert (row.supports, row.contradicts) == (["front"], ["right_rear"])


def test_without_a_microphone_test_the_voice_heard_far_more_is_the_candidates(room):
    made = say(say(room("itmc"), 100, 130, MAN), 300, 308, WOMAN)
    (row,) = made.flags("second_voice").itertuples()
    assert (round(row.start_s), row.reason_key) == (300, "second_voice")
    assert not speakers(made.evidence, "front").known


def test_two_voices_of_which_neither_is_known_are_called_two(room):
    made = say(say(say(room(), 100, 103, WOMAN), 103, 106, MAN), 106, 109, WOMAN)
    say(made, 300, 305, MAN)
    (row,) = made.flags("second_voice").itertuples()
    assert (round(row.start_s), round(row.end_s)) == (100, 109)
    assert row.reason_key == "second_voice_two"


def test_one_voice_alone_is_never_a_second_one(room):
    assert say(room("itmc"), 100, 160, WOMAN).flags("second_voice").empty
    assert room("itmc").flags("second_voice").empty
