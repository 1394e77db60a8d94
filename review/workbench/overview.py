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
from review.workbench.supervision import results

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.display import Markdown

    from review.session import Session
    from review.words import Language
    from review.workspace import Workspace

    Space = Workspace | Path | str | None

#: A sitting of which more than this could not be seen is told at a glance.
_MUCH_UNSEEN: Final = 0.2


def at_a_glance(
    session: SessionResults | Session, *, workspace: Space = None, language: Language | None = None
) -> pd.DataFrame:
    """Return the session in a few numbers, one a row."""
    spoken = chosen(language)
    say = _sayer(language)
    found = results(session, workspace=workspace)
    work, decided = found.ordered, found.decided
    gone = set(found.readings["flag_id"]) - set(decided["flag_id"])
    risks = work["risk"].dropna()
    loaded = found.session
    facts: list[tuple[str, Any]] = [
        ("session_head", found.session_id),
        ("platform_head", words.say(f"platform.{loaded.platform}", spoken) if loaded else "–"),
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
    index = pd.Index([say(key) for key, _ in facts], name="")
    return pd.DataFrame({"": [str(value) for _, value in facts]}, index=index)


def session_table(
    session: SessionResults | Session, name: str, *, workspace: Space = None
) -> pd.DataFrame:
    """Return a table about the session; see :data:`review.batch.quality.TABLES`."""
    return quality.table(results(session, workspace=workspace), name)


def same_faces(
    session: SessionResults | Session, *, workspace: Space = None, language: Language | None = None
) -> pd.DataFrame:
    """Return how many pairs of candidates have one face, and how many are expected by chance."""
    say = _sayer(language)
    made = results(session, workspace=workspace).lookalikes
    counts = made.pairs["state"].value_counts()
    expected = {"one_person": made.expected_one_person, "possible": made.expected_possible}
    rows = [(say(f"faces_{s}"), int(counts.get(s, 0)), _few(expected[s])) for s in expected]
    rows.append((say("faces_compared"), made.compared, ""))
    names = ["", say("pairs_head"), say("by_chance_head")]
    return pd.DataFrame(rows, columns=names)


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


def model_card(*, workspace: Space = None, language: Language | None = None) -> Markdown:
    """Say what the learned model was trained on and how good it is, a fact a line."""
    from review.scoring import card

    found = quality.learned(as_workspace(workspace))
    return _listed(card.lines(found.card, chosen(language)))


def remaining(
    session: SessionResults | Session, *, workspace: Space = None, language: Language | None = None
) -> Markdown:
    """Say how many cases may be among the sittings that nobody reviewed."""
    spoken = chosen(language)
    said = quality.remaining(results(session, workspace=workspace))
    return _listed([words.say("quality.no_sample", spoken) if said is None else said.text(spoken)])


def _listed(lines: list[str]) -> Markdown:
    """Show sentences whole: a table would cut them off."""
    from IPython.display import Markdown

    return Markdown("\n".join(f"- {line}" for line in lines))  # type: ignore[no-untyped-call]


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
) -> pd.DataFrame:
    """Return what was wrong with the evidence or its analysis, the gravest first.

    Parameters
    ----------
    first
        Only so many rows.
    """
    say = _sayer(language)
    if isinstance(session, SessionResults):
        rows = session.space.read("problems", session.session_id)
    else:
        rows = as_workspace(workspace).read("problems", session.id)
    order = rows["severity"].map({"error": 0, "warning": 1, "info": 2})
    rows = (
        rows.assign(order=order)
        .sort_values(["order", "candidate_id", "subject_id"], kind="stable", ignore_index=True)
        .head(first if first is not None else len(rows))
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
