"""A program ran that the subject does not allow."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from review.detectors.flags import flag, table
from review.detectors.pairs import client_names, detail_of, is_allowed, names_of, program_of
from review.detectors.registry import register
from review.detectors.screens import look_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from review.timeline.evidence import Evidence

#: Programs that serve to talk to others or to let them work on the computer.
_CONTACT: Final = (
    "wechat", "weixin", "微信", "qq", "tim", "dingtalk", "钉钉", "飞书", "feishu", "lark",
    "telegram", "skype", "zoom", "腾讯会议", "wemeetapp", "teamviewer", "todesk", "anydesk",
    "向日葵", "sunloginclient", "rustdesk", "mstsc",
)  # fmt: skip
#: Parts of the operating system that start by themselves or serve the client's file dialogs.
_SYSTEM: Final = ("explorer", "dllhost", "conhost", "svchost", "taskhostw", "ctfmon", "finder")
#: What ``state`` of a ``process`` entry says of a program that has ended.
_ENDED: Final = frozenset(("ended", "exit", "exited", "closed", "killed", "stop", "stopped"))


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One run of one program; ``closed`` says whether its end is on record."""

    start_s: float
    end_s: float
    detail: dict[str, Any]
    closed: bool


@register("forbidden_app", labels=["forbidden_app"])
def forbidden_app(
    evidence: Evidence, *, ignore: Sequence[str] | None = None, hold_s: float = 90.0
) -> pd.DataFrame:
    """Flag each run of a program that the subject does not allow, from launch to exit.

    ITMC: everything that has nothing to do with the exam is closed beforehand, security programs
    and messengers by name (annex 1, rule 20). eztest: no outside help (part 2, rule 6).

    A run is read from ``app_launch`` and ``app_exit``, and from ``process`` entries: single ones,
    which may state that the process has ended, or lists (``processes``) of all that run at a time.
    Where the screen was read, the program's window or name on it supports the flag; a screen on
    which nothing changed meanwhile contradicts it: it may have run unseen.

    What it cannot tell: what was done in it. A helper that starts by itself looks like one that was
    started. A program that ran from before the client's log began is known only from a ``process``
    entry.

    Parameters
    ----------
    ignore
        Further programs that are left out (name or process).
    hold_s
        A process that is only ever seen at times stands for this long after it was last seen:
        clients list processes about once a minute.
    """
    allowed = (
        *evidence.sitting.subject.allowed_apps, *_SYSTEM, *client_names(evidence), *(ignore or ()),
    )  # fmt: skip
    found = [*_launched(evidence, allowed), *_listed(evidence, allowed, hold_s)]
    kept = [run for run in found if run.end_s > run.start_s and not _double(run, found)]
    return table(evidence, [_flag(evidence, run) for run in kept])


def _double(run: _Run, found: list[_Run]) -> bool:
    """Say whether a run lies within another of the same program: listed and launched."""
    return any(
        other is not run
        and program_of(other.detail) == program_of(run.detail)
        and other.start_s <= run.start_s
        and other.end_s >= run.end_s
        and (other.start_s, -other.end_s) < (run.start_s, -run.end_s)
        for other in found
    )


def _launched(evidence: Evidence, allowed: Sequence[str]) -> list[_Run]:
    entries = evidence.events_of("app_launch", "app_exit", stream="events_client")
    entries = entries[entries["time_s"].notna()]
    running: dict[str, list[tuple[float, dict[str, Any]]]] = defaultdict(list)
    found = []
    for time_s, kind, text in zip(
        entries["time_s"], entries["type"], entries["detail"], strict=True
    ):
        detail = detail_of(text)
        if not names_of(detail) or is_allowed(detail, allowed):
            continue
        who = program_of(detail)
        if kind == "app_launch":
            running[who].append((float(time_s), detail))
        elif running[who]:
            start_s, first = running[who].pop(0)
            found.append(_Run(start_s=start_s, end_s=float(time_s), detail=first, closed=True))
    return found + [
        _Run(start_s=start_s, end_s=max(start_s, evidence.window[1]), detail=detail, closed=False)
        for opened in running.values()
        for start_s, detail in opened
    ]


def _listed(evidence: Evidence, allowed: Sequence[str], hold_s: float) -> list[_Run]:
    """Return runs that ``process`` entries tell of."""
    entries = evidence.events_of("process", stream="events_client")
    entries = entries[entries["time_s"].notna()]
    seen: dict[str, list[tuple[float, float, dict[str, Any]]]] = defaultdict(list)
    for time_s, text in zip(entries["time_s"], entries["detail"], strict=True):
        at_s, detail = float(time_s), detail_of(text)
        for one in _processes(detail):
            if is_allowed(one, allowed):
                continue
            runs = seen[program_of(one)]
            if str(detail.get("state", "")).casefold() in _ENDED:
                if runs:
                    runs[-1] = (runs[-1][0], at_s, runs[-1][2])
            elif runs and at_s <= runs[-1][1]:
                runs[-1] = (runs[-1][0], at_s + hold_s, runs[-1][2])
            else:
                runs.append((at_s, at_s + hold_s, one))
    return [
        _Run(start_s=a, end_s=min(b, max(a, evidence.window[1])), detail=detail, closed=True)
        for runs in seen.values()
        for a, b, detail in runs
    ]


def _processes(detail: dict[str, Any]) -> list[dict[str, Any]]:
    listed = detail.get("processes", detail.get("list"))
    if isinstance(listed, list):
        return [
            one if isinstance(one, dict) else {"process": str(one)}
            for one in listed
            if (names_of(one) if isinstance(one, dict) else one)
        ]
    if detail.get("name") and not names_of(detail):
        return [{**detail, "process": detail["name"]}]
    return [detail] if names_of(detail) else []


def _flag(evidence: Evidence, run: _Run) -> dict[str, object]:
    contact = is_allowed(run.detail, _CONTACT)
    names = names_of(run.detail)
    seen = look_at(evidence, run.start_s, run.end_s, names=names)
    key = "forbidden_app" if run.closed else "forbidden_app_open"
    return flag(
        evidence,
        label="forbidden_app",
        detector="forbidden_app",
        streams=["events_client"],
        start_s=run.start_s,
        end_s=run.end_s,
        score=(0.8 if contact else 0.5) + (0.1 if seen.changed else -0.1 if seen.same else 0.0),
        reason_key=key + ("_seen" if seen.words else ""),
        facts={
            "app": names[0],
            "seconds": round(run.end_s - run.start_s),
            "seen": seen.words,
        },
        supports=["events_client", *(["screen"] if seen.changed else [])],
        contradicts=["screen"] if seen.same else [],
    )
