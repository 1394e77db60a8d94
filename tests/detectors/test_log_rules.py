"""What the rules of the platforms make of the logs and the screen's text."""

import numpy as np
import pytest

from review import detectors
from review.rules import load_rulebook

RULEBOOKS = {"itmc": "itmc-2022", "eztest": "eztest-2023"}
HEAD = ("电子商务师 理论知识", "答题卡")


def lost(made, start_s, end_s, **detail):
    made.log("events_client", start_s, "focus_lost", **detail)
    return made.log("events_client", end_s, "focus_gained")


# Off screen


def test_file_dialogs_of_the_client_and_of_allowed_programs_are_on_screen_under_itmc(case):
    def spans(platform):
        made = case(platform=platform, allowed_apps=("WPS",))
        made.log("events_client", -60.0, "login", process="ExamClient.exe")
        lost(made, 10, 20, title="打开", process="ExamClient.exe")
        lost(made, 30, 40, title="另存为", process="explorer.exe", opened_by="wps.exe")
        lost(made, 50, 60, title="打开", process="notepad.exe")
        lost(made, 70, 80, title="桌面", process="explorer.exe", parent="client")
        return made.spans("off_screen")

    assert spans("itmc") == [[50.0, 60.0]]
    assert len(spans("eztest")) == 4


def test_a_popup_without_input_says_so(case):
    made = lost(case(), 10, 13, app="安全卫士", input=False)
    lost(made, 50, 53, app="安全卫士", input=True)
    flags = made.flags("off_screen")
    assert flags["reason_key"].tolist() == ["off_screen_popup", "off_screen_app"]
    assert "without any input" in flags["reason"].iloc[0]
    assert flags["score"].iloc[0] < flags["score"].iloc[1]


def test_returns_count_against_the_limit_under_eztest(case):
    def keys(platform, limit):
        made = case(platform=platform, off_screen_limit=limit)
        made.log("events_client", -30.0, "login")
        lost(made, 10, 12)
        made.log("events_client", 100.0, "network_down").log("events_client", 130.0, "network_up")
        made.log("events_client", 140.0, "login")
        made.log("events_client", 200.0, "client_exit")
        made.log("events_client", 220.0, "client_restart").log("events_client", 224.0, "login")
        return made.flags("off_screen")[["start_s", "reason_key"]].to_numpy().tolist()

    assert keys("eztest", 3) == [[10.0, "off_screen"]]
    assert keys("eztest", 2) == [[10.0, "off_screen"], [220.0, "off_screen_return_over_limit"]]
    assert keys("eztest", None) == [[10.0, "off_screen"]]
    assert keys("itmc", 2) == [[10.0, "off_screen"]]


def test_the_rulebooks_limit_stands_where_the_session_has_none(case):
    made = lost(lost(case(), 10, 12), 20, 22)
    assert made.flags("off_screen", limit=1)["reason_key"].tolist()[1].endswith("over_limit")
    made = lost(lost(case(off_screen_limit=5), 10, 12), 20, 22)
    assert "over_limit" not in "".join(made.flags("off_screen", limit=1)["reason_key"])


# The picture of the screen


@pytest.fixture
def desk(case):
    def make(**session):
        made = case(**session).cover("screen").text(0, 600, *HEAD)
        return made.signal("screen", "change", np.arange(0.0, 600.0), 0.05)

    return make


def test_the_screen_supports_or_contradicts_a_loss_of_focus(desk):
    made = lost(desk(), 100, 130, app="QQ").text(101, 131, "在吗？第十二题选什么", "应该选 B")
    made.signal("screen", "change", [100.5], 8.0)
    lost(made, 300, 330, app="QQ")
    seen, unseen = made.flags("off_screen").itertuples()
    assert seen.supports == ["events_client", "screen"]
    assert "第十二题" in seen.reason
    assert unseen.contradicts == ["screen"]
    assert unseen.score < seen.score


def test_a_screen_that_was_not_recorded_or_read_says_nothing(case, desk):
    (row,) = lost(case(), 100, 130, app="QQ").flags("off_screen").itertuples()
    assert (row.supports, row.contradicts) == (["events_client"], [])
    made = lost(desk(), 100, 130, app="QQ").cover("screen", "black", 90, 140)
    (row,) = made.flags("off_screen").itertuples()
    assert (row.supports, row.contradicts) == (["events_client"], [])


def test_a_chat_that_no_log_tells_of_is_flagged_from_the_screen(desk):
    made = desk().text(200, 230, "微信", "发送", "好的，谢谢")
    (row,) = made.flags("off_screen").itertuples()
    assert (row.start_s, row.end_s, row.streams) == (200.0, 230.0, ["screen"])
    assert "微信" in row.reason
    # The log explains it, the subject allows it, or it is only a question about it.
    assert len(lost(made, 199, 231, app="微信").flags("off_screen")) == 1
    assert (
        desk(allowed_apps=("微信", "发送")).text(200, 230, "微信", "发送").flags("off_screen").empty
    )
    assert (
        desk().text(200, 260, "3. 微信营销的优势是什么？", "B. 百度推广").flags("off_screen").empty
    )
    assert desk().text(200, 260, "微信").flags("off_screen").empty


def test_an_exam_page_alone_tells_of_nothing(desk):
    made = desk().text(30, 200, "3. 计算转化率时，分母通常取什么？", "A. 访客数")
    assert made.flags("off_screen").empty


def test_a_program_on_the_screen_supports_its_run(desk):
    made = desk().log("events_client", 100.0, "app_launch", app="微信", process="WeChat.exe")
    made.log("events_client", 130.0, "app_exit", process="WeChat.exe")
    (unseen,) = made.flags("forbidden_app").itertuples()
    assert unseen.contradicts == ["screen"]
    (seen,) = made.text(101, 130, "微信", "发送").flags("forbidden_app").itertuples()
    assert seen.supports == ["events_client", "screen"]
    assert seen.score > unseen.score


# Programs, displays


def test_processes_that_are_listed_are_runs(case):
    made = case(allowed_apps=("WPS",))
    for time_s in (60.0, 120.0, 180.0):
        made.log(
            "events_client", time_s, "process", processes=["wps.exe", "ToDesk.exe", "svchost.exe"]
        )
    made.log("events_client", 400.0, "process", process="QQ.exe")
    made.log("events_client", 420.0, "process", process="QQ.exe", state="ended")
    assert made.spans("forbidden_app") == [[60.0, 270.0], [400.0, 420.0]]


def test_a_listed_process_whose_launch_is_on_record_is_one_flag(case):
    made = case().log("events_client", 50.0, "app_launch", app="QQ", process="QQ.exe")
    made.log("events_client", 60.0, "process", process="QQ.exe")
    made.log("events_client", 300.0, "app_exit", app="QQ", process="QQ.exe")
    assert made.spans("forbidden_app") == [[50.0, 300.0]]


def test_a_program_of_the_desktop_is_not_allowed_because_of_who_started_it(case):
    made = case().log("events_client", 50.0, "app_launch", process="QQ.exe", parent="explorer.exe")
    assert made.spans("forbidden_app") == [[50.0, 600.0]]


def test_displays_that_the_client_counts(case):
    made = case().log("events_client", -100.0, "login", displays=2)
    made.log("events_client", 200.0, "power", displays=1)
    assert made.spans("external_display") == [[0.0, 200.0]]
    # An entry of its own says the same: one flag.
    made.log("events_client", -90.0, "display_added").log("events_client", 200.0, "display_removed")
    assert made.spans("external_display") == [[0.0, 200.0]]


# Exits and power


def test_a_return_without_an_exit_is_a_loss_of_power(case):
    made = case().log("events_client", -60.0, "login")
    made.log("events_client", 95.0, "power", source="battery")
    made.log("events_client", 100.0, "answer_start").log("events_client", 190.0, "login")
    made.cover("front", start_s=0.0, end_s=110.0).cover("front", start_s=195.0, end_s=600.0)
    (row,) = made.flags("unscheduled_exit").itertuples()
    assert (row.start_s, row.end_s) == (110.0, 190.0)
    assert row.reason_key == "unscheduled_exit_silent_power"


def test_a_second_log_in_while_everything_ran_is_none(case):
    made = case().log("events_client", -60.0, "login").log("events_client", 190.0, "login")
    assert made.cover("front").flags("unscheduled_exit").empty


def test_exits_of_the_phones_app(case):
    made = case(platform="itmc")
    made.log("events_phone1", -60.0, "login").log("events_phone2", -60.0, "login")
    made.log("events_phone1", 50.0, "app_background").log("events_phone1", 51.0, "app_foreground")
    made.log("events_phone1", 100.0, "app_background").log("events_phone1", 130.0, "app_foreground")
    made.log("events_phone2", 195.0, "battery", level=2, charging=False)
    made.log("events_phone2", 200.0, "client_exit").log("events_phone2", 260.0, "login")
    made.log("events_phone2", 300.0, "app_exit", app="电话").log("events_phone2", 400.0, "login")
    flags = made.flags("unscheduled_exit")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[100.0, 130.0], [200.0, 260.0]]
    assert flags["reason_key"].tolist() == ["unscheduled_exit_app", "unscheduled_exit_app_power"]


# Log-in, submission, warnings


def test_who_never_logged_in_is_late_if_nothing_else_speaks_for_it(case):
    def late(*entries, recorded_from=None):
        made = case(platform="itmc")
        made.log("events_client", -60.0, "login").log("events_phone1", -50.0, "login")
        for time_s, kind in entries:
            made.log("events_phone2", time_s, kind)
        if recorded_from is not None:
            made.cover("left_front", start_s=recorded_from)
        return made.flags("late_login", limit_s=120.0)

    (row,) = late((300.0, "battery")).itertuples()
    assert (row.start_s, row.end_s, row.reason_key) == (120.0, 600.0, "late_login_never")
    assert late((300.0, "battery"), recorded_from=10.0).empty
    assert late((50.0, "battery"), (300.0, "battery")).empty
    assert late().empty


def test_the_earliest_submission_counts_from_what_the_rulebook_says(case):
    made = case(platform="eztest", window=(-10.0, 500.0))
    made.log("events_client", 100.0, "answer_start").log("events_client", 450.0, "submit")
    assert made.flags("left_early", earliest_submit_s=400.0).empty
    (row,) = made.flags(
        "left_early", earliest_submit_s=400.0, counts_from="answer_start"
    ).itertuples()
    assert "5.8 min" in row.reason


def test_only_warnings_for_leaving_count_towards_their_limit(case):
    def warned(*details):
        made = case(platform="itmc")
        for n, detail in enumerate(details):
            made.log("events_proctor", 100.0 + 10 * n, "warning", **detail)
        return made.flags("warnings_exceeded")

    leaving, mask = {"reason": "离开监控页面"}, {"reason": "佩戴口罩", "clause": "itmc-2022/1-3"}
    by_clause = {"reason": "x", "clause": "itmc-2022/1-4"}
    assert warned(leaving, mask, mask, leaving).empty
    (row,) = warned(leaving, mask, by_clause, leaving).itertuples()
    assert (row.start_s, row.reason_key) == (130.0, "warnings_exceeded")
    assert "(1 for other things)" in row.reason
    (row,) = warned(leaving, {}, {}).itertuples()
    assert (row.start_s, row.reason_key) == (120.0, "warnings_exceeded_unnamed")


# Rulebooks, bad input


def test_every_number_of_a_rulebook_that_a_detector_judges_by_reaches_it():
    linked = {}
    for platform in ("itmc", "eztest"):
        book = load_rulebook(RULEBOOKS[platform])
        options = detectors.resolve({}, book.thresholds, platform=platform)
        linked[platform] = (book.parameters, options)
    itmc, options = linked["itmc"]
    assert options["away_total"]["limit_s"] == itmc["away_limit_s"].value == 600
    assert options["away_total"]["measure"] == itmc["away_measure"].value
    assert options["warnings_exceeded"]["limit"] == itmc["warning_limit"].value == 3
    assert options["late_login"]["limit_s"] == itmc["late_login_s"].value == 1800
    eztest, options = linked["eztest"]
    assert options["late_login"]["limit_s"] == eztest["late_login_s"].value == 1800
    assert options["late_login"]["counts_as"] == eztest["late_counts_as"].value
    assert options["left_early"]["earliest_submit_s"] == eztest["earliest_submit_s"].value == 3600
    assert options["left_early"]["counts_from"] == eztest["earliest_submit_counts_from"].value
    assert options["off_screen"]["limit"] == eztest["off_screen_limit"].value


def test_an_empty_log_and_one_that_ends_within_something_raise_nothing_false(case):
    for platform in ("itmc", "eztest", "generic"):
        flags, problems = detectors.run(case(platform=platform).evidence)
        assert problems.empty, problems["message"].tolist()
        assert set(flags["label"]) <= {"recording_gap", "audio_gap", "location_missing"}
    made = case().log("events_client", 100.0, "focus_lost")
    made.rows["events"][-1]["detail"] = '{"app": "Q'
    assert made.spans("off_screen") == [[100.0, 600.0]]
