"""What the notebooks show of a session and of the whole workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review import words
from review.batch import quality
from review.batch.session_results import SessionResults
from review.errors import ReviewError
from review.workbench.language import chosen
from review.workbench.plot import Plot
from review.workbench.selection import as_workspace
from review.workbench.sheet import Sheet, said, sheet_of
from review.workbench.supervision import results

if TYPE_CHECKING:
    from pathlib import Path

    from review.session import Session
    from review.words import Language
    from review.workbench.sheet import Cell
    from review.workspace import Workspace

    Space = Workspace | Path | str | None

#: A sitting of which more than this could not be seen is told at a glance.
_MUCH_UNSEEN: Final = 0.2


def at_a_glance(
    session: SessionResults | Session, *, workspace: Space = None, language: Language | None = None
) -> Sheet:
    """Show the session in a few numbers, one a row."""
    found = results(session, workspace=workspace)
    work, decided = found.ordered, found.decided
    gone = set(found.readings["flag_id"]) - set(decided["flag_id"])
    risks = work["risk"].dropna()
    loaded = found.session
    facts: list[tuple[str, Any]] = [
        ("session_head", found.session_id),
        ("platform_head", said(f"platform.{loaded.platform}") if loaded else "–"),
        ("candidates_head", len(loaded.candidates) if loaded else "–"),
        ("sittings_head", len(work)),
        ("failed", int((work["analysis"] == "failed").sum())),
        ("coverage_head", f"{1 - found.scores['unseen'].mean():.1%}" if len(risks) else "–"),
        ("unseen_many_head", int((work["unseen"] > _MUCH_UNSEEN).sum())),
        (
            "risk_head",
            " / ".join(f"{risks.quantile(q):.0f}" for q in (0.5, 0.9, 1.0)) if len(risks) else "–",
        ),
        ("incidents_head", len(found.incidents.table)),
        ("flags", len(found.flags)),
        ("decided_head", decided["flag_id"].nunique()),
        ("orphaned_head", len(gone)),
    ]
    rows = [
        [said(f"ui.{key}"), value if isinstance(value, dict) else str(value)]
        for key, value in facts
    ]
    return Sheet(
        found.session_id, heads=["", ""], rows=rows, frame=_plain(rows), language=chosen(language)
    )


def session_table(
    session: SessionResults | Session,
    name: str,
    *,
    first: int | None = None,
    workspace: Space = None,
    language: Language | None = None,
) -> Sheet:
    """Show a table about the session; see :data:`review.batch.quality.TABLES`.

    Parameters
    ----------
    first
        Only so many rows.
    """
    found = results(session, workspace=workspace)
    return sheet_of(
        quality.table(found, name),
        session_id=found.session_id,
        first=first,
        language=chosen(language),
    )


def same_faces(
    session: SessionResults | Session, *, workspace: Space = None, language: Language | None = None
) -> Sheet:
    """Show how many pairs of candidates have one face, and how many are expected by chance."""
    found = results(session, workspace=workspace)
    made = found.lookalikes
    counts = made.pairs["state"].value_counts()
    expected = {"one_person": made.expected_one_person, "possible": made.expected_possible}
    rows: list[list[Any]] = [
        [said(f"ui.faces_{s}"), str(counts.get(s, 0)), _few(expected[s])] for s in expected
    ]
    rows.append([said("ui.faces_compared"), str(made.compared), ""])
    return Sheet(
        found.session_id,
        heads=["", said("ui.pairs_head"), said("ui.by_chance_head")],
        rows=rows,
        frame=_plain(rows),
        language=chosen(language),
    )


def session_risk(
    session: SessionResults | Session, *, workspace: Space = None, language: Language | None = None
) -> Plot:
    """Show how many sittings have which risk, and how much of them could not be seen."""
    from review.figures import session_figure

    found = results(session, workspace=workspace)
    return Plot(session_figure(found.ordered, language=chosen(language)))


def calibration(*, workspace: Space = None, language: Language | None = None) -> Plot:
    """Show how well the learned probability held on the latest decisions of all sessions."""
    from review.figures import calibration_figure

    found = quality.learned(as_workspace(workspace))
    return Plot(calibration_figure(found.calibration, language=chosen(language)))


def model_card(
    session: SessionResults | Session | None = None,
    *,
    workspace: Space = None,
    language: Language | None = None,
) -> Sheet:
    """Say what the learned model was trained on and how good it is, a fact a line.

    Parameters
    ----------
    session
        Whose page it stands on; it tells of all sessions of the workspace.
    """
    from review.scoring import card

    shown = session if isinstance(session, SessionResults) else None
    found = quality.learned(shown.space if shown else as_workspace(workspace))
    of = {spoken: card.lines(found.card, spoken) for spoken in words.LANGUAGES}
    return _listed(
        [dict(zip(of, line, strict=True)) for line in zip(*of.values(), strict=True)],
        shown.session_id if shown else "",
        language,
    )


def remaining(
    session: SessionResults | Session, *, workspace: Space = None, language: Language | None = None
) -> Sheet:
    """Say how many cases may be among the sittings that nobody reviewed."""
    found = results(session, workspace=workspace)
    statement = quality.remaining(found)
    line = said("quality.no_sample")
    if statement is not None:
        line = {str(spoken): statement.text(spoken) for spoken in words.LANGUAGES}
    return _listed([line], found.session_id, language)


def _listed(lines: list[dict[str, str]], session_id: str, language: Language | None) -> Sheet:
    """Show sentences whole, a line each."""
    return Sheet(session_id, heads=[], rows=[[line] for line in lines], language=chosen(language))


def _plain(rows: list[list[Any]]) -> pd.DataFrame:
    """Return rows of cells as a table in English."""
    return pd.DataFrame([[c["en"] if isinstance(c, dict) else c for c in row] for row in rows])


def risk(session: Session, *, workspace: Space = None, language: Language | None = None) -> Plot:
    """Show every sitting by its risk and by how much of it could not be seen."""
    from review.figures import risk_figure

    scores = as_workspace(workspace).read("scores", session.id)
    return Plot(risk_figure(scores, language=chosen(language)))


def _few(expected: float | None) -> str:
    """Return an expected number as it is read: to two digits, or unknown."""
    return "?" if expected is None else f"{expected:.2g}"


def failures(
    session: SessionResults | Session,
    *,
    first: int | None = None,
    workspace: Space = None,
    language: Language | None = None,
) -> Sheet:
    """Show what was wrong with the evidence or its analysis, the gravest first.

    Parameters
    ----------
    first
        Only so many rows.
    """
    if isinstance(session, SessionResults):
        space, session_id = session.space, session.session_id
    else:
        space, session_id = as_workspace(workspace), session.id
    rows = space.read("problems", session_id)
    order = rows["severity"].map({"error": 0, "warning": 1, "info": 2})
    rows = rows.assign(order=order).sort_values(
        ["order", "candidate_id", "subject_id"], kind="stable", ignore_index=True
    )
    heads = ("severity_head", "candidate", "subject", "file_head", "message")
    where = ("candidate_id", "subject_id", "file")
    told: list[Any] = rows.head(first if first is not None else len(rows)).to_dict("records")
    return Sheet(
        session_id,
        heads=[said(f"ui.{name}") for name in heads],
        rows=[
            [
                said(f"severity.{row['severity']}"),
                *("" if pd.isna(row[name]) else str(row[name]) for name in where),
                _what_happened(row),
            ]
            for row in told
        ],
        left=len(rows) - len(told),
        frame=rows.drop(columns="order"),
        language=chosen(language),
    )


def _what_happened(row: Any) -> Cell:
    """Return a problem's message, in Chinese with the meaning of its code before it."""
    meant = words.table().get(f"problem.{row['code']}")
    message = str(row["message"])
    return message if meant is None else {"en": message, "zh": f"{meant['zh']}：{message}"}


def evaluation(
    session: Session, *, workspace: Space = None, language: Language | None = None
) -> Sheet:
    """Show how the flags compare with the session's ``truth.csv``; empty where there is none."""
    from review.loaders.truth import load_truth
    from review.scoring.evaluation import evaluate_flags

    path = session.folder / "truth.csv"
    if not path.exists():
        return _listed([said("ui.no_truth")], session.id, language)
    space = as_workspace(workspace)
    sittings = space.read("sittings", session.id)
    known = load_truth(path)
    # Of what has not been analysed, nothing was missed.
    analysed = known[["candidate_id", "subject_id"]].merge(sittings, how="left")["state"].notna()
    found = evaluate_flags(space.read("flags", session.id), known[analysed.to_numpy()], sittings)
    counts = {**found.labels, "total": found.total}
    rows = [{"label": label, **count.as_json()} for label, count in counts.items()]
    return sheet_of(pd.DataFrame(rows), session_id=session.id, language=chosen(language))


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
