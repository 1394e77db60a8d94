"""A program ran that the subject does not allow."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from review.detectors.flags import flag, table
from review.detectors.pairs import detail_of, is_allowed, names_of
from review.detectors.registry import register

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


@register("forbidden_app", labels=["forbidden_app"])
def forbidden_app(evidence: Evidence, *, ignore: Sequence[str] | None = None) -> pd.DataFrame:
    """Flag each run of a program that the subject does not allow, from launch to exit.

    ITMC: everything that has nothing to do with the exam is closed beforehand, security programs
    and messengers by name (annex 1, rule 20). eztest: no outside help (part 2, rule 6).

    What it cannot tell: a program that ran from before the client's log began, and what was done in
    it. A helper that starts by itself looks like one that was started.

    Parameters
    ----------
    ignore
        Further programs that are left out (name or process).
    """
    allowed = (*evidence.sitting.subject.allowed_apps, *_SYSTEM, *(ignore or ()))
    entries = evidence.events_of("app_launch", "app_exit", stream="events_client")
    running: dict[str, list[tuple[float, dict[str, object]]]] = defaultdict(list)
    found = []
    for time_s, kind, text in zip(
        entries["time_s"], entries["type"], entries["detail"], strict=True
    ):
        detail = detail_of(text)
        names = names_of(detail)
        if not names or is_allowed(detail, allowed):
            continue
        who = str(detail.get("process") or names[0]).casefold()
        if kind == "app_launch":
            running[who].append((float(time_s), detail))
        elif running[who]:
            start_s, first = running[who].pop(0)
            found.append((start_s, float(time_s), first, True))
    found += [
        (start_s, evidence.window[1], detail, False)
        for opened in running.values()
        for start_s, detail in opened
    ]
    return table(evidence, [_flag(evidence, *run) for run in found if run[1] > run[0]])


def _flag(
    evidence: Evidence,
    start_s: float,
    end_s: float,
    detail: dict[str, object],
    closed: bool,  # noqa: FBT001
) -> dict[str, object]:
    contact = is_allowed(detail, _CONTACT)
    return flag(
        evidence,
        label="forbidden_app",
        detector="forbidden_app",
        streams=["events_client"],
        start_s=start_s,
        end_s=end_s,
        score=0.8 if contact else 0.5,
        reason_key="forbidden_app" if closed else "forbidden_app_open",
        facts={"app": names_of(detail)[0], "seconds": round(end_s - start_s)},
        supports=["events_client"],
    )
