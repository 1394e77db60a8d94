"""What happens in a sitting, when: the plan from which pictures, sound, logs and truth are made.

All times are session time. Nothing happens that is not planned here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from review.session import DEVICE_OF, VIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review.simulate.clocks import Clock

#: Streams by platform: eztest has one phone, without a rule about its place.
STREAMS: Final[Mapping[str, tuple[str, ...]]] = {
    "itmc": (
        *VIEWS, "gps_phone1", "gps_phone2",
        "events_client", "events_phone1", "events_phone2", "events_proctor",
    ),
    "eztest": ("front", "right_rear", "screen", "events_client", "events_phone1"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """Something to plant.

    Parameters
    ----------
    kind
        One of :data:`review.simulate.anomalies.KINDS`.
    start_s, end_s
        Session time; where something cannot end (``left_early``), its end is not looked at.
    stream
        The view or position log that it happens to, where that can be chosen.
    count
        How often (``off_screen``: within the interval; ``warnings_exceeded``).
    speed_mps
        How fast a phone leaves (``location``).
    """

    kind: str
    start_s: float
    end_s: float
    stream: str | None = None
    count: int = 1
    speed_mps: float = 20.0


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One planted fact, ``[start_s, end_s)`` on session time."""

    label: str
    stream: str
    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class Log:
    """One log entry to be written."""

    stream: str
    time_s: float
    type: str
    detail: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Window:
    """A window before the exam page, or what the exam page shows instead of questions."""

    start_s: float
    end_s: float
    kind: str


@dataclass(frozen=True, kw_only=True)
class Speech:
    """Somebody speaks; ``voice`` 1 is the candidate, 2 somebody else."""

    start_s: float
    end_s: float
    voice: int


@dataclass(kw_only=True)
class Script:
    """The plan of one sitting.

    Parameters
    ----------
    duration_s
        Scheduled length of the subject.
    login_s, record_s, submit_s, stop_s
        Log-in at the client, start of the recordings, submission, end of the recordings.
    clocks
        Device -> clock.
    allowed_app
        A program whose use the subject allows; it is then used lawfully.
    walks
        Who -> ``(time_s, out)`` key points; see :class:`review.simulate.moment.Actor`.
    covered, frozen, silenced
        View -> intervals.
    broken
        View -> intervals in which it is not recorded.
    drift
        Position stream -> start and speed of leaving; ``mock`` -> intervals of invented fixes.
    """

    platform: str
    duration_s: float
    login_s: float
    record_s: float
    submit_s: float
    stop_s: float
    clocks: Mapping[str, Clock]
    allowed_app: str | None = None
    anomalies: tuple[Anomaly, ...] = ()
    truth: list[Truth] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    speech: list[Speech] = field(default_factory=list)
    walks: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    covered: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    frozen: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    silenced: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    broken: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    drift: dict[str, tuple[float, float]] = field(default_factory=dict)
    mock: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    @property
    def streams(self) -> tuple[str, ...]:
        """Streams that the platform records."""
        return STREAMS[self.platform]

    def plant(self, label: str, stream: str, start_s: float, end_s: float) -> None:
        """Note a truth row, cut to the scheduled time."""
        end_s = min(end_s, self.duration_s)
        if end_s > start_s:
            self.truth.append(Truth(label=label, stream=stream, start_s=start_s, end_s=end_s))

    def log(self, stream: str, time_s: float, kind: str, /, **detail: object) -> None:
        """Note a log entry, if the platform has that log."""
        if stream in self.streams:
            self.logs.append(Log(stream=stream, time_s=time_s, type=kind, detail=detail))

    def pieces(self, view: str) -> list[tuple[float, float]]:
        """Return when a view is recorded, on its device's clock: whole seconds."""
        clock = self.clocks[DEVICE_OF[view]]
        edges = [self.record_s]
        for start_s, end_s in sorted(self.broken.get(view, [])):
            edges += [start_s, end_s]
        edges.append(self.stop_s)
        pieces = []
        for start_s, end_s in zip(edges[::2], edges[1::2], strict=True):
            first, last = (round(float(clock.to_device(t))) for t in (start_s, end_s))
            if last > first:
                pieces.append((float(first), float(last)))
        return pieces
