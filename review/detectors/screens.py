"""What stood on the recorded screen: shared by the detectors that read logs of windows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from review.timeline import intervals as iv

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence

#: Titles of programs to talk with and of remote control, as they stand alone in a line.
_TITLES: Final = frozenset(
    ("微信", "企业微信", "wechat", "qq", "tim", "钉钉", "dingtalk", "飞书", "lark", "腾讯会议",
     "zoom", "telegram", "skype", "teamviewer", "todesk", "anydesk", "向日葵", "rustdesk",
     "远程桌面连接")
)  # fmt: skip
#: What only pages of search engines and question banks say, as part of a line.
_PAGES: Final = re.compile(
    r"百度一下|百度搜索|搜狗搜索|必应搜索|360搜索|参考答案|题库|作业帮|小猿搜题|上学吧|chatgpt|"
    r"豆包|文心一言|通义千问|kimi|deepseek|bing\.com|baidu\.com|google\.|sogou\.com",
    re.IGNORECASE,
)
#: Buttons and lines of chat windows, as they stand alone in a line.
_CHAT: Final = frozenset(("发送", "发送(s)", "按住说话", "输入消息", "聊天记录"))
#: A line that stands on the screen for this share of the time that the screen was recorded
#: belongs to the exam page: its head, its buttons, the names of the paper and the candidate.
_OWN_SHARE: Final = 0.5
#: The reader looks at the screen at least this often, so texts may come this late.
_LATE_S: Final = 6.0
#: Changes of the picture (mean of 0 to 255 at 320 px) from which on a window has opened; a page's
#: clock and the pointer stay below.
_MOVED: Final = 1.0
#: Words that a reason names at most.
_NAMED: Final = 3
_LONGEST: Final = 24


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the screen shows during an interval.

    Parameters
    ----------
    changed
        Another window is seen: its text, or the exam page's own text gone.
    same
        The screen was recorded and nothing on it changed.
    words
        What was read that was not there before, shortened; empty where nothing telling was.
    """

    changed: bool
    same: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class Screenful:
    """A stretch of time in which something foreign was read on the screen."""

    start_s: float
    end_s: float
    words: str


def look_at(
    evidence: Evidence, start_s: float, end_s: float, *, names: Collection[str] = ()
) -> Look:
    """Say what the screen shows of a window that a log tells of.

    Parameters
    ----------
    names
        What the log calls the program.
    """
    texts = evidence.texts
    recorded = iv.intersection(evidence.visible("screen"), [(start_s, end_s)])
    if not len(texts) or iv.total_s(recorded) < 0.5 * (end_s - start_s) or end_s - start_s <= 0:
        return Look(changed=False, same=False, words="")
    fresh = texts[(texts["start_s"] >= start_s - 2.0) & (texts["start_s"] < end_s + 1.0)]
    fresh = fresh[(fresh["end_s"] <= end_s + _LATE_S) & ~fresh["text"].isin(_own_lines(evidence))]
    moved = _moved(evidence, start_s, end_s)
    telling = [t for t in fresh["text"] if _kind(t) or _names(t, names)]
    shown = telling or [t for t in fresh["text"] if len(t) >= 4]
    changed = bool(telling) or (moved and len(fresh) > 0)
    # A window shorter than the time between two looks may have been missed.
    same = not moved and not len(fresh) and end_s - start_s >= _LATE_S
    return Look(changed=changed, same=same, words=_short(shown) if changed else "")


def unexplained(
    evidence: Evidence, explained: Sequence[tuple[float, float]], *, min_s: float
) -> list[Screenful]:
    """Return when a chat, a search page or remote control is read and no log entry says why.

    Two telling lines must stand there at a time, or one that no exam page says.
    """
    texts = evidence.texts[evidence.texts["text"].notna()]
    if not len(texts):
        return []
    allowed = [app.casefold() for app in evidence.sitting.subject.allowed_apps]
    kinds = texts["text"].map(_kind)
    own = texts["text"].isin(_own_lines(evidence))
    telling = texts[(kinds != "") & ~own]
    lawful = [any(app and app in t.casefold() for app in allowed) for t in telling["text"]]
    telling = telling[~np.array(lawful, dtype=bool)]
    if not len(telling):
        return []
    spans = telling[["start_s", "end_s"]].to_numpy(dtype=float)
    around = [(a - _LATE_S, b + _LATE_S) for a, b in explained]
    free = iv.difference(iv.intersection(_twice(spans), [evidence.window]), iv.as_intervals(around))
    return [
        Screenful(
            start_s=a,
            end_s=b,
            words=_short(telling.loc[(spans[:, 0] < b) & (spans[:, 1] > a), "text"].tolist()),
        )
        for a, b in free.tolist()
        if b - a >= min_s
    ]


def _twice(spans: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return when at least two of the intervals hold."""
    edges = np.unique(spans)
    if len(edges) < 2:
        return np.empty((0, 2))
    middle = (edges[:-1] + edges[1:]) / 2
    count = ((spans[:, :1] <= middle) & (spans[:, 1:] > middle)).sum(axis=0)
    return iv.union(np.column_stack([edges[:-1], edges[1:]])[count >= 2])


def _own_lines(evidence: Evidence) -> set[str]:
    """Return the lines that stand on the screen most of the time."""
    texts = evidence.texts
    whole_s = iv.total_s(evidence.visible("screen"))
    lengths = (texts["end_s"] - texts["start_s"]).groupby(texts["text"]).sum()
    return {str(text) for text in lengths.index[lengths >= _OWN_SHARE * max(whole_s, 1.0)]}


def _moved(evidence: Evidence, start_s: float, end_s: float) -> bool:
    change = evidence.signal("screen", "change")
    near = change[(change["time_s"] >= start_s - 2.0) & (change["time_s"] < end_s)]
    return bool((near["value"] >= _MOVED).any())


def _kind(text: str) -> str:
    line = text.strip().casefold().replace("（", "(").replace("）", ")")
    if line in _TITLES or line in _CHAT:
        return "chat"
    return "search" if _PAGES.search(line) else ""


def _names(text: str, names: Collection[str]) -> bool:
    line = text.casefold()
    return any(len(n) >= 2 and n.casefold().removesuffix(".exe") in line for n in names)


def _short(texts: Sequence[str]) -> str:
    chosen = list(dict.fromkeys(t.strip() for t in texts))[:_NAMED]
    return " / ".join(t if len(t) <= _LONGEST else t[: _LONGEST - 1] + "…" for t in chosen)
