"""What the log beside the player is given, and a transcript among it."""

import json

import handmade
import pytest

from review import tables, words
from review.workbench.logbook import TRANSCRIPT, Logbook, logbook

SAID = [(36.5, "front", "第三题选 <b>B</b>"), (12.0, "right_rear", "hello"), (70.0, "front", "ok")]


@pytest.fixture
def events(hand):
    return hand.workspace.read_sitting("events", hand.sitting)


@pytest.fixture
def transcripts(hand):
    rows = [
        {
            "stream": stream, "start_s": at_s, "end_s": at_s + 1, "device_start_s": at_s + 5,
            "device_end_s": at_s + 6, "text": text, "language": "zh", "confidence": 0.5,
            "model": "m", "model_sha256": "a", "recording_sha256": "b",
        }
        for at_s, stream, text in SAID
    ]  # fmt: skip
    return tables.build("transcripts", rows, key=handmade.KEY)


def test_lines_stand_among_the_entries_at_their_session_time(hand, events, transcripts):
    rows = logbook(hand.sitting, events, transcripts)["rows"]
    times = [at_s for at_s, *_ in rows]
    assert times == sorted(times)
    assert sorted(SAID) == [(at, stream, text) for at, stream, kind, text in rows
                            if kind == TRANSCRIPT]  # fmt: skip
    assert len(rows) == len(events) + len(SAID)


def test_entries_without_a_time_stay_last(hand, events, transcripts):
    adrift = events.assign(time_s=events["time_s"].where(events["type"] != "submit"))
    rows = logbook(hand.sitting, adrift, transcripts)["rows"]
    assert rows[-1][0] is None
    assert rows[-1][2] == "submit"
    json.dumps(rows, allow_nan=False)


def test_without_a_transcript_the_log_is_as_it_was(hand, events):
    empty = tables.empty("transcripts")
    assert logbook(hand.sitting, events, empty) == logbook(hand.sitting, events)


def test_the_page_can_say_in_both_languages_that_a_machine_wrote_it(hand, events, transcripts):
    widget = Logbook(logbook(hand.sitting, events, transcripts))
    note = widget.words["ui.transcript_note"]
    for language in words.LANGUAGES:
        assert widget.words["ui.transcript"][language] in note[language]
