"""What all figures have in common: fonts, margins, colours, a time axis."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from review import words
from review.figures.palette import INK, PAPER, QUIET, RULE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from review.words import Language

_FONT: Final = "'Source Sans 3', 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', Arial, sans-serif"  # noqa: E501  # one list of fonts
#: Session time zero on a time axis that shows no wall clock.
_ZERO: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # the axis shows hours of the session
#: More points than this in one curve are reduced to the extremes of as many bins.
MOST_POINTS: Final = 4000


def new_figure(title_key: str, language: Language, *, height_px: int, **facts: Any) -> go.Figure:
    """Return an empty figure with the project's fonts, margins and colours."""
    return go.Figure(
        layout={
            "title": {
                "text": say(title_key, language, **facts),
                "font": {"size": 15},
                "x": 0.0,
                "xref": "container",
                "xanchor": "left",
                "y": 1.0,
                "yref": "container",
                "yanchor": "top",
                "pad": {"l": 12, "t": 14},
            },
            "height": height_px,
            "margin": {"l": 12, "r": 16, "t": 64, "b": 12},
            "font": {"family": _FONT, "size": 12, "color": INK},
            "paper_bgcolor": PAPER,
            "plot_bgcolor": PAPER,
            "hoverlabel": {"font": {"family": _FONT}, "align": "left"},
            "legend": {"orientation": "h", "y": -0.18, "x": 0.0, "font": {"color": QUIET}},
            "xaxis": {**axis(), "automargin": True},
            "yaxis": {**axis(), "automargin": True},
        }
    )


def axis() -> dict[str, Any]:
    """Return what every axis looks like."""
    return {
        "gridcolor": RULE,
        "linecolor": RULE,
        "zeroline": False,
        "ticks": "outside",
        "tickcolor": RULE,
        "tickfont": {"color": QUIET},
        "title": {"font": {"color": QUIET, "size": 12}, "standoff": 8},
    }


def say(key: str, language: Language, **facts: Any) -> str:
    """Return a text of the section ``figure``."""
    return words.say(f"figure.{key}", language, **facts)


def name(section: str, member: str, language: Language) -> str:
    """Return the name of a stream, state, label or signal; itself where the table lacks it."""
    entry = words.table().get(f"{section}.{member}")
    return safe(entry[language] if entry else member)


def safe(text: str) -> str:
    """Return a text as Plotly shows it literally: it takes some HTML tags for formatting.

    Examples
    --------
    >>> safe("<b>a & b</b>")
    '&lt;b&gt;a &amp; b&lt;/b&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def moments(time_s: ArrayLike, start: datetime | None) -> list[datetime]:
    """Return session times as moments of a time axis: wall clock if ``start`` is known."""
    zero = _ZERO if start is None else start.replace(tzinfo=None)
    return [zero + timedelta(seconds=float(t)) for t in np.atleast_1d(np.asarray(time_s, float))]


def time_axis(
    figure: go.Figure,
    language: Language,
    *,
    start: datetime | None,
    window: tuple[float, float] | None,
) -> None:
    """Make the x axis one of time that shows the judged window at first.

    Parameters
    ----------
    start
        Scheduled start, aware; the axis then shows the wall clock of its zone, else hours,
        minutes and seconds of session time.
    """
    title = (
        say("session_time", language)
        if start is None
        else say("wall_clock", language, zone=str(start.tzinfo))
    )
    figure.update_xaxes({**axis(), "type": "date", "tickformat": "%H:%M:%S", "automargin": True})
    figure.update_xaxes(title_text=title)
    if window is not None:
        figure.update_xaxes(range=moments(window, start))


def clock(time_s: float) -> str:
    """Return session time as ``h:mm:ss.s`` for a pointer's words.

    Examples
    --------
    >>> clock(3725.04), clock(-1.5)
    ('1:02:05.0', '-0:00:01.5')
    """
    tenths = round(abs(time_s) * 10)
    sign = "-" if time_s < 0 and tenths else ""
    whole, tenth = divmod(tenths, 10)
    return f"{sign}{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}.{tenth}"


def thinned(
    x: NDArray[np.float64], y: NDArray[np.float64], *, most: int = MOST_POINTS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Reduce a curve to the lowest and highest point of each bin, so that no peak is lost.

    Parameters
    ----------
    x
        Sorted times, shape (n,).
    y
        Values, shape (n,); missing ones are kept as breaks of the curve.

    Examples
    --------
    >>> x, y = thinned(np.arange(100.0), np.eye(1, 100, 50).ravel(), most=10)
    >>> len(x) <= 12, float(y.max())
    (True, 1.0)
    """
    if len(x) <= most:
        return x, y
    keep: list[int] = []
    for part in np.array_split(np.arange(len(x)), max(most // 2, 1)):
        known = part[np.isfinite(y[part])]
        if len(known) < len(part):
            keep.append(int(part[~np.isfinite(y[part])][0]))
        if len(known):
            keep += [int(known[y[known].argmin()]), int(known[y[known].argmax()])]
    index = np.unique(keep)
    return x[index], y[index]


def nothing(figure: go.Figure, language: Language) -> go.Figure:
    """Say in an empty figure that there is nothing to show."""
    figure.add_annotation(
        text=say("nothing", language),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"color": QUIET, "size": 14},
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure
