"""One clip on request: a moment, a stretch or a flag of a sitting, recorded in the ledger."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from review.errors import RenderError
from review.ledger import current_author, open_ledger
from review.ledger.payloads import Exported
from review.reporting.clips import flag_clip, write_clip
from review.reporting.framing import AROUND_S
from review.reporting.privacy import Privacy
from review.reporting.session_reports import find_session
from review.reporting.summary import summarise
from review.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from review.ledger import Author, Ledger
    from review.reporting.clips import Clip
    from review.reporting.model import FlagSummary
    from review.session import Session, Sitting
    from review.words import Language


def clip(  # noqa: PLR0913  # keyword-only, as the command has them
    session: Session | Path | str,
    *,
    candidate: str,
    subject: str,
    out: Path | str,
    workspace: Workspace | Path | str | None = None,
    at: str | None = None,
    start: str | None = None,
    end: str | None = None,
    flag: str | None = None,
    before: float = AROUND_S,
    after: float = AROUND_S,
    views: str = "front,right_rear,left_front,screen",
    sound: str = "screen",
    language: Language = "en",
    privacy: str = "default",
    hide_windows: bool = False,
    author: Author | None = None,
    progress: Callable[[float], None] | None = None,
) -> Clip:
    """Write a clip of a moment (``at``), a stretch (``start`` and ``end``) or a flag.

    Parameters
    ----------
    at, start, end
        Session time: ``h:mm:ss`` with or without a fraction, or seconds.
    flag
        Number of a flag as the report counts them, or its id.
    before, after
        Seconds around a moment or a flag.
    sound
        View that is heard; ``none`` for a silent clip.
    progress
        Is told which share of the frames is composed.

    Raises
    ------
    RenderError
        If not exactly one of the three is asked for, there is no such flag, or the clip cannot be
        made.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    sitting = find_session(session, space).sitting(candidate, subject)
    level = Privacy.of(privacy, windows=hide_windows)
    ledger = open_ledger(space.ledger)
    who = author or current_author(database_user=ledger.database_user)
    level.admit(who, ledger)
    more: dict[str, Any] = {
        "streams": tuple(v.strip() for v in views.split(",") if v.strip()),
        "sound": None if sound == "none" else sound,
        "language": language,
        "privacy": level,
        "progress": progress,
    }
    given = {"at": at, "from": start, "to": end, "flag": flag}
    asked = tuple(name for name, value in given.items() if value is not None)
    if asked not in (("at",), ("from", "to"), ("flag",)):
        raise RenderError(
            "a clip shows one part of the sitting",
            where=sitting.name,
            expected="either a moment (at), or a stretch (from and to), or a flag",
            found=", ".join(asked) or "none of them",
        )
    if flag is not None:
        shown = _flag(flag, sitting, space, ledger)
        made = flag_clip(shown, sitting, space, out, before_s=before, after_s=after, **more)
    else:
        first = seconds(at) - before if at is not None else seconds(start or "")
        last = seconds(at) + after if at is not None else seconds(end or "")
        made = write_clip(sitting, space, out, start_s=first, end_s=last, **more)
    _record(made, sitting, level, ledger, who)
    return made


def seconds(text: str) -> float:
    """Return a session time as seconds.

    Examples
    --------
    >>> seconds("1:02:03.5"), seconds("-0:30"), seconds("95")
    (3723.5, -30.0, 95.0)
    """
    plain = text.strip().replace("\u2212", "-")
    sign = -1.0 if plain.startswith("-") else 1.0
    total = 0.0
    try:
        for part in plain.lstrip("-").split(":"):
            total = 60 * total + float(part)
    except ValueError:
        raise RenderError(
            "no session time", expected="h:mm:ss or seconds", found=repr(text)
        ) from None
    return sign * total


def _flag(name: str, sitting: Sitting, space: Workspace, ledger: Ledger) -> FlagSummary:
    flags = summarise(sitting, space, ledger=ledger).flags
    for one in flags:
        if name in (str(one.number), one.flag_id):
            return one
    raise RenderError(
        "no such flag",
        where=sitting.name,
        expected=f"a number from 1 to {len(flags)}, or a flag's id" if flags else "there is none",
        found=repr(name),
    )


def _record(made: Clip, sitting: Sitting, privacy: Privacy, ledger: Ledger, author: Author) -> None:
    with Path(made.path).open("rb") as file:
        value = hashlib.file_digest(file, "sha256").hexdigest()
    what = f"clip ({privacy.name}; {made.start_s:.1f} to {made.end_s:.1f} s)"
    try:
        ledger.record(
            Exported(what=what, file=Path(made.path).name, sha256=value),
            sitting_key=sitting.key,
            author=author,
        )
    except BaseException:
        # What is not recorded has not left.
        Path(made.path).unlink(missing_ok=True)
        raise
