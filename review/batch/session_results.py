"""A session read once: tables, decisions, and what follows for the whole of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.analysed import analysed_session
from review.errors import RulebookError, SessionError
from review.ledger import open_ledger
from review.ledger.assignments import assignments_of
from review.ledger.decisions import follow, outcomes_of, readings_of, settle
from review.loaders import load_session
from review.rules import load_rulebook
from review.scoring import lookalikes
from review.scoring.incidents import Incidents, find_incidents
from review.scoring.risk import points_of, reasons
from review.scoring.worklist import worklist
from review.session import Session
from review.tables import KEYS
from review.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from review.rules import Rulebook
    from review.scoring.lookalikes import SameFaces

_KEYS: Final = list(KEYS)
#: Entries that say something about how far the review is.
_KINDS: Final = (
    "decision", "own_flag", "bulk", "outcome", "assignment", "recusal", "sign_off", "reopen",
    "retraction",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SessionResults:
    """The tables of an analysed session, and what the ledger knows of it.

    What follows from them is worked out when it is first asked for.

    Parameters
    ----------
    session
        None where its folder has gone: papers are then not seen side by side.
    sittings, scores, flags
        Tables of the session; ``scores`` as each sitting has it by itself.
    entries
        The ledger's entries about the session.
    """

    session_id: str
    session: Session | None
    space: Workspace
    sittings: pd.DataFrame
    scores: pd.DataFrame
    flags: pd.DataFrame
    entries: pd.DataFrame

    @cached_property
    def readings(self) -> pd.DataFrame:
        """The last word of everybody on every flag."""
        return readings_of(self.entries)

    @cached_property
    def decided(self) -> pd.DataFrame:
        """What stands on the flags of this analysis."""
        return self.decided_by(self.readings)

    def decided_by(self, read: pd.DataFrame) -> pd.DataFrame:
        """Return what stands on the flags of this analysis by some readings."""
        own = read.loc[read["kind"] == "own_flag", "flag_id"]
        # Readings of flags that are still there under their own id are not searched for.
        if {*self.flags["flag_id"].tolist(), *own}.issuperset(read["flag_id"]):
            return settle(read)
        return follow(read, self.flags)[0]

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """Outcomes on record."""
        return outcomes_of(self.entries)

    @cached_property
    def assignments(self) -> pd.DataFrame:
        """Who shall review what."""
        return assignments_of(self.entries)

    @cached_property
    def incidents(self) -> Incidents:
        """What befell many at once."""
        subjects = self.session.subjects if self.session else ()
        origins = {subject.id: subject.start.timestamp() for subject in subjects}
        return find_incidents(self.flags, self.sittings, origins=origins)

    @cached_property
    def own_flags(self) -> pd.DataFrame:
        """Flags that no common cause explains."""
        return self.flags[~self.incidents.explained(self.flags)]

    @cached_property
    def lookalikes(self) -> SameFaces:
        """The same face under two candidates."""
        return lookalikes.same_faces(self.space.read("persons", self.session_id))

    @cached_property
    def ordered(self) -> pd.DataFrame:
        """The order of work with incidents, and without what is unusual."""
        work = worklist(self.sittings, self._risks(), self.flags, self.decided)
        befell: dict[tuple[Any, ...], set[str]] = {}
        rows = self.incidents.flags[[*_KEYS, "incident_id"]].itertuples(index=False, name=None)
        for *key, incident in rows:
            befell.setdefault(tuple(key), set()).add(incident)
        keys = work[_KEYS].itertuples(index=False, name=None)
        listed = [sorted(befell.get(key, ())) for key in keys]
        return work.assign(incidents=pd.Series(listed, index=work.index, dtype=object))

    @cached_property
    def unusual(self) -> pd.DataFrame:
        """What is unusual: see :func:`review.scoring.unusual.unusual`."""
        # scikit-learn takes a second to import, and a list can be shown before.
        from review.scoring.unusual import unusual  # noqa: PLC0415

        return unusual(self.sittings, self.scores, self.own_flags)

    @cached_property
    def worklist(self) -> pd.DataFrame:
        """The order of work: see :func:`review.batch.score`."""
        work = self.ordered.merge(self.unusual, on=_KEYS, how="left")
        told = [r if isinstance(r, list) else [] for r in work["unusual_reasons"]]
        return work.assign(unusual_reasons=pd.Series(told, index=work.index, dtype=object))

    def weight(self, label: str) -> float:
        """Return the rulebook's points of a label; the highest where the rulebook has gone."""
        book = self._rulebook()
        return 100.0 if book is None else book.label_weight(label)

    def _rulebook(self) -> Rulebook | None:
        if self.session is None:
            return None
        try:
            return load_rulebook(self.session.rulebook, folder=self.session.folder)
        except RulebookError:  # the session's own rulebook has gone: what was counted stands
            return None

    def _risks(self) -> pd.DataFrame:
        """Return the scores without what common causes explain."""
        befell = self.incidents.flags[_KEYS].drop_duplicates()
        book = self._rulebook()
        if befell.empty or book is None:
            return self.scores
        both = befell.merge(self.scores[[*_KEYS, "unseen"]], on=_KEYS).merge(
            self.sittings, on=_KEYS
        )
        rows: list[Any] = both.to_dict("records")
        left = self.own_flags.merge(befell, on=_KEYS)
        of: dict[Any, tuple[list[str], list[float]]] = {}
        for *key, label, score in left[[*_KEYS, "label", "score"]].itertuples(
            index=False, name=None
        ):
            labels, scores = of.setdefault(tuple(key), ([], []))
            labels.append(label)
            scores.append(score)
        made = []
        for row in rows:
            sitting = tuple(row[name] for name in _KEYS)
            points = points_of(
                *of.get(sitting, ((), ())),
                window=(row["window_start_s"], row["window_end_s"]),
                rulebook=book,
                unseen=row["unseen"],
            )
            risk = min(sum(points.values()), 100.0)
            made.append({**dict(zip(_KEYS, sitting, strict=True)), "risk": risk,
                         "unseen": row["unseen"], "reasons": reasons(points)})  # fmt: skip
        changed = pd.DataFrame(made)
        is_changed = pd.MultiIndex.from_frame(self.scores[_KEYS]).isin(
            pd.MultiIndex.from_frame(befell)
        )
        return pd.concat([self.scores[~is_changed], changed], ignore_index=True)


def results_of(
    session: Session | Path | str, *, workspace: Workspace | Path | str | None = None
) -> SessionResults:
    """Read what is known of an analysed session.

    Parameters
    ----------
    session
        The session, its folder, or its id in the workspace.

    Raises
    ------
    SessionError
        If the session has not been analysed into this workspace.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    session_id, found = _named(session, space)
    sittings = analysed_session(space, session_id)
    entries = open_ledger(space.ledger).entries(session_id, kinds=_KINDS)
    return SessionResults(
        session_id=session_id,
        session=found,
        space=space,
        sittings=sittings,
        scores=space.read("scores", session_id),
        flags=space.read("flags", session_id),
        entries=entries,
    )


def _named(session: Session | Path | str, space: Workspace) -> tuple[str, Session | None]:
    if isinstance(session, Session):
        return session.id, session
    if str(session) not in space.sessions():
        loaded, _ = load_session(session)
        return loaded.id, loaded
    try:
        return str(session), load_session(space.session_folder(str(session)))[0]
    except SessionError:
        return str(session), None
