"""What a simulated session is made with: formats, papers, limits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from review.session import VIEWS
from review.simulate.encode import VideoFormat
from review.simulate.folder import Paper
from review.simulate.script import Anomaly

if TYPE_CHECKING:
    from pathlib import Path

    from review.simulate.clocks import Clock

_ZONE: Final = ZoneInfo("Asia/Shanghai")
#: First subject's start by platform: that of the notices' sessions.
STARTS: Final = {
    "itmc": datetime(2022, 12, 10, 8, 30, tzinfo=_ZONE),
    "eztest": datetime(2023, 7, 30, 9, 0, tzinfo=_ZONE),
}
_PAPERS: Final = (("theory", "理论知识"), ("skills", "技能考核"), ("review", "综合评审"))
ISSUERS: Final = {
    "itmc": ("模拟认定机构", "400-000-0000"),
    "eztest": ("模拟考试中心", "400-000-0000"),
}
#: Programs that a skills paper allows (ITMC notice, part 2, section 2, 4 (1)).
ALLOWED_APPS: Final = ("WPS Office", "Adobe Photoshop CS6")
#: Sessions up to this long carry a time code, and no second of theirs is shown twice.
SHORT_S: Final = 600.0


@dataclass(frozen=True, kw_only=True)
class Media:
    """How a session is recorded.

    Parameters
    ----------
    video
        One format for all views, or one per view. By default sessions up to ten minutes are
        480x360 at 8 pictures a second, longer ones 1280x720 at 15 with a 1920x1080 screen at 10.
    audio_bps
        Bits per second of the sound.
    time_code
        Show the session time in every picture (:mod:`review.simulate.timecode`); by default up to
        ten minutes. Without it, seconds in which nothing happens are encoded once and repeated.
    """

    video: VideoFormat | Mapping[str, VideoFormat] | None = None
    audio_bps: int = 32000
    time_code: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Details:
    """What else can be said about a session.

    Parameters
    ----------
    session_id
        By default the folder's name.
    positions_crs
        Coordinate system that positions are written and declared in.
    thresholds, off_screen_limit
        As in the manifest; limits that cannot be kept in a shorter subject than the real one are
        scaled unless they are given.
    clocks
        Device -> clock at the first subject, instead of drawn ones; ``server`` is always right.
    """

    session_id: str | None = None
    positions_crs: str = "gcj02"
    thresholds: Mapping[str, Mapping[str, Any]] | None = None
    off_screen_limit: int | None = None
    clocks: Mapping[str, Clock] = field(default_factory=dict)


#: Number of the candidate (from 0) and subject -> what is planted.
Planted = Mapping[tuple[int, str], Sequence[Anomaly]]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What was asked for; see :func:`simulate`."""

    candidates: int = 1
    minutes: float = 2.0
    seed: int = 0
    clean: bool = False
    sound_only: bool = False
    platform: str = "itmc"
    subjects: int = 1
    anomalies: Planted | None = None
    media: Media = Media()
    details: Details = field(default_factory=Details)

    @property
    def short(self) -> bool:
        """Whether every second can be afforded."""
        return self.minutes * 60 <= SHORT_S

    @property
    def time_code(self) -> bool:
        """Whether pictures carry the time code."""
        return self.short if self.media.time_code is None else self.media.time_code


def folder_name(target: Path, platform: str) -> str:
    """Return a session id made of the name of its folder."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", target.resolve().name).strip("-.")
    return name or f"{platform}-simulated"


def formats(order: Order) -> dict[str, VideoFormat]:
    """Return the format of every view."""
    asked = order.media.video
    if isinstance(asked, VideoFormat):
        return dict.fromkeys(VIEWS, asked)
    if order.short:
        usual = dict.fromkeys(VIEWS, VideoFormat())
    else:
        camera = VideoFormat(width_px=1280, height_px=720, fps=15, crf=30)
        screen = VideoFormat(width_px=1920, height_px=1080, fps=10, crf=28)
        usual = {**dict.fromkeys(VIEWS, camera), "screen": screen}
    return {**usual, **(asked or {})}


def thresholds(order: Order) -> Mapping[str, Mapping[str, Any]]:
    """Return the limits of the manifest."""
    if order.details.thresholds is not None:
        return order.details.thresholds
    # eztest takes no paper before 60 minutes (its notice, part 2, rule 4), of two hours.
    if order.platform == "eztest" and order.minutes < 120:
        return {"left_early": {"earliest_submit_s": round(order.minutes * 30.0, 1)}}
    return {}


def papers(order: Order) -> tuple[Paper, ...]:
    """Return the subjects, the first two an hour and three quarters apart as on the notice."""
    length = timedelta(minutes=order.minutes)
    step = max(timedelta(minutes=105), length + timedelta(minutes=15))
    made = []
    for index in range(order.subjects):
        known = _PAPERS[index] if index < len(_PAPERS) else None
        name = known or (f"subject{index + 1}", f"科目{index + 1}")
        start = STARTS[order.platform] + index * step
        made.append(
            Paper(
                id=name[0],
                name=name[1],
                start=start,
                end=start + length,
                allowed_apps=(
                    ALLOWED_APPS if name[0] == "skills" and order.platform == "itmc" else ()
                ),
            )
        )
    return tuple(made)
