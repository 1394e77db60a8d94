"""Measuring one sitting: one pass over each stream, tables on device time."""

from __future__ import annotations

import os
import queue
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from review import tables
from review.errors import ReviewError
from review.loaders.streams import pieces
from review.session import CAMERAS, VIEWS
from review.signals.appearance import appearances
from review.signals.hearing import measure_sound
from review.signals.onlooker import LookOptions
from review.signals.photos import measure_photos
from review.signals.places import measure_places
from review.signals.reading import read_screen
from review.signals.samples import Samples
from review.signals.vectors import PHOTO_PREFIX, distances, majority
from review.signals.vision import measure_camera, measure_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future

    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from review.loaders.record import SittingRecord
    from review.signals.models import Models

    Tell = Callable[[float], None]

#: Part of a stream that is looked at unless told otherwise: both platforms admit candidates 30
#: minutes before the start (ITMC annex 1, rule 14; eztest part 2, rule 3), and a recording may run
#: on for a while. A file that serves several subjects holds more.
BEFORE_S: Final = 1800.0
AFTER_S: Final = 300.0
#: What a second of a stream costs, taking the front camera's pictures as 1 (processor time of 90
#: minutes, measured): pictures, sound, and the reading of the screen.
_COSTS: Final = {"front": 1.0, "right_rear": 0.6, "left_front": 0.5, "screen": 0.3}
_SOUND_COST: Final = 0.15
_READING_COST: Final = 0.9
_PHOTOS_COST_S: Final = 30.0
#: Rows that are turned into a table at a time.
_CHUNK: Final = 5000


@dataclass(frozen=True, kw_only=True)
class MeasureOptions:
    """What the measurements depend on besides the evidence.

    Parameters
    ----------
    every_s
        A picture is looked at at least this often.
    looks
        How often the networks look where nothing seems to change.
    """

    every_s: float = 1.0
    looks: LookOptions = field(default_factory=LookOptions)


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """Tables under the contracts of :mod:`review.tables`, device time.

    ``signals`` holds per camera ``luma contrast sharpness change faces persons scene camera_moved``
    and for the main face ``identity_distance_photo identity_distance_self``, in the front view also
    ``turn nod gaze face_luma shade`` (:mod:`review.signals.heads`) and ``like_eyes like_mouth
    like_photo_eyes like_photo_mouth`` (:mod:`review.signals.appearance`); for the screen ``luma
    change``; per stream with sound ``level_db speech``; per phone ``checkin_distance_m
    border_distance_m outside_probability``.
    """

    signals: pd.DataFrame
    detections: pd.DataFrame
    texts: pd.DataFrame
    problems: pd.DataFrame


def measure(
    record: SittingRecord,
    *,
    models: Models,
    boundary: BaseGeometry | None = None,
    options: MeasureOptions | None = None,
    spans: Mapping[str, tuple[float, float]] | None = None,
    threads: int | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Measurements:
    """Look at, listen to and place everything of one sitting, once.

    Memory does not depend on the length of the recordings, apart from the tables. Streams are
    worked on side by side, each by one thread; the result does not depend on how many there are.

    Parameters
    ----------
    boundary
        Permitted region, WGS-84 degrees; None where the session has none.
    spans
        Stream -> device time to look at, ``(start_s, end_s)``; by default from 30 minutes before
        the subject to five minutes after it.
    threads
        Streams that are worked on at once; by default one for each processor.
    progress
        Called with a stream and the share of all the work that is done (0 to 1), from the
        caller's thread.

    Returns
    -------
    Measurements
        What could not be measured is a row of its ``problems``.
    """
    options = options or MeasureOptions()
    duration_s = record.sitting.subject.duration_s
    whole = (-BEFORE_S, duration_s + AFTER_S)
    chosen = {stream: (spans or {}).get(stream, whole) for stream in VIEWS}
    jobs = _jobs(record, models, options, chosen)
    with _one_thread_each():
        measured = _run(jobs, threads=threads or os.cpu_count() or 1, progress=progress)
    measured += _guarded("gps_phone1", lambda: measure_places(record, boundary=boundary))
    measured.append(_refused(models))
    return _put_together(record, measured)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One pass over one stream, or over the photographs."""

    stream: str
    span: tuple[float, float]
    cost: float
    work: Callable[[Tell], list[Samples]]


def _jobs(
    record: SittingRecord,
    models: Models,
    options: MeasureOptions,
    spans: Mapping[str, tuple[float, float]],
) -> list[_Job]:
    photos = _Job(
        stream="identity",
        span=(0.0, 1.0),
        cost=_PHOTOS_COST_S,
        work=lambda _: measure_photos(record, models=models),
    )
    jobs = [photos]
    for stream, span in spans.items():
        for sound in (False, True):
            there = [
                (max(p.start_s, span[0]), min(p.end_s, span[1]))
                for p in pieces(record.segments, stream, sound=sound)
            ]
            there = [(a, b) for a, b in there if b > a]
            if there:
                extent = (there[0][0], there[-1][1])
                length_s = sum(b - a for a, b in there)
                cost = length_s * (_SOUND_COST if sound else _COSTS[stream])
                work = _work(record, stream, models, options, extent, sound=sound)
                jobs.append(_Job(stream=stream, span=extent, cost=cost, work=work))
                if stream == "screen" and not sound:
                    jobs.append(
                        _Job(
                            stream=stream,
                            span=extent,
                            cost=length_s * _READING_COST,
                            work=_read(record, models, extent),
                        )
                    )
    # The longest first: then no thread is left alone with a long one at the end.
    return sorted(jobs, key=lambda job: -job.cost)


def _read(
    record: SittingRecord, models: Models, span: tuple[float, float]
) -> Callable[[Tell], list[Samples]]:
    return lambda tell: [read_screen(record, models=models, span=span, tell=tell)]


def _work(
    record: SittingRecord,
    stream: str,
    models: Models,
    options: MeasureOptions,
    span: tuple[float, float],
    *,
    sound: bool,
) -> Callable[[Tell], list[Samples]]:
    if sound:
        return lambda tell: [measure_sound(record, stream, models=models, span=span, tell=tell)]
    if stream not in CAMERAS:
        return lambda tell: [
            measure_screen(record, stream, span=span, every_s=options.every_s, tell=tell)
        ]
    return lambda tell: [
        measure_camera(
            record,
            stream,
            models=models,
            span=span,
            every_s=options.every_s,
            options=options.looks,
            tell=tell,
        )
    ]


def _run(
    jobs: list[_Job], *, threads: int, progress: Callable[[str, float], None] | None
) -> list[Samples]:
    """Do all jobs; results come in the order of the jobs."""
    told: queue.SimpleQueue[tuple[int, float]] = queue.SimpleQueue()
    done = [0.0] * len(jobs)
    total = sum(job.cost for job in jobs) or 1.0

    def work(index: int) -> list[Samples]:
        job = jobs[index]
        length_s = job.span[1] - job.span[0]

        def tell(device_s: float) -> None:
            told.put((index, min(1.0, (device_s - job.span[0]) / length_s)))

        found = _guarded(job.stream, lambda: job.work(tell))
        told.put((index, 1.0))
        return found

    def report() -> None:
        latest = None
        while not told.empty():
            index, share = told.get()
            done[index] = max(done[index], share * jobs[index].cost)
            if jobs[index].stream in VIEWS:
                latest = index
        if progress is not None and latest is not None:
            progress(jobs[latest].stream, sum(done) / total)

    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        futures: list[Future[list[Samples]]] = [pool.submit(work, n) for n in range(len(jobs))]
        waiting = set(futures)
        while waiting:
            _, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            report()
        return [samples for future in futures for samples in future.result()]


def _guarded(stream: str, work: Callable[[], list[Samples]]) -> list[Samples]:
    """Do work; what goes wrong is a problem of its stream."""
    try:
        return work()
    except (ReviewError, cv2.error, OSError, RuntimeError, ValueError) as error:
        samples = Samples(stream=stream)
        text = " ".join(str(error).split())
        samples.problem("error", "not_measured", f"{stream}: not measured: {text}")
        return [samples]


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Streams run side by side; OpenCV's own threads would only get in their way."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _refused(models: Models) -> Samples:
    general = Samples(stream="")
    for message in models.refused.values():
        general.problem("error", "model_refused", message)
        general.problems[-1]["stream"] = None
    return general


def _put_together(record: SittingRecord, measured: list[Samples]) -> Measurements:
    key = record.sitting.key
    rows = [row for samples in measured for row in samples.detections]
    compared = [*_compare(rows), *appearances(measured)]
    del rows
    detections = tables.join("detections", _chunks(measured, key))
    signals = tables.join("signals", [s.signals(key) for s in [*measured, *compared]])
    problems = [row for samples in measured for row in samples.problems]
    order = ["stream", "device_s"]
    return Measurements(
        signals=signals.sort_values(
            ["stream", "signal", "device_s"], kind="stable", ignore_index=True
        ),
        detections=detections.sort_values(order, kind="stable", ignore_index=True),
        texts=tables.build("texts", [row for s in measured for row in s.texts], key=key),
        problems=tables.build("problems", problems, key=key),
    )


def _chunks(measured: list[Samples], key: tuple[str, str, str]) -> Iterator[pd.DataFrame]:
    """Turn the rows of ``detections`` into tables, some at a time, and let go of them."""
    for samples in measured:
        rows, samples.detections = samples.detections, []
        samples.patches = []
        for start in range(0, len(rows), _CHUNK):
            yield tables.build("detections", rows[start : start + _CHUNK], key=key)
            rows[start : start + _CHUNK] = [{}] * len(rows[start : start + _CHUNK])


def _compare(rows: list[dict[str, Any]]) -> list[Samples]:
    """Compare every view's main face with the photographs and with the sitting's majority."""
    faces_seen = [row for row in rows if row["kind"] == "face"]
    known = [row for row in faces_seen if row["embedding"] is not None]
    photos = [row["embedding"] for row in known if row["stream"].startswith(PHOTO_PREFIX)]
    of_view = {
        view: _main([row for row in faces_seen if row["stream"] == view]) for view in CAMERAS
    }
    # The front view is the candidate's; another stands in only where it shows no face at all.
    leading = next((faces for faces in of_view.values() if faces), [])
    most = majority([row["embedding"] for row in leading])
    compared = []
    for view, faces in of_view.items():
        samples = Samples(stream=view)
        for row in faces:
            if photos:
                near = float(distances(row["embedding"], photos).min())
                samples.add(row["device_s"], identity_distance_photo=near)
            if most is not None:
                own = float(np.linalg.norm(row["embedding"] - most))
                samples.add(row["device_s"], identity_distance_self=own)
        compared.append(samples)
    return compared


def _main(faces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the largest face of each moment, where it could be compared."""
    largest: dict[float, dict[str, Any]] = {}
    for row in faces:
        other = largest.get(row["device_s"])
        if other is None or row["w_px"] * row["h_px"] > other["w_px"] * other["h_px"]:
            largest[row["device_s"]] = row
    return [row for row in largest.values() if row["embedding"] is not None]
