"""One sitting's part of the ledger as one person reads and writes it: behind every decision form.

The book is read anew after every entry and whenever the page asks: others write, too. Widgets that
show it subscribe, and are given what to show as one plain object (:meth:`Book.state`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from review.errors import LedgerError, ReviewError
from review.ledger.decisions import outcomes_of, readings_of, standing
from review.workbench import acts, procedure, readings, weighing
from review.workbench.answers import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from review.ledger import Author, Ledger
    from review.ledger.fields import Payload
    from review.rules.case import Case
    from review.session import Sitting

    Message = Mapping[str, Any]


class Book:
    """Reads and writes the ledger's entries about one sitting.

    Parameters
    ----------
    flags, clocks, events, segments
        Tables of the sitting.
    author
        Whose acts they are; the ledger checks the role.
    blind
        Read blind even without such an assignment; where there is one, blindness holds anyway.
    """

    def __init__(
        self,
        sitting: Sitting,
        *,
        flags: pd.DataFrame,
        clocks: pd.DataFrame,
        events: pd.DataFrame,
        segments: pd.DataFrame,
        ledger: Ledger,
        author: Author,
        blind: bool = False,
    ) -> None:
        self.sitting, self.author = sitting, author
        self._flags, self._clocks, self._events, self._segments = flags, clocks, events, segments
        self._ledger, self._asked_blind = ledger, blind
        self._shown: list[Callable[[dict[str, Any]], None]] = []
        self._entries = self._read()
        self._state: dict[str, Any] | None = None

    def subscribe(self, show: Callable[[dict[str, Any]], None]) -> None:
        """Call ``show`` with the state now and after every change."""
        self._shown.append(show)
        show(self.state())

    @property
    def blind(self) -> bool:
        """Whether other people's opinions and machine scores are hidden."""
        return self._asked_blind or readings.is_blind(self._entries, self.author)

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one message of a page; when the answer is ``ok``, the entry is on disk.

        ``kind`` is one of ``decide`` (flag_id, verdict, note), ``own_flag`` (flag_id, label,
        stream, start_s, end_s, note), ``undo`` (seq), ``conclude`` (outcome, clauses, note,
        appeal), ``weigh`` (the same, and only says what would follow), ``warn`` (reason, clause,
        given_s, answered, corrected, note), ``preserve`` (flag_id; or stream, start_s, end_s),
        ``state`` (form, text, deadline, held_at), ``recuse`` (reason), ``sign_off`` (note),
        ``reopen`` (reason), ``refresh``.
        """
        return answer(
            message,
            {
                "decide": self._decide,
                "own_flag": lambda m: self._enter(
                    acts.own_flag({**m, "blind": self.blind}, self._entries, self._clocks)
                ),
                "undo": lambda m: self._enter(acts.undo(m, self._mine, where=self.sitting.name)),
                "conclude": self._conclude,
                "weigh": self._weigh,
                "warn": lambda m: self._enter(acts.warn(m, self._entries, sitting=self.sitting)),
                "preserve": self._preserve,
                "state": lambda m: self._enter(
                    procedure.state(m, self._mine, sitting=self.sitting)
                ),
                "recuse": lambda m: self._enter(acts.recuse(m, self._mine)),
                "sign_off": self._sign_off,
                "reopen": lambda m: self._enter(acts.reopen(m, self._entries)),
                "refresh": lambda _: self._enter(None),
            },
        )

    def state(self) -> dict[str, Any]:
        """Return what a page shows of the book, ready for JSON."""
        if self._state is None:
            self._state = self._seen()
        return self._state

    def _seen(self) -> dict[str, Any]:
        seen = self._visible
        kept = standing(seen)
        assessment, side = self._weighed(seen)
        closed = acts.is_closed(self._entries)
        zone = ZoneInfo(self.sitting.session.timezone)
        return {
            "decisions": readings.verdicts(
                seen, self._flags, sitting=self.sitting, author=self.author
            ),
            "own": readings.own_flags(seen, self._clocks, author=self.author),
            "acts": acts.last_acts(seen, self.author),
            "outcomes": self._outcomes(seen),
            "warnings": [_facts(row, zone) for row in readings.rows_of(kept, ["warning"])],
            "evidence": [
                row["payload"].get("flag_id") for row in readings.rows_of(kept, ["evidence"])
            ],
            "statements": [_facts(row, zone) for row in readings.rows_of(kept, ["statement"])],
            "side": side,
            "assessment": assessment,
            "closed": None if closed is None else _facts(closed, zone),
            "recused": bool(readings.rows_of(standing(self._mine), ["recusal"])),
            "blind": self.blind,
            "me": {"name": self.author.name, "role": self.author.role},
            "head": int(self._entries["seq"].max()) if len(self._entries) else 0,
        }

    @property
    def _visible(self) -> pd.DataFrame:
        return readings.seen_by(self._entries, self.author, blind=self.blind)

    @property
    def _mine(self) -> pd.DataFrame:
        return self._entries[readings.is_by(self._entries, self.author)]

    def _read(self) -> pd.DataFrame:
        session_id, candidate_id, subject_id = self.sitting.key
        entries = self._ledger.entries(session_id, candidate_id, kinds=readings.KINDS_READ)
        # A recusal is about the candidate in all subjects.
        return entries[entries["subject_id"].isin([subject_id]) | entries["subject_id"].isna()]

    def _enter(self, payload: Payload | None) -> dict[str, Any]:
        key: tuple[str | None, ...] = self.sitting.key
        if payload is not None and payload.KIND == "recusal":
            key = (*self.sitting.key[:2], None)
        entry = (
            None
            if payload is None
            else self._ledger.record(payload, sitting_key=key, author=self.author)
        )
        self._entries, self._state = self._read(), None
        state = self.state()
        for show in self._shown:
            show(state)
        return {} if entry is None else {"seq": entry.seq}

    def _decide(self, message: Message) -> dict[str, Any]:
        flag = self._flag(message)
        return self._enter(acts.decide({**message, "blind": self.blind}, self._mine, flag))

    def _conclude(self, message: Message) -> dict[str, Any]:
        word = (
            procedure.appeal_word(message, self._case(self._visible), author=self.author)
            if message.get("appeal")
            else {}
        )
        return self._enter(acts.conclude({**message, **word}, self._mine, sitting=self.sitting))

    def _preserve(self, message: Message) -> dict[str, Any]:
        part = (
            self._flag(message) if message.get("flag_id") else acts.stretch(message, self._clocks)
        )
        return self._enter(acts.preserve(self._visible, part, self._segments))

    def _case(self, seen: pd.DataFrame) -> Case:
        return weighing.case(seen, sitting=self.sitting, events=self._events, flags=self._flags)

    def _weigh(self, message: Message) -> dict[str, Any]:
        case = weighing.with_word(
            self._case(self._visible),
            author=self.author,
            outcome=str(message.get("outcome")),
            words=[str(c) for c in message.get("clauses") or ()],
            note=str(message.get("note") or ""),
        )
        return {"assessment": weighing.as_json(weighing.assessed(case, sitting=self.sitting))}

    def _sign_off(self, message: Message) -> dict[str, Any]:
        if acts.is_closed(self._entries):
            return self._enter(None)
        return self._enter(
            weighing.closing(
                self._entries,
                sitting=self.sitting,
                events=self._events,
                flags=self._flags,
                segments=self._segments,
                note=str(message.get("note") or ""),
            )
        )

    def _weighed(self, seen: pd.DataFrame) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the engine says of the sitting, and where the candidate's side stands."""
        try:
            case = self._case(seen)
            found = weighing.assessed(case, sitting=self.sitting)
            rulebook = weighing.rulebook_of(self.sitting)
        except ReviewError as error:
            # A rulebook that cannot be read keeps nobody from looking at flags.
            return {"error": str(error)}, {}
        return weighing.as_json(found), procedure.side(case, found, rulebook, author=self.author)

    def _outcomes(self, seen: pd.DataFrame) -> list[dict[str, Any]]:
        zone = ZoneInfo(self.sitting.session.timezone)
        said = outcomes_of(seen).sort_values("seq")
        # Deciding an appeal is another word than the outcome that it is about.
        last = said.assign(appealed=said["appeal"].notna()).drop_duplicates(
            ["source", "author", "appealed"], keep="last"
        )
        mine = readings.is_by(last, self.author)
        return [
            {
                "outcome": row["outcome"],
                "clauses": list(row["clauses"]),
                "note": row["note"],
                "appeal": row["appeal"] if isinstance(row["appeal"], str) else None,
                "author": row["author"],
                "role": row["role"],
                "at": readings.local(row["at"], zone),
                "seq": int(row["seq"]),
                "mine": bool(own),
            }
            for row, own in zip(last.to_dict("records"), mine, strict=True)
        ]

    def _flag(self, message: Message) -> dict[str, Any]:
        """Return the identity of a flag, a machine's or a person's own."""
        flag_id = str(message.get("flag_id"))
        rows = self._flags[self._flags["flag_id"] == flag_id]
        if len(rows):
            row = rows.iloc[0]
            return {
                "flag_id": flag_id,
                "label": str(row["label"]),
                "stream": str(row["streams"][0]),
                "device_start_s": float(row["device_start_s"]),
                "device_end_s": float(row["device_end_s"]),
            }
        read = readings_of(self._visible)
        own = read[(read["flag_id"] == flag_id) & (read["kind"] == "own_flag")]
        if own.empty:
            raise LedgerError(
                "no such flag",
                where=f"{self.sitting.name}, flag {flag_id}",
                todo="the sitting was analysed again: run the notebook again",
            )
        names = ("flag_id", "label", "stream", "device_start_s", "device_end_s")
        return {name: own.iloc[0][name] for name in names}


def _facts(row: Message, zone: ZoneInfo) -> dict[str, Any]:
    return {
        **row["payload"],
        "seq": int(row["seq"]),
        "author": row["author"],
        "at": readings.local(row["at"], zone),
    }
