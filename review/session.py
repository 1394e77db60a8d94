"""The nouns: session, subject, candidate, sitting, and the streams and devices of a sitting.

Plain frozen types without behaviour beyond what follows from their fields. They are read from a
session folder by :func:`review.loaders.load_session`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from review.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

#: The four recordings, in the order of their numbers in the ITMC notice (part 4, section 2).
VIEWS: Final = ("front", "right_rear", "left_front", "screen")
#: The three views that show the room.
CAMERAS: Final = ("front", "right_rear", "left_front")
POSITIONS: Final = ("gps_phone1", "gps_phone2")
LOGS: Final = ("events_client", "events_phone1", "events_phone2", "events_proctor")
STREAMS: Final = VIEWS + POSITIONS + LOGS

#: Streams of one device share its clock unless the evidence contradicts.
DEVICE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "front": "computer",
        "screen": "computer",
        "events_client": "computer",
        "right_rear": "phone1",
        "gps_phone1": "phone1",
        "events_phone1": "phone1",
        "left_front": "phone2",
        "gps_phone2": "phone2",
        "events_phone2": "phone2",
        "events_proctor": "server",
    }
)
DEVICES: Final = ("computer", "phone1", "phone2", "server")
#: Folder names that are accepted for a view besides its own.
VIEW_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {"view1": "front", "view2": "right_rear", "view3": "left_front", "view4": "screen"}
)
PLATFORMS: Final = ("itmc", "eztest", "generic")
KINDS: Final = ("exam", "mock", "debug")
CRS: Final = ("wgs84", "gcj02", "bd09")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One paper of the session with its scheduled start and end (timezone-aware)."""

    id: str
    name: str
    start: datetime
    end: datetime
    allowed_apps: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Scheduled length in seconds."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One test taker, by admission ticket number."""

    id: str
    name: str
    id_number: str
    occupation: str
    level: str
    subjects: tuple[str, ...]
    region: str | None = None


@dataclass(frozen=True, kw_only=True)
class Region:
    """Where the exam may be taken: an administrative code, or a boundary of one's own."""

    name: str
    adcode: str | None = None
    boundary: Path | None = None
    crs: str = "wgs84"


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """Who signs letters."""

    name: str = ""
    contact: str = ""


@dataclass(frozen=True, kw_only=True)
class Intake:
    """How the files of a session are read where they do not say it themselves.

    It comes from the platform's profile and session.toml.

    Parameters
    ----------
    positions_crs
        What positions are taken to be given in where nothing declares it.
    opens_s, tail_s
        Files that serve several subjects give each the part from ``opens_s`` before its start to
        ``tail_s`` after its end.
    event_words
        The platform's word -> event type.
    columns
        ``positions`` and ``events`` -> the project's column -> the column's name in CSV files.
    """

    positions_crs: str = "wgs84"
    opens_s: float = 1800.0
    tail_s: float = 600.0
    event_words: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One exam session: its rules, its schedule, its candidates, and the folder it is in."""

    id: str
    kind: str
    platform: str
    rulebook: str
    timezone: str
    required_streams: tuple[str, ...]
    subjects: tuple[Subject, ...]
    candidates: tuple[Candidate, ...]
    folder: Path
    issuer: Issuer = Issuer()
    region: Region | None = None
    positions_crs: str | None = None
    off_screen_limit: int | None = None
    thresholds: Mapping[str, Mapping[str, Any]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    intake: Intake = Intake()

    def subject(self, subject_id: str) -> Subject:
        """Return a subject by its id; SessionError names the known ones."""
        for subject in self.subjects:
            if subject.id == subject_id:
                return subject
        known = ", ".join(s.id for s in self.subjects)
        raise SessionError(
            f"no subject {subject_id!r}", where=f"session {self.id}", expected=f"one of {known}"
        )

    def candidate(self, candidate_id: str) -> Candidate:
        """Return a candidate by admission ticket number; SessionError if there is none."""
        for candidate in self.candidates:
            if candidate.id == candidate_id:
                return candidate
        raise SessionError(
            f"no candidate {candidate_id!r}",
            where=f"session {self.id}",
            todo="look for the admission ticket number in candidates.csv",
        )

    def sitting(self, candidate_id: str, subject_id: str) -> Sitting:
        """Return one sitting; SessionError if the candidate does not take the subject."""
        candidate, subject = self.candidate(candidate_id), self.subject(subject_id)
        if subject_id not in candidate.subjects:
            raise SessionError(
                f"candidate {candidate_id} does not take {subject_id!r}",
                where=f"session {self.id}",
                expected=f"one of {', '.join(candidate.subjects)}",
            )
        return Sitting(session=self, candidate=candidate, subject=subject)

    def sittings(self) -> Iterator[Sitting]:
        """Every candidate with every subject that the candidate takes, in the files' order."""
        for candidate in self.candidates:
            for subject_id in candidate.subjects:
                yield self.sitting(candidate.id, subject_id)


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """One candidate taking one subject: the unit that is analysed and decided."""

    session: Session
    candidate: Candidate
    subject: Subject

    @property
    def key(self) -> tuple[str, str, str]:
        """session_id, candidate_id, subject_id."""
        return (self.session.id, self.candidate.id, self.subject.id)

    @property
    def name(self) -> str:
        """How messages name it."""
        return f"sitting {'/'.join(self.key)}"

    @property
    def folder(self) -> Path:
        """Folder of the recordings of this sitting alone (it need not exist)."""
        return self.session.folder / "recordings" / self.candidate.id / self.subject.id

    @property
    def shared_folder(self) -> Path:
        """Folder of the files that serve several subjects of this candidate."""
        return self.session.folder / "recordings" / self.candidate.id / "all"
