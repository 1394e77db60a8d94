"""From the script to what can be seen at a moment."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

import numpy as np

from review.simulate.clocks import rng
from review.simulate.moment import CANDIDATE, VISITOR, Actor, Moment, Page, Pose

if TYPE_CHECKING:
    from review.simulate.script import Script

#: Habits are drawn for each stretch of this length.
SLOT_S: Final = 8.0
#: Questions of a paper.
QUESTIONS: Final = 40
_BLINK_S: Final = 0.22


class Stage:
    """Knows what is where at any moment of one sitting.

    Parameters
    ----------
    loop_s
        Movement repeats after this time (a multiple of ``SLOT_S``); None for never.
    """

    def __init__(self, script: Script, *, seed: int, loop_s: float | None = None) -> None:
        self._script, self._seed, self._loop_s = script, seed, loop_s
        self._walks = {
            who: (np.array([p[0] for p in points]), np.array([p[1] for p in points]))
            for who, points in script.walks.items()
        }
        self._phases = rng(seed, "pose").uniform(0, 2 * np.pi, 8)
        self._habits: dict[int, tuple[float, ...]] = {}
        self._changes = sorted(self._change_times())

    def at(self, time_s: float, *, pose_s: float | None = None) -> Moment:
        """Return the moment.

        Parameters
        ----------
        pose_s
            Time that poses and light are taken from, if it is another.
        """
        pose_s = time_s if pose_s is None else pose_s
        covered = frozenset(
            view for view, spans in self._script.covered.items() if _within(spans, time_s)
        )
        return Moment(
            time_s=time_s,
            actors=self._actors(time_s),
            pose=self._pose(pose_s, time_s),
            page=self._page(time_s, pose_s),
            light=1 + 0.012 * self._wave(pose_s, 7.3, 6) + 0.006 * self._wave(pose_s, 1.7, 7),
            covered=covered,
        )

    def steady(self, start_s: float, end_s: float) -> bool:
        """Say whether nothing but habits changes in ``[start_s, end_s]``."""
        first = bisect_right(self._changes, start_s - 1e-6)
        if first < len(self._changes) and self._changes[first] <= end_s:
            return False
        return all(actor.out in (0.0, 1.0) for actor in self._actors((start_s + end_s) / 2))

    def typing(self, time_s: float) -> bool:
        """Say whether the candidate types: in some stretches, and only when seated."""
        if float(np.interp(time_s, *self._walks[CANDIDATE])) > 0:
            return False
        start_s, length_s = self._habit(int(time_s // SLOT_S))[:2]
        return start_s <= time_s % SLOT_S < start_s + length_s

    def frozen_at(self, view: str, time_s: float) -> float:
        """Return the time whose picture a view shows: earlier than now while it is frozen."""
        for start_s, end_s in self._script.frozen.get(view, []):
            if start_s <= time_s < end_s:
                return start_s
        return time_s

    def _change_times(self) -> list[float]:
        s = self._script
        times = [t for points in s.walks.values() for t, _ in points]
        times += [t for w in s.windows for t in (w.start_s, w.end_s)]
        for spans in (*s.covered.values(), *s.frozen.values()):
            times += [t for span in spans for t in span]
        times += [t for v in s.speech for t in (v.start_s, v.end_s)]
        return [*times, 0.0, s.submit_s]

    def _actors(self, time_s: float) -> tuple[Actor, ...]:
        found = []
        for who, (times, outs) in self._walks.items():
            out = float(np.interp(time_s, times, outs))
            if out < 1:
                # Slow at both ends, as one walks.
                smooth = out * out * (3 - 2 * out)
                found.append(Actor(who=who, seated=who != VISITOR, out=smooth))
        return tuple(found)

    def _habit(self, slot: int) -> tuple[float, ...]:
        """Return start and length of typing, two blinks, and whether one looks down, in a slot."""
        if slot not in self._habits:
            source = rng(self._seed, "habit", slot)
            length = float(source.uniform(2.5, 5.5)) if source.random() < 0.65 else 0.0
            start = float(source.uniform(0.3, 7.6 - length))
            blinks = np.sort(source.uniform(0.2, 7.6, 2))
            down = float(source.random() < 0.6)
            self._habits[slot] = (start, length, float(blinks[0]), float(blinks[1]), down)
            if len(self._habits) > 512:
                self._habits.pop(next(iter(self._habits)))
        return self._habits[slot]

    def _wave(self, time_s: float, period_s: float, phase: int) -> float:
        if self._loop_s is not None:
            # The nearest period that fits into the loop.
            period_s = self._loop_s / max(1, round(self._loop_s / period_s))
        return float(np.sin(2 * np.pi * time_s / period_s + self._phases[phase]))

    def _pose(self, pose_s: float, time_s: float) -> Pose:
        looped_s = pose_s % self._loop_s if self._loop_s is not None else pose_s
        start_s, length_s, *blinks, looks = self._habit(int(looped_s // SLOT_S))
        at_s = looped_s % SLOT_S
        typing = start_s <= at_s < start_s + length_s
        down = 0.0
        if looks and length_s:
            # Short glances at the keyboard, well under what counts as a hidden face.
            down = float(np.clip(1.4 - abs(at_s - start_s - 0.8) / 0.6, 0, 1))
        shut = min(abs(at_s - blink) for blink in blinks) < _BLINK_S / 2
        talking = any(v.voice == 1 and v.start_s <= time_s < v.end_s for v in self._script.speech)
        return Pose(
            x=0.035 * self._wave(pose_s, 11.0, 0) + 0.02 * self._wave(pose_s, 4.1, 1),
            y=0.012 * self._wave(pose_s, 6.1, 2) + 0.004 * self._wave(pose_s, 3.7, 3),
            tilt_deg=2.2 * self._wave(pose_s, 9.0, 4),
            breath=self._wave(pose_s, 3.9, 5),
            down=down,
            lids="shut" if shut else "open",
            talking=talking and self._wave(pose_s, 0.3, 0) > 0,
            left_hand=abs(self._wave(pose_s, 0.55, 1)) if typing else 0.0,
            right_hand=abs(self._wave(pose_s, 0.47, 2)) if typing else 0.0,
        )

    def _page(self, time_s: float, pose_s: float) -> Page:
        s = self._script
        answering_s = max(s.submit_s - 1.0, 1.0)
        done = int(np.clip(time_s / answering_s, 0, 1) * QUESTIONS)
        window = next((w.kind for w in s.windows if w.start_s <= time_s < w.end_s), None)
        if window is not None:
            kind = window
        elif time_s < max(0.0, s.login_s):
            kind = "wait"
        else:
            kind = "exam" if time_s < s.submit_s else "done"
        left_s = -time_s if time_s < 0 else s.duration_s - time_s
        return Page(
            kind=kind,
            question=min(done + 1, QUESTIONS),
            answered=done,
            remaining_s=max(0, int(np.ceil(left_s))),
            pointer=(
                0.5 + 0.22 * self._wave(pose_s, 8.7, 6),
                0.5 + 0.2 * self._wave(pose_s, 5.3, 7),
            ),
        )


def _within(spans: list[tuple[float, float]], time_s: float) -> bool:
    return any(start_s <= time_s < end_s for start_s, end_s in spans)
