"""What is planted where, when nobody says it: seeded, apart from each other, at fitting lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from review.simulate.script import Anomaly

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np


@dataclass(frozen=True, kw_only=True)
class Habit:
    """How an anomaly usually goes.

    Parameters
    ----------
    least_s, most_s
        Length.
    least_session_s
        Shortest subject in which it makes sense.
    last
        Its effects last to the end, so nothing is planted after it.
    itmc_only
        It needs streams or rules that only ITMC has.
    """

    least_s: float
    most_s: float
    least_session_s: float = 60.0
    last: bool = False
    itmc_only: bool = False


#: Kind -> how it usually goes.
HABITS: Final[Mapping[str, Habit]] = {
    "absent": Habit(least_s=12, most_s=90),
    "audio_gap": Habit(least_s=14, most_s=60),
    "camera_covered": Habit(least_s=12, most_s=60, itmc_only=True),
    "different_person": Habit(least_s=20, most_s=240, last=True),
    "extra_person": Habit(least_s=10, most_s=60),
    "external_display": Habit(least_s=8, most_s=60),
    "forbidden_app": Habit(least_s=8, most_s=60),
    "frozen_picture": Habit(least_s=16, most_s=60),
    "late_login": Habit(least_s=60, most_s=300, least_session_s=3600),
    "left_early": Habit(least_s=20, most_s=600, last=True, itmc_only=True),
    "location": Habit(least_s=20, most_s=600, last=True, itmc_only=True),
    "mock_location": Habit(least_s=16, most_s=120, itmc_only=True),
    "network_gap": Habit(least_s=8, most_s=60),
    "off_screen": Habit(least_s=24, most_s=60),
    "recording_gap": Habit(least_s=8, most_s=60),
    "second_voice": Habit(least_s=8, most_s=20),
    "speech": Habit(least_s=6, most_s=20),
    "unscheduled_exit": Habit(least_s=6, most_s=40),
    "warnings_exceeded": Habit(least_s=24, most_s=400, itmc_only=True),
}
#: From here on a log-in is late (ITMC annex 1, rule 14; eztest part 2, section 3).
LATE_S: Final = 1800.0
#: Part of the sittings in which nothing happens.
_CLEAN: Final = 0.25
#: Quiet time on both sides of an anomaly.
_APART_S: Final = 6.0


def draw(duration_s: float, *, platform: str, source: np.random.Generator) -> list[Anomaly]:
    """Draw the anomalies of one sitting: none, or one to three that do not overlap."""
    if source.random() < _CLEAN:
        return []
    fitting = sorted(
        kind
        for kind, habit in HABITS.items()
        if duration_s >= habit.least_session_s and (platform == "itmc" or not habit.itmc_only)
    )
    if not fitting:
        return [_short(duration_s, source)]
    wanted = [fitting[int(i)] for i in source.permutation(len(fitting))]
    found: list[Anomaly] = []
    # A late log-in comes before everything, what lasts to the end after everything.
    at_s, number = 0.08 * duration_s, int(source.integers(1, 4))
    for kind in sorted(wanted[:number], key=lambda k: (k != "late_login", HABITS[k].last)):
        habit = HABITS[kind]
        room_s = 0.93 * duration_s - at_s
        length_s = min(max(habit.least_s, 0.12 * duration_s), habit.most_s)
        if room_s < length_s or (found and HABITS[found[-1].kind].last):
            continue
        slack_s = (room_s - length_s) / number
        start_s = LATE_S if kind == "late_login" else at_s + float(source.uniform(0, slack_s))
        start_s, end_s = round(start_s, 1), round(start_s + length_s, 1)
        count = int(source.integers(3, 6)) if kind == "off_screen" else 1
        found.append(Anomaly(kind=kind, start_s=start_s, end_s=end_s, count=count))
        at_s = end_s + _APART_S
    return found


def _short(duration_s: float, source: np.random.Generator) -> Anomaly:
    """Return one lost focus, for subjects too short for anything else."""
    start_s = round(float(source.uniform(0.2, 0.4)) * duration_s, 1)
    return Anomaly(kind="off_screen", start_s=start_s, end_s=round(start_s + 0.3 * duration_s, 1))
