"""What the notebooks show of a session and of the whole workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from review import words
from review.errors import ReviewError
from review.ledger import open_ledger
from review.ledger.decisions import decisions, match_decisions
from review.workbench.language import chosen
from review.workbench.plot import Plot
from review.workbench.selection import as_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from review.session import Session
    from review.words import Language
    from review.workspace import Workspace

    Space = Workspace | Path | str | None


def at_a_glance(
    session: Session, *, workspace: Space = None, language: Language | None = None
) -> pd.DataFrame:
    """Return the session in a few numbers, one a row."""
    say = _sayer(language)
    space = as_workspace(workspace)
    sittings = space.read("sittings", session.id)
    flags = space.read("flags", session.id)
    decided, orphaned = match_decisions(decisions(open_ledger(space.ledger), [session.id]), flags)
    facts: list[tuple[str, Any]] = [
        ("session_head", session.id),
        ("platform_head", words.say(f"platform.{session.platform}", chosen(language))),
        ("candidates_head", len(session.candidates)),
        ("sittings_head", len(sittings)),
        ("failed", int((sittings["state"] == "failed").sum())),
        ("flags", len(flags)),
        ("decided_head", decided["flag_id"].nunique()),
        ("orphaned_head", len(orphaned)),
    ]
    index = pd.Index([say(key) for key, _ in facts], name="")
    return pd.DataFrame({"": [str(value) for _, value in facts]}, index=index)


def risk(session: Session, *, workspace: Space = None, language: Language | None = None) -> Plot:
    """Show every sitting by its risk and by how much of it could not be seen."""
    from review.figures import risk_figure

    scores = as_workspace(workspace).read("scores", session.id)
    return Plot(risk_figure(scores, language=chosen(language)))


def failures(
    session: Session, *, workspace: Space = None, language: Language | None = None
) -> pd.DataFrame:
    """Return what was wrong with the evidence or its analysis, the gravest first."""
    say = _sayer(language)
    rows = as_workspace(workspace).read("problems", session.id)
    order = rows["severity"].map({"error": 0, "warning": 1, "info": 2})
    rows = rows.assign(order=order).sort_values(
        ["order", "candidate_id", "subject_id"], kind="stable", ignore_index=True
    )
    severity = [words.say(f"severity.{name}", chosen(language)) for name in rows["severity"]]
    return pd.DataFrame(
        {
            say("severity_head"): severity,
            say("candidate"): rows["candidate_id"],
            say("subject"): rows["subject_id"],
            say("file_head"): rows["file"].fillna(""),
            say("message"): rows["message"],
        }
    )


def evaluation(
    session: Session, *, workspace: Space = None, language: Language | None = None
) -> pd.DataFrame:
    """Return how the flags compare with the session's ``truth.csv``; empty where there is none."""
    from review.loaders.truth import load_truth
    from review.scoring.evaluation import evaluate_flags

    path = session.folder / "truth.csv"
    if not path.exists():
        return pd.DataFrame({_sayer(language)("no_truth"): []})
    space = as_workspace(workspace)
    sittings = space.read("sittings", session.id)
    known = load_truth(path)
    # Of what has not been analysed, nothing was missed.
    analysed = known[["candidate_id", "subject_id"]].merge(sittings, how="left")["state"].notna()
    found = evaluate_flags(space.read("flags", session.id), known[analysed.to_numpy()], sittings)
    counts = {**found.labels, "total": found.total}
    return pd.DataFrame([{"label": label, **count.as_json()} for label, count in counts.items()])


def rates(*, by: str = "label", workspace: Space = None, language: Language | None = None) -> Plot:
    """Show rates over all sessions of the workspace, with their intervals."""
    from review.figures import rate_figure

    return Plot(rate_figure(rate_table(by=by, workspace=workspace), language=chosen(language)))


def rate_table(*, by: str = "label", workspace: Space = None) -> pd.DataFrame:
    """Return the rates as a table.

    Raises
    ------
    ReviewError
        If nothing has been analysed into the workspace.
    """
    from review.trends import trends  # with its database

    space = as_workspace(workspace)
    if not space.sessions():
        raise ReviewError(
            "no session has been analysed yet", where=space.folder, todo="run `review analyze`"
        )
    return trends(space, by=by)


def _sayer(language: Language | None) -> Any:
    spoken = chosen(language)
    return lambda key, **facts: words.say(f"ui.{key}", spoken, **facts)
