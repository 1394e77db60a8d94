"""The ordinary entries of the logs: what every sitting has besides what was planted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from review.simulate.clocks import rng

if TYPE_CHECKING:
    from review.simulate.script import Script

#: Version of the client that the logs name.
_CLIENT: Final = "3.2.1"
#: What candidates have at home, made-up names; the last of each is the rarest.
_COMPUTERS: Final = ("Laptop 14", "Laptop 15", "Desktop", "All-in-one 24")
_PHONES: Final = ("Phone A", "Phone B", "Phone C", "Tablet 10")
_NETWORKS: Final = ("wifi", "wired", "4g")
_PHONE_NETWORKS: Final = ("wifi", "4g", "5g")
#: Time between a log-in and what follows it.
_STEP_S: Final = 4.0


def ordinary(script: Script, *, seed: int, owner: int) -> None:
    """Add the entries of log-in, checks, recording, answering and submission to a script.

    Parameters
    ----------
    seed, owner
        Of the sitting, and of the candidate: who has what devices is the same in all subjects.
    """
    _client(script, owner=owner)
    for number, device in enumerate(("phone1", "phone2")):
        _phone(script, device, script.login_s + 6 + 5 * number, seed=seed, owner=owner)
    _proctor(script)
    script.logs.sort(key=lambda entry: (entry.time_s, entry.stream, entry.type))


def checkin_s(script: Script, device: str) -> float:
    """Return when a phone checks who is there: its check-in place is taken about then."""
    return script.login_s + (6 if device == "phone1" else 11) + 2 * _STEP_S


def equipment(device: str, *, owner: int) -> dict[str, str]:
    """Return model and network of one of a candidate's devices, as its log-in names them."""
    source = rng(owner, "equipment", device)
    computer = device == "computer"
    models, networks = (_COMPUTERS, _NETWORKS) if computer else (_PHONES, _PHONE_NETWORKS)
    model = models[int(source.choice(len(models), p=(0.4, 0.3, 0.2, 0.1)))]
    return {
        "device": model,
        "network": networks[int(source.choice(len(networks), p=(0.6, 0.3, 0.1)))],
    }


def _client(script: Script, *, owner: int) -> None:
    log, start_s = "events_client", script.login_s
    script.log(log, start_s, "login", version=_CLIENT, **equipment("computer", owner=owner))
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


def _phone(script: Script, device: str, start_s: float, *, seed: int, owner: int) -> None:
    log = f"events_{device}"
    if log not in script.streams:
        return
    view = "right_rear" if device == "phone1" else "left_front"
    script.log(log, start_s, "login", monitor=view, **equipment(device, owner=owner))
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
