"""What the notebooks show of one sitting; each is thin over a table or a figure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from review import words
from review.workbench.language import chosen
from review.workbench.plot import Plot
from review.workbench.selection import as_workspace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from review.session import Sitting
    from review.words import Language
    from review.workbench.faces import Faces
    from review.workbench.logbook import Logbook
    from review.workbench.whereabouts import Whereabouts
    from review.workspace import Workspace

    Space = Workspace | Path | str | None


def who(
    sitting: Sitting, *, workspace: Space = None, language: Language | None = None
) -> pd.DataFrame:
    """Return who sat what and when, and what the analysis made of it, one fact a row."""
    say = _sayer(language)
    space = as_workspace(workspace)
    state = space.read_sitting("sittings", sitting)
    scores = space.read_sitting("scores", sitting)
    flags = space.read_sitting("flags", sitting)
    problems = space.read_sitting("problems", sitting)
    zone = ZoneInfo(sitting.session.timezone)
    start, end = sitting.subject.start.astimezone(zone), sitting.subject.end.astimezone(zone)
    facts: list[tuple[str, Any]] = [
        ("session_head", sitting.session.id),
        ("candidate", f"{sitting.candidate.id}  {sitting.candidate.name}"),
        ("occupation", f"{sitting.candidate.occupation} {sitting.candidate.level}"),
        ("subject", sitting.subject.name),
        ("scheduled", f"{start:%Y-%m-%d %H:%M} – {end:%H:%M} ({sitting.session.timezone})"),
        ("analysis_head", _state(state, say)),
    ]
    if len(scores):
        facts.append(("risk", f"{scores['risk'].iloc[0]:.0f} / 100"))
        facts.append(("unseen", f"{scores['unseen'].iloc[0]:.0%}"))
    facts.append(("flags", _counts(flags, chosen(language)) or "0"))
    facts.append(("problems_head", len(problems)))
    index = pd.Index([say(key) for key, _ in facts], name="")
    return pd.DataFrame({"": [str(value) for _, value in facts]}, index=index)


def identity(
    sitting: Sitting, *, workspace: Space = None, language: Language | None = None
) -> Faces:
    """Show the photographs, faces from across the sitting, and how far these are from those."""
    from review.workbench.faces import Faces, faces_data

    space = as_workspace(workspace)
    session_id, candidate_id, subject_id = sitting.key
    # The embeddings, by far the most of this table, are not needed.
    detections = space.read(
        "detections",
        session_id,
        candidate_id=candidate_id,
        subject_id=subject_id,
        columns=["stream", "device_s", "kind", "x_px", "y_px", "w_px", "h_px"],
    )
    data = faces_data(
        sitting,
        space.read_sitting("signals", sitting),
        detections=detections,
        clocks=space.read_sitting("clocks", sitting),
    )
    return Faces(data, language=chosen(language))


def moving_place(
    sitting: Sitting, *, workspace: Space = None, language: Language | None = None
) -> Whereabouts:
    """Show the tracks with the position of the moment that the player shows."""
    from review.loaders.regions import region_boundary
    from review.reporting.maps import checkin_places
    from review.workbench.whereabouts import Whereabouts, whereabouts

    space = as_workspace(workspace)
    positions = space.read_sitting("positions", sitting)
    data = whereabouts(
        sitting,
        positions,
        boundary=region_boundary(sitting.session, sitting.candidate),
        checkin=checkin_places(positions, space.read_sitting("events", sitting)),
    )
    return Whereabouts(data, language=chosen(language))


def moving_log(
    sitting: Sitting, *, workspace: Space = None, language: Language | None = None
) -> Logbook:
    """Show the log of all devices, following the player, and a transcript where there is one."""
    from review.workbench.logbook import Logbook, logbook

    space = as_workspace(workspace)
    events = space.read_sitting("events", sitting)
    data = logbook(sitting, events, space.read_sitting("transcripts", sitting))
    return Logbook(data, language=chosen(language))


def clocks(sitting: Sitting, *, workspace: Space = None, language: Language | None = None) -> Plot:
    """Show how every device's clock differs from session time, with its uncertainty."""
    from review.figures import clock_figure

    space = as_workspace(workspace)
    figure = clock_figure(
        space.read_sitting("clocks", sitting),
        anchors=space.read_sitting("anchors", sitting),
        window=_window(space, sitting),
        language=chosen(language),
    )
    return Plot(figure)


def place(sitting: Sitting, *, workspace: Space = None, language: Language | None = None) -> Plot:
    """Show where the phones were: tracks with their accuracy, check-in places, the border."""
    from review.figures import map_figure
    from review.loaders.regions import region_boundary
    from review.reporting.maps import checkin_places

    space = as_workspace(workspace)
    positions = space.read_sitting("positions", sitting)
    figure = map_figure(
        positions,
        region_boundary(sitting.session, sitting.candidate),
        checkin_places(positions, space.read_sitting("events", sitting)),
        flags=space.read_sitting("flags", sitting),
        language=chosen(language),
    )
    return Plot(figure)


def signals(
    sitting: Sitting,
    *,
    names: Sequence[str] | None = None,
    workspace: Space = None,
    language: Language | None = None,
) -> Plot:
    """Show what was measured, on session time.

    Parameters
    ----------
    names
        Only these measurements; None for all.
    """
    from review.figures import signal_figure

    space = as_workspace(workspace)
    figure = signal_figure(
        space.read_sitting("signals", sitting),
        clocks=space.read_sitting("clocks", sitting),
        names=names,
        flags=space.read_sitting("flags", sitting),
        window=_window(space, sitting),
        language=chosen(language),
    )
    return Plot(figure)


def log(
    sitting: Sitting, *, workspace: Space = None, language: Language | None = None
) -> pd.DataFrame:
    """Return the log of all devices in order of session time.

    Returns
    -------
    pandas.DataFrame
        Session time in seconds, wall clock of the session, source, type, details as text.
    """
    from review.workbench.logbook import details

    say = _sayer(language)
    events = as_workspace(workspace).read_sitting("events", sitting)
    events = events.sort_values(["time_s", "device_s"], kind="stable", ignore_index=True)
    start = sitting.subject.start.astimezone(ZoneInfo(sitting.session.timezone))
    walls = [
        "" if pd.isna(t) else f"{start + timedelta(seconds=float(t)):%H:%M:%S}"
        for t in events["time_s"]
    ]
    return pd.DataFrame(
        {
            say("session_time"): events["time_s"].round(2),
            say("wall_clock"): walls,
            say("source"): [words.say(f"stream.{s}", chosen(language)) for s in events["stream"]],
            say("type"): events["type"],
            say("detail"): [details(text) for text in events["detail"]],
        }
    )


def _window(space: Workspace, sitting: Sitting) -> Any:
    bounds = space.read_sitting("sittings", sitting)[["window_start_s", "window_end_s"]].dropna()
    return tuple(bounds.iloc[0].tolist()) if len(bounds) else None


def _sayer(language: Language | None) -> Any:
    spoken = chosen(language)
    return lambda key, **facts: words.say(f"ui.{key}", spoken, **facts)


def _state(rows: pd.DataFrame, say: Any) -> str:
    if rows.empty:
        return str(say("not_analysed"))
    row = rows.iloc[0]
    if row["state"] == "failed":
        return f"{say('failed')}: {row['reason']}"
    return f"{row['analysed_at']} ({row['version']})"


def _counts(flags: pd.DataFrame, language: Language) -> str:
    counts = flags["label"].value_counts()
    named = [f"{words.label(str(label), language)} {n}" for label, n in counts.items()]
    return ("、" if language == "zh" else ", ").join(named)
