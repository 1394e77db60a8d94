"""What ``review trends`` can be asked: one call a question, its table and its figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review import figures, trends
from review.errors import LedgerError, RenderError
from review.ledger import current_author, open_ledger
from review.reporting.privacy import MAY_SEE_ALL
from review.reporting.write import write_text
from review.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from review.words import Language


def answer(
    workspace: Path | None,
    *,
    what: str = "rates",
    by: str | None = None,
    every: str = "month",
    label: str | None = None,
    names: bool = False,
    sql: str | None = None,
    language: Language = "en",
    out: Path | None = None,
    figure: Path | None = None,
) -> pd.DataFrame:
    """Return the table that answers a question; write it and its figure where asked.

    Raises
    ------
    ReviewError
        If the question makes no sense, or names are asked for without the right to see them.
    """
    space = Workspace(workspace)
    if sql is not None:
        with trends.connect(space) as connection:
            rows = trends.query(connection, sql)
    else:
        rows = _asked(space, what, by=by, every=every, label=label, names=names)
    if out is not None:
        trends.write_table(rows, out)
    if figure is not None:
        drawn = _figure(what if sql is None else "sql")(rows, language=language)
        write_text(
            figure,
            figures.page_of([drawn], title=drawn.layout.title.text or what, language=language),
        )
    return rows


def _asked(space: Workspace, what: str, **options: Any) -> pd.DataFrame:
    by, every, label = options["by"], options["every"], options["label"]
    if what == "time":
        return trends.over_time(space, every=every, label=label)
    if what == "funnel":
        return trends.funnel(space, by=by or "session", label=label)
    if what == "leniency":
        if options["names"]:
            _may_see_names(space)
        return trends.leniency(space, names=options["names"])
    if what == "precision":
        return trends.precision_over_time(space, every=every)
    if what == "effort":
        return trends.effort(space, by=by or "subject_id")
    return trends.trends(space, by=by or "label")


def _figure(what: str) -> Any:
    known = {
        "rates": "rate_figure",
        "time": "control_figure",
        "funnel": "funnel_figure",
        "leniency": "leniency_figure",
        "precision": "precision_figure",
        "effort": "effort_figure",
    }
    if what not in known:
        raise RenderError("a question of one's own has no figure", todo="leave --figure out")
    return getattr(figures, known[what])


def _may_see_names(space: Workspace) -> None:
    ledger = open_ledger(space.ledger)
    who = current_author(database_user=ledger.database_user)
    if who.role not in MAY_SEE_ALL:
        raise LedgerError(
            "reviewers by name are not for this role",
            where=f"author {who.person}",
            expected=f"one of {', '.join(MAY_SEE_ALL)}",
            found=who.role,
            todo="leave --names out",
        )
    ledger.staff().wants(who, "exported")
    ledger.close()
