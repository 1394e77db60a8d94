"""The worklist of a session, and the supervisors' queue in it (``listing.js``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from review import words
from review.analysed import analysed_session
from review.ledger import open_ledger
from review.ledger.payloads import Assignment
from review.ledger.staff import RIGHTS
from review.workbench import assets
from review.workbench.answers import answer
from review.workbench.language import chosen
from review.workbench.people import working_author
from review.workbench.selection import as_workspace, choose_session
from review.workbench.sittings import progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from review.ledger import Author, Ledger
    from review.session import Session
    from review.words import Language
    from review.workspace import Workspace


class Worklist(anywidget.AnyWidget):
    """Lists the sittings of a session by risk, with a link to the notebook of each.

    Parameters
    ----------
    author
        Who works: a supervisor sees what waits for one, and assigns.
    """

    _esm = assets.module("listing")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(
        self,
        session: Session,
        *,
        workspace: Workspace,
        ledger: Ledger,
        author: Author,
        language: str = "en",
    ) -> None:
        self._session, self._workspace = session, workspace
        self._ledger, self._author = ledger, author
        super().__init__(data=self._now(), words=assets.texts(), language=language)
        self.on_msg(lambda _widget, message, _buffers: self.send(self.handle(message)))

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one message of the page.

        ``{"kind": "refresh"}`` or ``{"kind": "assign", "candidate_id", "subject_id", "person",
        "blind"}``.
        """
        return answer(message, {"refresh": self._refresh, "assign": self._assign})

    def _refresh(self, _message: Mapping[str, Any]) -> dict[str, Any]:
        self.data = self._now()
        return {}

    def _assign(self, message: Mapping[str, Any]) -> dict[str, Any]:
        sitting = self._session.sitting(
            str(message.get("candidate_id")), str(message.get("subject_id"))
        )
        said = Assignment(person=str(message.get("person") or ""), blind=bool(message.get("blind")))
        self._ledger.record(said, sitting_key=sitting.key, author=self._author)
        return self._refresh(message)

    def _now(self) -> dict[str, Any]:
        rows = progress(
            self._session, workspace=self._workspace, ledger=self._ledger, author=self._author
        )
        readers = {
            person
            for person, roles in self._ledger.staff().roles.items()
            if any("decision" in RIGHTS[role] for role in roles)
        }
        return worklist_data(
            self._session,
            rows,
            me={"person": self._author.person, "role": self._author.role},
            readers=sorted({*readers, self._author.person}),
        )


def worklist(
    session_id: str | None = None,
    *,
    workspace: Workspace | Path | str | None = None,
    language: Language | None = None,
    role: str | None = None,
) -> Worklist:
    """Show the sittings of a session, those first that most need a look.

    Parameters
    ----------
    role
        In which role; see :func:`review.workbench.people.working_author`.

    Raises
    ------
    SessionError
        If there is no such session, or it has no sittings.
    """
    space = as_workspace(workspace)
    session = choose_session(session_id, workspace=space)
    analysed_session(space, session.id)
    ledger = open_ledger(space.ledger)
    author = working_author(ledger, role=role)
    return Worklist(
        session, workspace=space, ledger=ledger, author=author, language=chosen(language)
    )


def worklist_data(
    session: Session,
    rows: Sequence[Mapping[str, Any]],
    *,
    me: Mapping[str, str],
    readers: Sequence[str],
) -> dict[str, Any]:
    """Return the worklist as the front end takes it.

    Parameters
    ----------
    rows
        From :func:`review.workbench.sittings.progress`.
    me
        ``person`` and ``role`` of the user.
    readers
        Whom a sitting can be assigned to.
    """
    candidates = {candidate.id: candidate for candidate in session.candidates}
    subjects = {subject.id: subject.name for subject in session.subjects}
    kept = (
        "candidate_id", "subject_id", "risk", "unseen", "flags", "assigned", "present", "mine",
        "blind", "outcome", "closed", "needs", "disputed",
    )  # fmt: skip
    return {
        "session_id": session.id,
        "me": dict(me),
        "readers": list(readers),
        "rows": [
            {
                **{name: row[name] for name in kept},
                "name": candidates[row["candidate_id"]].name,
                "subject": subjects[row["subject_id"]],
                "state": row["analysis"],
                "work": row["state"],
                "decided": int(row["flags"] - row["open_flags"]),
                "why": {language: _why(row, language) for language in words.LANGUAGES},
            }
            for row in rows
        ],
    }


def _why(row: Mapping[str, Any], language: Language) -> str:
    if row["analysis"] == "failed":
        return str(row["reason"])
    counts = sorted(row["labels"].items(), key=lambda item: (-item[1], item[0]))
    parts = [f"{words.label(label, language)}{f' × {n}' if n > 1 else ''}" for label, n in counts]
    return ("、" if language == "zh" else ", ").join(parts)
