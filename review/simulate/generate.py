"""The front door: a session folder with known truth."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from review.errors import SessionError
from review.session import DEVICE_OF, DEVICES, VIEWS
from review.simulate import folder, logs, orders, people, photos, places, plans
from review.simulate.anomalies import draft
from review.simulate.clocks import Clock, draw_clock, rng
from review.simulate.folder import Plan
from review.simulate.orders import ISSUERS, STARTS, Details, Media, Order
from review.simulate.recording import Recorder, Take, write_recordings_csv
from review.simulate.script import STREAMS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from review.simulate.folder import Paper
    from review.simulate.orders import Planted
    from review.simulate.script import Anomaly, Script


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
    return make(
        out,
        Order(
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
        ),
        progress=progress,
    )


def make(out: Path | str, order: Order, *, progress: bool = False) -> Path:
    """Make the session folder that was ordered; see :func:`simulate`."""
    target, minutes = Path(out), order.minutes
    platform, candidates, subjects = order.platform, order.candidates, order.subjects
    if platform not in STARTS:
        raise SessionError(
            f"cannot simulate {platform!r}", where=target, expected=f"one of {', '.join(STARTS)}"
        )
    if candidates < 1 or subjects < 1 or not minutes * 60 >= 15:
        raise SessionError(
            "nothing to simulate",
            where=target,
            expected="at least one candidate, one subject and 0.25 minutes",
            found=f"{candidates} candidates, {subjects} subjects, {minutes:g} minutes",
        )
    _prepare(target)
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


def _make(target: Path, order: Order, *, progress: bool) -> None:
    papers = orders.papers(order)
    itmc = order.platform == "itmc"
    folder.write_manifest(
        target,
        Plan(
            id=order.details.session_id or orders.folder_name(target, order.platform),
            platform=order.platform,
            rulebook="itmc-2022" if itmc else "eztest-2023",
            issuer=ISSUERS[order.platform],
            papers=papers,
            positions_crs=order.details.positions_crs if itmc else None,
            region=("北京市", "110000") if itmc else None,
            off_screen_limit=order.details.off_screen_limit,
            thresholds=orders.thresholds(order),
        ),
    )
    day = STARTS[order.platform].strftime("%Y%m%d")
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
                _take(order, number, index, view, made, folder=where)
                for view in made.streams
                if view in VIEWS
            ]
    devices = [d for d in DEVICES if d in {DEVICE_OF[s] for s in STREAMS[order.platform]}]
    folder.write_truth(target, scripts, devices=devices)
    write_recordings_csv(takes, sound_only=order.sound_only)
    _record(_recorder(order), takes, progress=progress)


def true_faces(
    order: Order, *, candidate: int, subject: int, view: str
) -> Callable[[float], dict[str, NDArray[np.float64]]]:
    """Return where the faces in one recorded view of a session truly are.

    Parameters
    ----------
    order
        What the session was made with.
    candidate, subject
        Their numbers, from 0.

    Returns
    -------
    callable
        Device time -> who (``candidate``, ``visitor``, ``substitute``) -> x, y, width, height in
        pixels of the picture, brows to chin; parts may be hidden or outside of the picture.
    """
    recorder = _recorder(order)
    made = _sitting(candidate, subject, orders.papers(order), order)
    take = _take(order, candidate, subject, view, made, folder=Path())
    painter, stage = recorder.painter(take), recorder.stage(take)
    if painter is None:
        raise SessionError("no faces in a session of sound alone", expected="an order of pictures")
    return partial(painter.faces, stage)


def _recorder(order: Order) -> Recorder:
    return Recorder(
        formats=None if order.sound_only else orders.formats(order),
        audio_bps=order.media.audio_bps,
        time_code=order.time_code,
        loop=not order.time_code,
    )


def _take(
    order: Order, number: int, index: int, view: str, script: Script, *, folder: Path
) -> Take:
    return Take(
        view=view,
        script=script,
        paper=orders.papers(order)[index],
        person=_person(number, order),
        folder=folder,
        seed=_seed(order, number, index),
        room_seed=_seed(order, number),
    )


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


def _seed(order: Order, *numbers: int) -> int:
    return int(rng(order.seed, "sitting", *numbers).integers(2**31))


def _person(number: int, order: Order) -> people.Person:
    first = int(rng(order.seed, "people").integers(len(people.pool())))
    return people.person(number, source=rng(order.seed, "person", number), first=first)


def _sitting(number: int, index: int, papers: Sequence[Paper], order: Order) -> Script:
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
    made = draft(
        platform=order.platform,
        duration_s=duration_s,
        clocks={d: c.later(since_s) for d, c in _clocks(number, order).items()},
        anomalies=planted,
        allowed_app=paper.allowed_apps[0] if paper.allowed_apps else None,
    )
    logs.ordinary(made, seed=_seed(order, number, index), owner=_seed(order, number))
    return made


def _clocks(number: int, order: Order) -> dict[str, Clock]:
    drawn = {d: draw_clock(rng(order.seed, "clock", number, d)) for d in DEVICES}
    return {**drawn, **(order.details.clocks), "server": Clock()}


def _write_small_files(
    where: Path,
    made: Script,
    paper: Paper,
    person: people.Person,
    order: Order,
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
