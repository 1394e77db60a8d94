"""The ordinary entries of the logs: what every sitting has besides what was planted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.simulate.clocks import rng

if TYPE_CHECKING:
    from review.simulate.script import Script

#: Version of the client that the logs name.
_CLIENT = "3.2.1"
#: Time between a log-in and what follows it.
_STEP_S = 4.0


def ordinary(script: Script, *, seed: int) -> None:
    """Add the entries of log-in, checks, recording, answering and submission to a script."""
    _client(script)
    for number, device in enumerate(("phone1", "phone2")):
        _phone(script, device, script.login_s + 6 + 5 * number, seed=seed)
    _proctor(script)
    script.logs.sort(key=lambda entry: (entry.time_s, entry.stream, entry.type))


def checkin_s(script: Script, device: str) -> float:
    """Return when a phone checks who is there: its check-in place is taken about then."""
    return script.login_s + (6 if device == "phone1" else 11) + 2 * _STEP_S


def _client(script: Script) -> None:
    log, start_s = "events_client", script.login_s
    script.log(log, start_s, "login", version=_CLIENT)
    script.log(log, start_s + 2, "identity_check", result="passed", score=0.93)
    for view in ("front", "screen"):
        first, last = script.pieces(view)[0][0], script.pieces(view)[-1][1]
        clock = script.clocks["computer"]
        script.log(log, float(clock.to_session(first)), "recording_start", stream=view)
        script.log(log, float(clock.to_session(last)), "recording_stop", stream=view)
    answer_s = max(0.5, start_s + 5)
    script.log(log, answer_s - 0.3, "paper_shown")
    script.log(log, answer_s, "answer_start")
    if script.submit_s < script.duration_s:
        script.log(log, script.submit_s, "submit")
    else:
        script.log(log, script.duration_s, "forced_submit")
    step_s = 60.0 if script.duration_s > 600 else 30.0
    at_s = answer_s + step_s
    while at_s < script.submit_s:
        script.log(log, at_s, "power", source="mains")
        at_s += step_s


def _phone(script: Script, device: str, start_s: float, *, seed: int) -> None:
    log = f"events_{device}"
    if log not in script.streams:
        return
    view = "right_rear" if device == "phone1" else "left_front"
    script.log(log, start_s, "login", monitor=view)
    script.log(log, start_s + 1, "permission_granted", permission="camera")
    script.log(log, start_s + 1.2, "permission_granted", permission="location")
    script.log(log, checkin_s(script, device), "identity_check", result="passed", score=0.91)
    clock, pieces = script.clocks[device], script.pieces(view)
    script.log(log, float(clock.to_session(pieces[0][0])), "recording_start", stream=view)
    script.log(log, float(clock.to_session(pieces[-1][1])), "recording_stop", stream=view)
    level = int(rng(seed, "battery", device).integers(70, 100))
    step_s, at_s = (300.0, start_s + 5) if script.duration_s > 600 else (30.0, start_s + 5)
    while at_s < script.stop_s:
        script.log(log, at_s, "battery", level=level, charging=True)
        at_s += step_s


def _proctor(script: Script) -> None:
    script.log("events_proctor", script.login_s + 30, "identity_check", result="approved")
