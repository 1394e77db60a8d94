"""One view of one sitting becomes its media files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from review.session import DEVICE_OF
from review.simulate import folder, people, room, timecode
from review.simulate.clocks import rng
from review.simulate.encode import Movie, VideoFormat
from review.simulate.scene import Camera
from review.simulate.screen import Screen
from review.simulate.sound import Microphone, Room
from review.simulate.speech import RATE_HZ
from review.simulate.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from review.simulate.clocks import Clock
    from review.simulate.folder import Paper
    from review.simulate.layers import Picture
    from review.simulate.moment import Moment, Page
    from review.simulate.people import Person
    from review.simulate.script import Script

#: After this time movements repeat in long sessions: as many distinct seconds are encoded.
LOOP_S: Final = 24.0
#: The same of the mouse pointer, which then moves only once in so many seconds.
_SCREEN_LOOP_S: Final = 8.0
_POINTER_S: Final = 4
#: In long sessions the camera behind sees the page change in these steps; it cannot read it.
_SEEN_STEP_S: Final = 600
_SEEN_QUESTIONS: Final = 10
#: Size of the screen as the camera behind sees it.
_SEEN: Final = (480, 270)
_TITLES: Final = {"itmc": "职业技能等级认定考试", "eztest": "在线考试系统"}


@dataclass(frozen=True, kw_only=True)
class Take:
    """One view of one sitting to be recorded.

    Parameters
    ----------
    folder
        Of the sitting.
    seed, room_seed
        Of what happens, and of the room, which is the same in all subjects of a candidate.
    """

    view: str
    script: Script
    paper: Paper
    person: Person
    folder: Path
    seed: int
    room_seed: int


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """How views are recorded.

    Parameters
    ----------
    formats
        View -> format; None for sound only.
    loop
        Whether seconds in which nothing happens are repeated.
    """

    formats: Mapping[str, VideoFormat] | None
    audio_bps: int
    time_code: bool
    loop: bool

    def length_s(self, take: Take) -> float:
        """Return how many seconds a take has."""
        return sum(end - start for start, end in take.script.pieces(take.view))

    def record(self, take: Take, tell: Callable[[float], object] = lambda _: None) -> None:
        """Write the media files of a take.

        Parameters
        ----------
        tell
            Called with 1 after each second that was written.
        """
        stage = self.stage(take)
        sound = Room(
            take.script,
            Stage(take.script, seed=take.seed),
            seed=take.seed,
            voice=take.person.voice,
        )
        microphone = Microphone(sound, take.script, take.view, seed=take.seed)
        painter = self.painter(take)
        into = take.folder / take.view
        into.mkdir(parents=True, exist_ok=True)
        for number, (start_s, end_s) in enumerate(take.script.pieces(take.view)):
            path = into / _file_name(take, number, start_s, sound_only=self.formats is None)
            started = take.paper.start + timedelta(seconds=start_s)
            with Movie(
                path,
                video=None if self.formats is None else self.formats[take.view],
                audio_bps=self.audio_bps,
                repeats=self.loop,
                created=started.astimezone(UTC),
            ) as movie:
                for second in range(int(start_s), int(end_s)):
                    if painter is not None:
                        self._second(movie, painter, stage, second)
                    movie.sound(microphone.record(float(second), RATE_HZ))
                    tell(1)

    def stage(self, take: Take) -> Stage:
        """Return what happens before a take's camera; short movements repeat in long sessions."""
        loop_s = _SCREEN_LOOP_S if take.view == "screen" else LOOP_S
        return Stage(take.script, seed=take.seed, loop_s=loop_s if self.loop else None)

    def painter(self, take: Take) -> Painter | None:
        """Return what makes a take's pictures; None for sound only."""
        if self.formats is None:
            return None
        return Painter(take, self.formats[take.view], time_code=self.time_code, loop=self.loop)

    def _second(self, movie: Movie, painter: Painter, stage: Stage, second: int) -> None:
        if not self.loop:
            movie.pictures(painter.pictures(stage, second))
            return
        key = painter.key(stage, second)
        if key is not None and movie.has(key):
            movie.repeat(key)
        else:
            # What changes within a second is shown once; its name is never asked for again.
            name = ("once", second) if key is None else key
            movie.pictures(painter.pictures(stage, second), key=name)


class Painter:
    """Makes the pictures of a view, second by second of its device."""

    def __init__(self, take: Take, video: VideoFormat, *, time_code: bool, loop: bool) -> None:
        self._view, self._fps, self._time_code, self._loop = (
            take.view, video.fps, time_code, loop,
        )  # fmt: skip
        self._clock: Clock = take.script.clocks[DEVICE_OF[take.view]]
        title, name = _TITLES[take.script.platform], take.person.name
        size = video.size if take.view == "screen" else _SEEN
        self._screen = Screen(size=size, title=title, candidate=name, seconds=not loop)
        self._camera = None
        if take.view != "screen":
            self._camera = Camera(
                take.view,
                size=video.size,
                furniture=room.furnish(rng(take.room_seed, "room")),
                looks=people.cast(take.person.index),
                seed=take.seed,
            )

    def key(self, stage: Stage, second: int) -> tuple[object, ...] | None:
        """Return what the pictures of a second depend on; None where something changes."""
        start_s, end_s = (float(self._clock.to_session(float(s))) for s in (second, second + 1))
        if not stage.steady(start_s, end_s):
            return None
        first, last = stage.at(start_s), stage.at(end_s - 0.5 / self._fps)
        sees_screen = self._view in ("screen", "right_rear")
        pages = [self._screen.key(self._seen(moment.page)) for moment in (first, last)]
        if sees_screen and pages[0] != pages[1]:
            return None
        phase = round(start_s) % int(LOOP_S)
        if self._view == "screen":
            phase = round(start_s) % int(_SCREEN_LOOP_S) // _POINTER_S
        frozen = stage.frozen_at(self._view, start_s) != start_s
        return (
            -1 if frozen else phase,
            first.actors,
            self._view in first.covered,
            pages[0] if sees_screen else None,
        )

    def pictures(self, stage: Stage, second: int) -> Iterator[Picture]:
        """Make the pictures of one second."""
        for number in range(self._fps):
            moment, shown_s, still = self.moment(stage, second, number)
            index = 0 if still else second * self._fps + number
            picture = self._paint(moment, index)
            if self._time_code:
                timecode.draw(picture, shown_s)
            yield picture

    def moment(self, stage: Stage, second: int, number: int) -> tuple[Moment, float, bool]:
        """Return what a picture shows, the session time of that, and whether it is frozen."""
        device_s = second + number / self._fps
        time_s = float(self._clock.to_session(device_s))
        shown_s = stage.frozen_at(self._view, time_s)
        still = shown_s != time_s
        shift_s = round(float(self._clock.to_session(float(second)))) - second
        pose_s = shown_s if still or not self._loop else device_s + shift_s
        if self._loop and self._view == "screen":
            pose_s -= pose_s % _POINTER_S
        return stage.at(shown_s, pose_s=pose_s), shown_s, still

    def faces(self, stage: Stage, device_s: float) -> dict[str, NDArray[np.float64]]:
        """Return whose faces the picture of a device time shows, and where (x, y, w, h)."""
        if self._camera is None:
            return {}
        # Half a picture more: times are read back from files with rounded time stamps.
        second = int((device_s + 0.5 / self._fps) // 1)
        number = int((device_s - second) * self._fps + 0.5)
        return self._camera.faces(self.moment(stage, second, number)[0])

    def _paint(self, moment: Moment, index: int) -> Picture:
        if self._camera is None:
            return self._screen.draw(moment.page)
        screen = None
        if self._view == "right_rear":
            screen = self._screen.draw(self._seen(moment.page))
        return self._camera.draw(moment, screen=screen, index=index)

    def _seen(self, page: Page) -> Page:
        """Return the page as the view sees it."""
        if not self._loop or self._view == "screen":
            return page
        answered = page.answered - page.answered % _SEEN_QUESTIONS
        left_s = -(-page.remaining_s // _SEEN_STEP_S) * _SEEN_STEP_S
        return replace(page, question=answered + 1, answered=answered, remaining_s=left_s)


def _file_name(take: Take, number: int, start_s: float, *, sound_only: bool) -> str:
    suffix = ".m4a" if sound_only else ".mp4"
    if take.script.platform == "eztest":
        return f"{take.view}_{number + 1}{suffix}"
    moment = take.paper.start + timedelta(seconds=start_s)
    return f"{moment.strftime('%Y%m%dT%H%M%S%z')}{suffix}"


def write_recordings_csv(takes: list[Take], *, sound_only: bool) -> None:
    """Write ``recordings.csv`` where file names do not say when a file starts."""
    for where in {take.folder for take in takes}:
        rows = []
        for take in takes:
            if take.folder != where or take.script.platform != "eztest":
                continue
            for number, (start_s, _) in enumerate(take.script.pieces(take.view)):
                name = _file_name(take, number, start_s, sound_only=sound_only)
                started = take.paper.start + timedelta(seconds=start_s)
                rows.append((take.view, name, started.isoformat(timespec="milliseconds")))
        if rows:
            folder.write_rows(where / "recordings.csv", ("stream", "file", "start"), rows)
