"""What there is to be seen at one moment: who is where, in what pose, and what the screen shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: Whom the actors are: the candidate, whoever comes in, whoever takes the candidate's seat.
CANDIDATE: Final = "candidate"
VISITOR: Final = "visitor"
SUBSTITUTE: Final = "substitute"


@dataclass(frozen=True, kw_only=True)
class Pose:
    """How somebody sits; lengths in heights of the head, angles in degrees.

    Parameters
    ----------
    x, y
        Sway of the head.
    tilt_deg
        To the shoulder.
    breath
        Rise of the shoulders.
    down
        How far the head is bent to the keyboard, 0 to 1.
    lids
        ``open`` or ``shut``.
    talking
        Whether the mouth is open just now.
    left_hand, right_hand
        How far each hand is lifted, 0 to 1.
    """

    x: float = 0.0
    y: float = 0.0
    tilt_deg: float = 0.0
    breath: float = 0.0
    down: float = 0.0
    lids: str = "open"
    talking: bool = False
    left_hand: float = 0.0
    right_hand: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Somebody in the room.

    Parameters
    ----------
    who
        ``candidate``, ``visitor`` or ``substitute``.
    seated
        In the candidate's seat; otherwise standing behind it.
    out
        0 in place, 1 out of all pictures, and everything on the way.
    """

    who: str
    seated: bool = True
    out: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the screen shows.

    Parameters
    ----------
    kind
        ``wait``, ``exam``, ``done``, ``desktop``, or a window before the exam: ``chat``,
        ``search``, ``office``.
    question
        Number of the question.
    answered
        How many questions are answered.
    remaining_s
        What the timer says.
    pointer
        Place of the mouse pointer, fractions of width and height.
    notice
        A line that the client shows, such as a warning.
    """

    kind: str = "exam"
    question: int = 1
    answered: int = 0
    remaining_s: int = 0
    pointer: tuple[float, float] = (0.5, 0.5)
    notice: str = ""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Everything that the cameras and the screen recorder can see.

    Parameters
    ----------
    time_s
        Session time.
    light
        Brightness of the room, 1 on average: cameras adjust, clouds pass.
    covered
        Views whose lens is covered.
    """

    time_s: float
    actors: tuple[Actor, ...] = ()
    pose: Pose = field(default_factory=Pose)
    page: Page = field(default_factory=Page)
    light: float = 1.0
    covered: frozenset[str] = frozenset()
