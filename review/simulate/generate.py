"""The front door: a session folder with known truth."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from tqdm import tqdm

from review.errors import SessionError
from review.session import DEVICE_OF, DEVICES, VIEWS
from review.simulate import clocks, folder, logs, people, photos, places, plans, script
from review.simulate.clocks import Clock, draw_clock, rng
from review.simulate.encode import VideoFormat
from review.simulate.folder import Paper, Plan
from review.simulate.recording import Recorder, Take, write_recordings_csv
from review.simulate.script import Anomaly

if TYPE_CHECKING:
    from review.simulate.script import Script

_ZONE: Final = ZoneInfo("Asia/Shanghai")
#: First subject's start by platform: that of the notices' sessions.
_STARTS: Final = {
    "itmc": datetime(2022, 12, 10, 8, 30, tzinfo=_ZONE),
    "eztest": datetime(2023, 7, 30, 9, 0, tzinfo=_ZONE),
}
_PAPERS: Final = (("theory", "理论知识"), ("skills", "技能考核"), ("review", "综合评审"))
_ISSUERS: Final = {
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
class _Order:
    """What was asked for; see :func:`simulate`."""

    candidates: int
    minutes: float
    seed: int
    clean: bool
    sound_only: bool
    platform: str
    subjects: int
    anomalies: Planted | None
    media: Media
    details: Details

    @property
    def short(self) -> bool:
        return self.minutes * 60 <= SHORT_S

    @property
    def time_code(self) -> bool:
        return self.short if self.media.time_code is None else self.media.time_code


def simulate(
    out: Path | str,
    *,
    candidates: int = 1,
    minutes: float = 2.0,
    seed: int = 0,
    clean: bool = False,
    sound_only: bool = False,
    platform: str = "itmc",
    subjects: int = 1,
    anomalies: Planted | None = None,
    media: Media | None = None,
    details: Details | None = None,
    progress: bool = False,
) -> Path:
    """Make a session folder with known truth.

    Besides the files of every session folder it holds ``truth.csv`` and ``truth_clocks.csv``
    (``session_s = device_s + offset_s + drift_ppm * 1e-6 * device_s``). The same arguments give
    the same tables, logs and pictures; the bytes of media files depend on the encoder's version.

    Parameters
    ----------
    out
        Folder that does not exist yet or is empty.
    candidates, subjects, minutes
        How many, and how long each subject is.
    seed
        Of everything that is drawn.
    clean
        Plant nothing.
    sound_only
        Write ``.m4a`` files instead of pictures, and no photographs.
    platform
        ``itmc`` (four views, two phones with positions) or ``eztest`` (three views, one phone).
    anomalies
        Number of the candidate (from 0) and subject -> what to plant; sittings that are not named
        are clean. By default it is drawn.
    progress
        Show a progress bar.

    Returns
    -------
    pathlib.Path
        The session folder.

    Raises
    ------
    SessionError
        If ``out`` is not empty, or an argument is impossible.
    """
    target = Path(out)
    if platform not in _STARTS:
        raise SessionError(
            f"cannot simulate {platform!r}", where=target, expected=f"one of {', '.join(_STARTS)}"
        )
    if candidates < 1 or subjects < 1 or not minutes * 60 >= 15:
        raise SessionError(
            "nothing to simulate",
            where=target,
            expected="at least one candidate, one subject and 0.25 minutes",
            found=f"{candidates} candidates, {subjects} subjects, {minutes:g} minutes",
        )
    _prepare(target)
    order = _Order(
        candidates=candidates,
        minutes=minutes,
        seed=seed,
        clean=clean,
        sound_only=sound_only,
        platform=platform,
        subjects=subjects,
        anomalies=anomalies,
        media=media or Media(),
        details=details or Details(),
    )
    _make(target, order, progress=progress)
    return target


def _prepare(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise SessionError(
            "the folder is not empty",
            where=target,
            expected="a folder that does not exist yet, or an empty one",
            todo="name another one",
        )
    target.mkdir(parents=True, exist_ok=True)


def _name(target: Path, platform: str) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", target.resolve().name).strip("-.")
    return name or f"{platform}-simulated"


def _formats(order: _Order) -> dict[str, VideoFormat]:
    asked = order.media.video
    if isinstance(asked, VideoFormat):
        return dict.fromkeys(VIEWS, asked)
    if order.short:
        formats = dict.fromkeys(VIEWS, VideoFormat())
    else:
        camera = VideoFormat(width_px=1280, height_px=720, fps=15, crf=30)
        screen = VideoFormat(width_px=1920, height_px=1080, fps=10, crf=28)
        formats = {**dict.fromkeys(VIEWS, camera), "screen": screen}
    return {**formats, **(asked or {})}


def _thresholds(order: _Order) -> Mapping[str, Mapping[str, Any]]:
    """Return the limits of the manifest."""
    if order.details.thresholds is not None:
        return order.details.thresholds
    # eztest takes no paper before 60 minutes (its notice, part 2, rule 4), of two hours.
    if order.platform == "eztest" and order.minutes < 120:
        return {"left_early": {"earliest_submit_s": round(order.minutes * 30.0, 1)}}
    return {}


def _papers(order: _Order) -> tuple[Paper, ...]:
    length = timedelta(minutes=order.minutes)
    # Theory and skills begin an hour and three quarters apart, as on the notice, if that is enough.
    step = max(timedelta(minutes=105), length + timedelta(minutes=15))
    papers = []
    for index in range(order.subjects):
        known = _PAPERS[index] if index < len(_PAPERS) else None
        name = known or (f"subject{index + 1}", f"科目{index + 1}")
        start = _STARTS[order.platform] + index * step
        papers.append(
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
    return tuple(papers)


def _make(target: Path, order: _Order, *, progress: bool) -> None:
    papers = _papers(order)
    itmc = order.platform == "itmc"
    folder.write_manifest(
        target,
        Plan(
            id=order.details.session_id or _name(target, order.platform),
            platform=order.platform,
            rulebook="itmc-2022" if itmc else "eztest-2023",
            issuer=_ISSUERS[order.platform],
            papers=papers,
            positions_crs=order.details.positions_crs if itmc else None,
            region=("北京市", "110000") if itmc else None,
            off_screen_limit=order.details.off_screen_limit,
            thresholds=_thresholds(order),
        ),
    )
    day = _STARTS[order.platform].strftime("%Y%m%d")
    takers = [
        (f"{day}{number + 1:04d}", _person(number, order)) for number in range(order.candidates)
    ]
    folder.write_candidates(
        target, takers, occupation=people.OCCUPATION, subjects=[p.id for p in papers]
    )
    scripts: dict[tuple[str, str], Script] = {}
    takes: list[Take] = []
    for number, (candidate_id, person) in enumerate(takers):
        made_all = [_sitting(number, index, papers, order) for index in range(len(papers))]
        # Somebody whose phone will cross the border lives near it.
        place = places.choose(
            rng(_seed(order, number), "place"), near_border=any(made.drift for made in made_all)
        )
        for index, (paper, made) in enumerate(zip(papers, made_all, strict=True)):
            scripts[candidate_id, paper.id] = made
            where = target / "recordings" / candidate_id / paper.id
            seed = _seed(order, number, index)
            _write_small_files(where, made, paper, person, order, place=place, seed=seed)
            takes += [
                Take(
                    view=view, script=made, paper=paper, person=person, folder=where, seed=seed,
                    room_seed=_seed(order, number),
                )
                for view in made.streams
                if view in VIEWS
            ]  # fmt: skip
    devices = [d for d in DEVICES if d in {DEVICE_OF[s] for s in script.STREAMS[order.platform]}]
    folder.write_truth(target, scripts, devices=devices)
    write_recordings_csv(takes, sound_only=order.sound_only)
    recorder = Recorder(
        formats=None if order.sound_only else _formats(order),
        audio_bps=order.media.audio_bps,
        time_code=order.time_code,
        loop=not order.time_code,
    )
    _record(recorder, takes, progress=progress)


def _record(recorder: Recorder, takes: Sequence[Take], *, progress: bool) -> None:
    # Drawing and encoding leave Python for most of their time, so threads are enough.
    total = round(sum(recorder.length_s(take) for take in takes))
    with (
        tqdm(total=total, unit="s", desc="recording", disable=not progress) as bar,
        ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool,
    ):
        waiting = [pool.submit(recorder.record, take, bar.update) for take in takes]
        try:
            for job in waiting:
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _seed(order: _Order, *numbers: int) -> int:
    return int(rng(order.seed, "sitting", *numbers).integers(2**31))


def _person(number: int, order: _Order) -> people.Person:
    first = int(rng(order.seed, "people").integers(len(people.pool())))
    return people.person(number, source=rng(order.seed, "person", number), first=first)


def _sitting(number: int, index: int, papers: Sequence[Paper], order: _Order) -> Script:
    paper = papers[index]
    duration_s = (paper.end - paper.start).total_seconds()
    source = rng(order.seed, "plan", number, paper.id)
    if order.clean:
        planted: Sequence[Anomaly] = ()
    elif order.anomalies is not None:
        planted = order.anomalies.get((number, paper.id), ())
    else:
        planted = plans.draw(duration_s, platform=order.platform, source=source)
    since_s = (paper.start - papers[0].start).total_seconds()
    made = script.draft(
        platform=order.platform,
        duration_s=duration_s,
        clocks={d: c.later(since_s) for d, c in _clocks(number, order).items()},
        anomalies=planted,
        allowed_app=paper.allowed_apps[0] if paper.allowed_apps else None,
    )
    logs.ordinary(made, seed=_seed(order, number, index))
    return made


def _clocks(number: int, order: _Order) -> dict[str, Clock]:
    drawn = {d: draw_clock(rng(order.seed, "clock", number, d)) for d in DEVICES}
    return {**drawn, **(order.details.clocks), "server": clocks.Clock()}


def _write_small_files(
    where: Path,
    made: Script,
    paper: Paper,
    person: people.Person,
    order: _Order,
    *,
    place: places.Place,
    seed: int,
) -> None:
    where.mkdir(parents=True, exist_ok=True)
    folder.write_logs(where / "events", made, paper.start)
    if "gps_phone1" in made.streams:
        for stream, write, suffix in (
            ("gps_phone1", folder.write_csv_fixes, "csv"),
            ("gps_phone2", folder.write_gpx_fixes, "gpx"),
        ):
            device = DEVICE_OF[stream]
            from_s = logs.checkin_s(made, device) - 6
            found = places.fixes(made, stream, place, from_s=from_s, seed=seed)
            path = where / "gps" / f"{device}.{suffix}"
            write(path, found, paper.start, order.details.positions_crs)
    if not order.sound_only:
        names = ("id_photo", "login_photo_client", "login_photo_phone1", "login_photo_phone2")
        shown = names if order.platform == "itmc" else names[:3]
        photos.write_photos(where / "identity", people.pool()[person.index], names=shown)
