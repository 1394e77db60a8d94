"""The supervisor's page of a session: filters, assignment, bulk dismissal, samples, sign-off.

Reviewers use it, too, as their list of what to open: what they may not do is not offered to them,
and the ledger refuses it.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from review.batch import assigning, quality
from review.batch.session_results import SessionResults, results_of
from review.errors import ReviewError
from review.ledger import open_ledger
from review.ledger.staff import RIGHTS
from review.workbench import assets, many, supervising
from review.workbench.answers import answer
from review.workbench.language import chosen
from review.workbench.people import working_author
from review.workbench.selection import as_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from review.ledger import Author, Ledger
    from review.session import Session
    from review.words import Language
    from review.workspace import Workspace

    Message = Mapping[str, Any]


class Supervision(anywidget.AnyWidget):
    """Lists a session's sittings and orders the work on them (``supervision.js``).

    Parameters
    ----------
    found
        The session, read.
    author
        Whose acts they are; the ledger checks the role.
    """

    _esm = assets.module("supervision")
    _css = assets.style() + files("review.workbench").joinpath("supervision.css").read_text("utf-8")
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(
        self, found: SessionResults, *, ledger: Ledger, author: Author, language: str = "en"
    ) -> None:
        self._found, self._ledger, self._author = found, ledger, author
        super().__init__(data=self._data(), words=assets.texts(), language=language)
        self.on_msg(lambda _widget, message, _buffers: self.send(self.handle(message)))

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one message of the page.

        ``kind`` is one of ``refresh``; ``unusual`` (asked for once the list is drawn); ``assign``
        (sittings, people, blind, purpose); ``plan`` (label, below_score: what a bulk dismissal
        would be); ``dismiss`` (the same, and note); ``sign_off`` (sittings, note); ``sample``
        (fewer_than or size, people); ``second`` (second_rate, known_rate, people). ``sittings`` are
        pairs of candidate and subject.
        """
        return answer(
            message,
            {
                "refresh": lambda _: self._refresh(),
                "unusual": lambda _: {
                    "unusual": supervising.unusual_column(self._found, author=self._author)
                },
                "assign": self._assign,
                "plan": self._plan,
                "dismiss": self._dismiss,
                "sign_off": self._sign_off,
                "sample": self._sample,
                "second": self._second,
            },
        )

    def _data(self) -> dict[str, Any]:
        found, author = self._found, self._author
        readers = {
            person
            for person, roles in self._ledger.staff().roles.items()
            if any("decision" in RIGHTS[role] for role in roles)
        }
        said = quality.remaining(found)
        return {
            **supervising.sittings_data(found, author=author, readers=sorted(readers)),
            "remaining": {language: _remaining(said, language) for language in ("en", "zh")},
        }

    def _refresh(self, **more: Any) -> dict[str, Any]:
        session = self._found.session or self._found.session_id
        self._found = results_of(session, workspace=self._found.space)
        self.data = self._data()
        return more

    def _assign(self, message: Message) -> dict[str, Any]:
        people = _texts(message.get("people"))
        if not people:
            raise ReviewError("nobody to assign to", todo="choose at least one person")
        keys = self._keys(message)
        purpose = message.get("purpose") or None
        assigning.assign_in_turn(
            keys,
            people=people,
            purpose=None if purpose is None else str(purpose),
            blind=bool(message.get("blind")),
            ledger=self._ledger,
            author=self._author,
        )
        return self._refresh(count=len(keys))

    def _plan(self, message: Message) -> dict[str, Any]:
        self._refresh()
        return many.offer(self._found, **_weak(message))

    def _dismiss(self, message: Message) -> dict[str, Any]:
        self._refresh()
        done = many.dismiss_offered(
            self._found,
            **_weak(message),
            note=str(message.get("note") or ""),
            language=_spoken(self.language),
            ledger=self._ledger,
            author=self._author,
        )
        return self._refresh(**done)

    def _sign_off(self, message: Message) -> dict[str, Any]:
        self._refresh()  # what was concluded since the page was opened counts
        done = many.close(
            self._found,
            self._keys(message),
            note=str(message.get("note") or ""),
            ledger=self._ledger,
            author=self._author,
        )
        return self._refresh(**done)

    def _sample(self, message: Message) -> dict[str, Any]:
        size = message.get("size")
        drawn = assigning.draw_sample(
            self._found,
            None if size is None else int(size),
            fewer_than=None if size is not None else int(_number(message, "fewer_than")),
            people=_texts(message.get("people")),
            ledger=self._ledger,
            author=self._author,
        )
        return self._refresh(count=len(drawn))

    def _second(self, message: Message) -> dict[str, Any]:
        plan = assigning.assign_checks(
            self._found,
            people=_texts(message.get("people")),
            second_rate=_number(message, "second_rate"),
            known_rate=_number(message, "known_rate"),
            ledger=self._ledger,
            author=self._author,
        )
        return self._refresh(count=len(plan))

    def _keys(self, message: Message) -> list[tuple[str, str, str]]:
        known = set(
            self._found.sittings[["candidate_id", "subject_id"]].itertuples(index=False, name=None)
        )
        given = [tuple(map(str, pair)) for pair in message.get("sittings") or ()]
        strange = [pair for pair in given if pair not in known]
        if strange or not given:
            raise ReviewError(
                "no such sitting" if strange else "no sitting was chosen",
                where=f"session {self._found.session_id}",
                found="/".join(strange[0]) if strange else None,
            )
        return [(self._found.session_id, pair[0], pair[1]) for pair in given]


def supervise(
    session: SessionResults | Session | Path | str,
    *,
    workspace: Workspace | Path | str | None = None,
    language: Language | None = None,
    role: str | None = None,
) -> Supervision:
    """Show a session's sittings, those first that most need a look, and order the work on them.

    Parameters
    ----------
    session
        The session, read already or not.
    role
        In which role; see :func:`review.workbench.people.working_author`.

    Raises
    ------
    SessionError
        If there is no such session, or it has not been analysed.
    """
    found = results(session, workspace=workspace)
    ledger = open_ledger(found.space.ledger)
    author = working_author(ledger, role=role)
    return Supervision(found, ledger=ledger, author=author, language=chosen(language))


def results(
    session: SessionResults | Session | Path | str,
    *,
    workspace: Workspace | Path | str | None = None,
) -> SessionResults:
    """Read what is known of a session, once for all that shows it."""
    if isinstance(session, SessionResults):
        return session
    return results_of(session, workspace=as_workspace(workspace))


def _remaining(said: Any, language: Language) -> str:
    from review import words

    return words.say("quality.no_sample", language) if said is None else str(said.text(language))


def _spoken(language: str) -> Language:
    return "zh" if language == "zh" else "en"


def _weak(message: Message) -> dict[str, Any]:
    """Return which flags are to be dismissed together."""
    label = str(message.get("label") or "")
    return {"label": label, "below_score": _number(message, "below_score")}


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _number(message: Message, name: str) -> float:
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ReviewError(f"{name} is no number", found=repr(value))
    return float(value)
