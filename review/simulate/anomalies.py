"""What can go wrong in a sitting, and how each carries itself into the script.

The unplanned must not happen: whatever a fair detector would flag is a truth row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from review.errors import SessionError
from review.session import DEVICE_OF, DEVICES, POSITIONS, VIEWS
from review.simulate.clocks import Clock
from review.simulate.moment import CANDIDATE, SUBSTITUTE, VISITOR
from review.simulate.script import Anomaly, Script, Speech, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: How long somebody takes to leave or enter all pictures.
WALK_S: Final = 1.2
#: The same where one takes another's seat: no longer out of sight than a lawful blink of a camera.
SWAP_S: Final = 0.7
#: A phone that is this far from its place has left it; beyond what its fixes jitter.
AWAY_M: Final = 100.0
#: When an allowed program is used, as shares of the subject's length.
_WORKS: Final = (0.1, 0.18)
#: Windows that cover the exam: kind of picture, name, process.
_WINDOWS: Final = (
    ("chat", "微信", "WeChat.exe"),
    ("search", "百度搜索", "chrome.exe"),
    ("chat", "QQ", "QQ.exe"),
)
#: How far inside the border somebody checks in who will cross it.
INSIDE_M: Final = 300.0


def write(script: Script) -> Script:
    """Carry the anomalies of a script into it: what is done, logged and true.

    Raises
    ------
    SessionError
        If an anomaly is unknown or lies outside the subject.
    """
    script.walks.setdefault(CANDIDATE, [(script.record_s - 60, 0.0)])
    for anomaly in script.anomalies:
        if anomaly.kind not in KINDS:
            raise SessionError(
                f"no such anomaly: {anomaly.kind}",
                where="simulate",
                expected=f"one of {', '.join(sorted(KINDS))}",
            )
        if not 0 <= anomaly.start_s < anomaly.end_s <= script.duration_s:
            raise SessionError(
                f"{anomaly.kind} from {anomaly.start_s:g} to {anomaly.end_s:g} s",
                where="simulate",
                expected=f"an interval within 0 to {script.duration_s:g} s",
            )
        KINDS[anomaly.kind](script, anomaly)
    _lawful_use(script)
    if script.platform == "itmc" and script.login_s < 0:
        # The client records five seconds and plays them back (ITMC notice, part 5, section 1).
        script.log("events_client", -6.5, "audio_check", seconds=5, result="passed")
        script.speech.append(Speech(start_s=-6.0, end_s=-2.0, voice=1))
    for points in script.walks.values():
        points.sort()
    script.logs.sort(key=lambda entry: (entry.time_s, entry.stream, entry.type))
    script.truth.sort(key=lambda row: (row.start_s, row.label, row.stream))
    return script


def _absent(script: Script, a: Anomaly) -> None:
    # The truth begins when the last picture is empty and ends when the first is not.
    script.walks[CANDIDATE] += [
        (a.start_s - WALK_S, 0.0), (a.start_s, 1.0), (a.end_s, 1.0), (a.end_s + WALK_S, 0.0),
    ]  # fmt: skip
    script.plant("absent", "front", a.start_s, a.end_s)


def _extra_person(script: Script, a: Anomaly) -> None:
    script.walks.setdefault(VISITOR, [(script.record_s - 60, 1.0)])
    # The truth begins when the face is in the picture, just before the visitor stands still.
    settle = WALK_S / 6
    script.walks[VISITOR] += [
        (a.start_s + settle - WALK_S, 1.0), (a.start_s + settle, 0.0),
        (a.end_s - settle, 0.0), (a.end_s - settle + WALK_S, 1.0),
    ]  # fmt: skip
    script.plant("extra_person", "front", a.start_s, a.end_s)


def _different_person(script: Script, a: Anomaly) -> None:
    script.walks.setdefault(SUBSTITUTE, [(script.record_s - 60, 1.0)])
    leave, enter = script.walks[CANDIDATE], script.walks[SUBSTITUTE]
    leave += [(a.start_s - SWAP_S, 0.0), (a.start_s, 1.0)]
    enter += [(a.start_s, 1.0), (a.start_s + SWAP_S, 0.0)]
    if a.end_s < script.duration_s:
        enter += [(a.end_s - SWAP_S, 0.0), (a.end_s, 1.0)]
        leave += [(a.end_s, 1.0), (a.end_s + SWAP_S, 0.0)]
    script.plant("different_person", "front", a.start_s, a.end_s)


def _off_screen(script: Script, a: Anomaly) -> None:
    step_s = (a.end_s - a.start_s) / a.count
    for index in range(a.count):
        start_s = a.start_s + index * step_s
        end_s = start_s + (step_s if a.count == 1 else 0.45 * step_s)
        picture, name, process = _WINDOWS[index % len(_WINDOWS)]
        _away(script, start_s, end_s, picture=picture, app=name, process=process)
        script.plant("off_screen", "events_client", start_s, end_s)


def _away(
    script: Script, start_s: float, end_s: float, *, picture: str, app: str, process: str
) -> None:
    script.windows.append(Window(start_s=start_s, end_s=end_s, kind=picture))
    script.log("events_client", start_s, "focus_lost", app=app, process=process)
    script.log("events_client", end_s, "focus_gained", app=app, away_s=round(end_s - start_s, 3))


def _lawful_use(script: Script) -> None:
    """Let the candidate work for a while in the program that the subject allows."""
    app = script.allowed_app
    start_s, end_s = (round(share * script.duration_s, 1) for share in _WORKS)
    if app is None or any(
        a.start_s < end_s + 2 and a.end_s > start_s - 2 for a in script.anomalies
    ):
        return
    process = "wps.exe"
    script.log("events_client", start_s - 0.4, "app_launch", app=app, process=process)
    _away(script, start_s, end_s, picture="office", app=app, process=process)
    script.log("events_client", end_s + 0.4, "app_exit", app=app, process=process)


def _recording_gap(script: Script, a: Anomaly) -> None:
    view = a.stream or "right_rear"
    script.broken.setdefault(view, []).append((a.start_s, a.end_s))
    device = DEVICE_OF[view]
    log = "events_client" if device == "computer" else f"events_{device}"
    script.log(log, a.start_s, "recording_stop", stream=view, reason="interrupted")
    script.log(log, a.end_s, "recording_start", stream=view)
    # What is missing is what lies between the files, which begin and end on whole seconds.
    clock = script.clocks[device]
    before, after = script.pieces(view)[-2:]
    script.plant(
        "recording_gap", view, float(clock.to_session(before[1])), float(clock.to_session(after[0]))
    )


def _location(script: Script, a: Anomaly) -> None:
    stream = a.stream or "gps_phone2"
    script.drift[stream] = (a.start_s, a.speed_mps)
    gone_s = a.start_s + AWAY_M / a.speed_mps
    script.plant("location_drift", stream, gone_s, script.duration_s)
    script.plant("phones_apart", stream, gone_s, script.duration_s)
    script.plant("location_outside", stream, a.start_s + INSIDE_M / a.speed_mps, script.duration_s)


def _network_gap(script: Script, a: Anomaly) -> None:
    script.log("events_client", a.start_s, "network_down", interface="ethernet")
    script.log("events_client", a.end_s, "network_up", interface="ethernet")
    script.plant("network_gap", "events_client", a.start_s, a.end_s)


def _unscheduled_exit(script: Script, a: Anomaly) -> None:
    script.windows.append(Window(start_s=a.start_s, end_s=a.end_s, kind="desktop"))
    script.log("events_client", a.start_s, "client_exit", reason="terminated")
    script.log("events_client", a.end_s, "client_restart")
    script.plant("unscheduled_exit", "events_client", a.start_s, a.end_s)


def _speech(script: Script, a: Anomaly) -> None:
    script.speech.append(Speech(start_s=a.start_s, end_s=a.end_s, voice=1))
    _plant_speech(script, a)


def _second_voice(script: Script, a: Anomaly) -> None:
    third_s = (a.end_s - a.start_s) / 3
    for index, voice in enumerate((2, 1, 2)):
        start_s = a.start_s + index * third_s
        script.speech.append(Speech(start_s=start_s, end_s=start_s + third_s - 0.15, voice=voice))
    _plant_speech(script, a)
    script.plant("second_voice", "front", a.start_s, a.end_s)


def _plant_speech(script: Script, a: Anomaly) -> None:
    # ITMC does not forbid the candidate's own voice: there it is a trap and no anomaly.
    if script.platform != "itmc":
        script.plant("speech", "front", a.start_s, a.end_s)


def _late_login(script: Script, a: Anomaly) -> None:
    script.login_s, script.record_s = a.end_s, max(script.record_s, a.end_s - 2)
    script.plant("late_login", "events_client", a.start_s, a.end_s)
    if script.platform != "itmc":
        return
    # ITMC judges from the start, and until the log-in there was nothing to be seen.
    for view in VIEWS:
        first_s = float(script.clocks[DEVICE_OF[view]].to_session(script.pieces(view)[0][0]))
        script.plant("recording_gap", view, 0.0, first_s)
    for stream in POSITIONS:
        script.plant("location_missing", stream, 0.0, a.end_s)


def _left_early(script: Script, a: Anomaly) -> None:
    script.submit_s = min(script.submit_s, a.start_s - 3)
    script.walks[CANDIDATE] += [(a.start_s - WALK_S, 0.0), (a.start_s, 1.0)]
    script.plant("left_early", "front", a.start_s, script.duration_s)
    script.plant("absent", "front", a.start_s, script.duration_s)


def _warnings(script: Script, a: Anomaly) -> None:
    count = max(a.count, 4)
    times = [a.start_s + (a.end_s - a.start_s) * i / count for i in range(count)]
    for index, time_s in enumerate(times):
        script.log(
            "events_proctor", time_s, "warning", reason="离开监控画面", clause="itmc-2022/1.4",
            answered=index < 2, corrected=index < 1,
        )  # fmt: skip
    # The third is the first that the rule counts ("three or more").
    script.plant("warnings_exceeded", "events_proctor", times[2], script.duration_s)


def _mock_location(script: Script, a: Anomaly) -> None:
    stream = a.stream or "gps_phone1"
    script.mock.setdefault(stream, []).append((a.start_s, a.end_s))
    script.plant("mock_location", stream, a.start_s, a.end_s)


def _camera_covered(script: Script, a: Anomaly) -> None:
    view = a.stream or "left_front"
    script.covered.setdefault(view, []).append((a.start_s, a.end_s))
    script.plant("camera_covered", view, a.start_s, a.end_s)


def _frozen_picture(script: Script, a: Anomaly) -> None:
    view = a.stream or "right_rear"
    script.frozen.setdefault(view, []).append((a.start_s, a.end_s))
    script.plant("frozen_picture", view, a.start_s, a.end_s)


def _audio_gap(script: Script, a: Anomaly) -> None:
    view = a.stream or "right_rear"
    script.silenced.setdefault(view, []).append((a.start_s, a.end_s))
    script.plant("audio_gap", view, a.start_s, a.end_s)


def _external_display(script: Script, a: Anomaly) -> None:
    script.log("events_client", a.start_s, "display_added", name="DISPLAY2")
    script.log("events_client", a.end_s, "display_removed", name="DISPLAY2")
    script.plant("external_display", "events_client", a.start_s, a.end_s)


def _forbidden_app(script: Script, a: Anomaly) -> None:
    script.log("events_client", a.start_s, "app_launch", app="微信", process="WeChat.exe")
    script.log("events_client", a.end_s, "app_exit", app="微信", process="WeChat.exe")
    script.plant("forbidden_app", "events_client", a.start_s, a.end_s)


#: Kind of anomaly -> what carries it into a script.
KINDS: Final[Mapping[str, Callable[[Script, Anomaly], None]]] = {
    "absent": _absent,
    "audio_gap": _audio_gap,
    "camera_covered": _camera_covered,
    "different_person": _different_person,
    "external_display": _external_display,
    "extra_person": _extra_person,
    "forbidden_app": _forbidden_app,
    "frozen_picture": _frozen_picture,
    "late_login": _late_login,
    "left_early": _left_early,
    "location": _location,
    "mock_location": _mock_location,
    "network_gap": _network_gap,
    "off_screen": _off_screen,
    "recording_gap": _recording_gap,
    "second_voice": _second_voice,
    "speech": _speech,
    "unscheduled_exit": _unscheduled_exit,
    "warnings_exceeded": _warnings,
}


def draft(
    *,
    platform: str,
    duration_s: float,
    clocks: Mapping[str, Clock],
    anomalies: Sequence[Anomaly] = (),
    allowed_app: str | None = None,
) -> Script:
    """Return the script of a sitting of one platform and length.

    ITMC records before the start and after the scheduled end, eztest from log-in to submission.
    """
    lead_s = 600.0 if duration_s > 600 else 60.0
    if platform == "eztest":
        login_s, submit_s = -min(lead_s, 20.0), round(0.95 * duration_s, 1)
        record_s, stop_s = login_s - 2, submit_s + 4
    else:
        login_s, submit_s = -lead_s, round(0.97 * duration_s, 1)
        record_s, stop_s = -8.0, duration_s + 4
    return write(
        Script(
            platform=platform,
            duration_s=duration_s,
            login_s=login_s,
            record_s=record_s,
            submit_s=submit_s,
            stop_s=stop_s,
            clocks={device: clocks.get(device, Clock()) for device in DEVICES},
            allowed_app=allowed_app,
            anomalies=tuple(anomalies),
        )
    )
