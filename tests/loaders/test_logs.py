import json

import pytest
from made import at

from review.loaders import load_sitting
from review.loaders.logs import EVENT_TYPES

SEB = """\
/* Safe Exam Browser, Version 3.8.0 */

# Application started at 2022-12-10 08:20:00.000
# Computer 'X' is a Y manufactured by Z
2022-12-10 08:20:01.123 [01] - INFO: [Startup]  -> Client-ID: abc
2022-12-10 08:31:00.500 [06] - INFO: [ApplicationMonitor] {to_qq}
2022-12-10 08:31:00.500 [07] - INFO: [ApplicationMonitor] {to_qq}
2022-12-10 08:31:05.000 [06] - INFO: [ApplicationMonitor] {back}
2022-12-10 08:32:00.000 [06] - INFO: [ApplicationMonitor] Process 'qq.exe' (42) has been started
    [Original Name: qq]
2022-12-10 08:33:00.000 [02] - WARNING: [DisplayMonitor] Detected 2 active displays, 1 are allowed.
2022-12-10 08:33:09.000 [02] - INFO: [DisplayMonitor] Detected 1 active displays, 1 are allowed.
2022-12-10 08:34:00.000 [02] - INFO: [PowerSupply] Running on battery, battery charge at 41%
2022-12-10 08:35:00.000 [02] - DEBUG: Ping
# Application terminated at 2022-12-10 09:00:00.000
""".format(
    to_qq="Window has changed from 'Safe Exam Browser' (1) to 'QQ' (2).",
    back="Window has changed from 'QQ' (2) to 'Safe Exam Browser' (1).",
)
SEB_SERVER = """\
Event Type,Message,Value,Client Time (UTC),Server Time (UTC)
INFO_LOG,"Hello, world",,2022-12-10 00:30:00.000,2022-12-10 00:30:02.500
LAST_PING,,12,2022-12-10 00:31:00.000,2022-12-10 00:31:02.600
BROKEN,,,soon,2022-12-10 00:31:02.600
"""  # fmt: skip


def load(place, name, text):
    path = place(f"theory/events/{name}", text)
    record = load_sitting(path.parents[1])
    missing = ("photo_missing", "stream_missing")
    wrong = record.problems[~record.problems["code"].isin(missing)]
    return record.events, wrong


def test_json_lines(place):
    text = "\n".join(
        [
            json.dumps({"time": at(3), "type": "submit"}),
            json.dumps({"time": at(1), "type": "login", "server_time": at(1.5), "ip": "10.0.0.1",
                        "detail": {"seat": "甲"}}),
            "",
            "\ufeff",
        ]
    )  # fmt: skip
    events, problems = load(place, "client.jsonl", text.rstrip("\ufeff"))
    assert problems.empty
    assert list(events["type"]) == ["login", "submit"]
    assert list(events["device_s"]) == [1, 3]
    assert json.loads(events.loc[0, "detail"]) == {"seat": "甲", "ip": "10.0.0.1"}
    assert events.loc[0, "device_time"] == "2022-12-10T08:30:01+08:00"
    assert events.loc[0, "server_time"] == "2022-12-10T00:30:01.500000+00:00"
    assert set(events["stream"]) == {"events_client"}


@pytest.mark.parametrize(
    "line",
    [
        "{broken",
        "[1, 2]",
        "null",
        '{"type": "login"}',
        '{"time": "soon", "type": "login"}',
        '{"time": "2022-12-10T08:30:00+08:00"}',
        '{"time": "2022-12-10T08:30:00+08:00", "type": 7}',
        '{"time": "2022-12-10T08:30:00+08:00", "type": "login", "server_time": "x"}',
        '{"time": "2022-12-10T08:30:00+08:00", "type": "login", "detail": {"x": NaN}}',
    ],
)
def test_a_bad_line_is_counted_and_the_others_are_read(place, line):
    good = json.dumps({"time": at(0), "type": "login"})
    events, problems = load(place, "client.jsonl", f"{good}\n{line}\n{good}\n")
    assert len(events) == 2
    assert list(problems["code"]) == ["line_bad"]
    assert "line 2" in problems.iloc[0]["message"]
    assert problems.iloc[0]["file"] == "recordings/C1/theory/events/client.jsonl"


def test_characters_that_nothing_can_write_become_escapes(place):
    text = json.dumps({"time": at(0), "type": "\ud800x", "detail": {"k\udfff": "\ud83d"}})
    events, problems = load(place, "client.jsonl", text)
    assert events.loc[0, "type"] == "\\ud800x"
    assert "\\udfff" in events.loc[0, "detail"]
    assert list(problems["code"]) == ["event_unknown"]


def test_unknown_types_are_kept_and_counted(place):
    text = "\n".join(json.dumps({"time": at(n), "type": kind})
                     for n, kind in enumerate(["login", "foo", "bar", "foo"]))  # fmt: skip
    events, problems = load(place, "phone1.jsonl", text)
    assert list(events["type"]) == ["login", "foo", "bar", "foo"]
    assert list(problems["code"]) == ["event_unknown"]
    assert "foo (2), bar (1)" in problems.iloc[0]["message"]


def test_the_platforms_words_become_event_types(place):
    text = json.dumps({"time": at(0), "type": "交卷"}, ensure_ascii=False)
    events, problems = load(place, "client.jsonl", text)
    assert problems.empty
    assert events.loc[0, "type"] == "submit"
    assert json.loads(events.loc[0, "detail"])["word"] == "交卷"


def test_times_without_an_offset_are_the_sessions_and_are_said(place):
    text = json.dumps({"time": "2022-12-10 08:30:07", "type": "login"})
    events, problems = load(place, "client.jsonl", text)
    assert events.loc[0, "device_s"] == 7
    assert list(problems["code"]) == ["time_naive"]


def test_csv(place):
    text = (
        "time,type,server_time,detail,where\n"
        f'{at(0)},login,{at(1)},"{{""a"": 1}}",home\n{at(2)},submit,,done,\n{at(3)},submit,,{{x,\n'
    )
    events, problems = load(place, "proctor.csv", text)
    assert set(events["stream"]) == {"events_proctor"}
    assert json.loads(events.loc[0, "detail"]) == {"a": 1, "where": "home"}
    assert json.loads(events.loc[1, "detail"]) == {"text": "done"}
    assert events.loc[0, "server_time"] == "2022-12-10T00:30:01+00:00"
    assert list(problems["code"]) == ["line_bad"]


def test_csv_with_a_column_map(session_folder, place):
    manifest = session_folder / "session.toml"
    mapped = '[events]\ncolumns = { time = "wann", type = "was" }\nwords = { los = "login" }\n'
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("[positions]", f"{mapped}[positions]"),
        encoding="utf-8",
    )
    events, problems = load(place, "client.csv", f"wann,was\n{at(4)},los\n")
    assert problems.empty
    assert (events.loc[0, "type"], events.loc[0, "device_s"]) == ("login", 4)


def test_safe_exam_browsers_log(place):
    events, problems = load(place, "client.log", SEB)
    by_time = {}
    for time_s, kind in zip(events["device_s"], events["type"], strict=True):
        by_time.setdefault(round(time_s, 3), []).append(kind)
    assert by_time == {
        -600.0: ["app_launch"],
        -598.877: ["seb_startup"],
        60.5: ["focus_lost"],
        65.0: ["focus_gained"],
        120.0: ["process"],
        180.0: ["display_added"],
        189.0: ["display_removed"],
        240.0: ["battery"],
        300.0: ["seb_message"],
        1800.0: ["client_exit"],
    }
    assert sorted(problems["code"]) == ["duplicates", "event_unknown", "time_naive"]
    process = json.loads(events[events["type"] == "process"].iloc[0]["detail"])
    assert (process["process"], process["pid"]) == ("qq.exe", "42")
    assert "Original Name" in process["text"]
    lost = json.loads(events[events["type"] == "focus_lost"].iloc[0]["detail"])
    assert (lost["from"], lost["to"]) == ("Safe Exam Browser", "QQ")
    known = [t for t in events["type"] if not t.startswith("seb_")]
    assert set(known) <= set(EVENT_TYPES)


def test_seb_servers_export_gives_both_clocks(place):
    events, problems = load(place, "client.csv", SEB_SERVER)
    assert list(events["type"]) == ["INFO_LOG", "LAST_PING"]
    assert list(events["device_s"]) == [0, 60]
    assert events.loc[0, "server_time"] == "2022-12-10T00:30:02.500000+00:00"
    assert json.loads(events.loc[0, "detail"]) == {"message": "Hello, world"}
    assert sorted(problems["code"]) == ["event_unknown", "line_bad"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("client.sql", "INSERT INTO x VALUES (1);"),
        ("client.seb", "<plist/>"),
        ("client.jsonl", "no json at all\n" * 9),
        ("client.csv", "a,b\n1,2\n"),
        ("client.jsonl", ""),
        ("client.log", "hello\nworld\n"),
    ],
)
def test_what_is_no_log_is_refused_with_one_line(place, name, text):
    events, problems = load(place, name, text)
    assert events.empty
    assert list(problems["code"]) == ["file_unreadable"]
    assert "\n" not in problems.iloc[0]["message"]
    assert name in problems.iloc[0]["message"]


def test_the_whole_of_a_log_may_be_bad(place):
    events, problems = load(place, "client.jsonl", '{"time": 1}\n{"type": 2}\n')
    assert events.empty
    assert sorted(problems["code"]) == ["events_empty", "line_bad"]
