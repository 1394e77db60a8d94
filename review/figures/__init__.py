"""Tables to Plotly figures: pure functions, no file read, no network, titles in both languages.

Each figure is imported when it is first used: Plotly is slow to import, and the reports need only
:mod:`review.figures.palette`.
"""

from importlib import import_module
from typing import Any

_FIGURES = {
    "calibration_figure": "review.figures.session",
    "clock_figure": "review.figures.clocks",
    "control_figure": "review.figures.trends",
    "coverage_figure": "review.figures.coverage",
    "effort_figure": "review.figures.trends",
    "funnel_figure": "review.figures.trends",
    "leniency_figure": "review.figures.trends",
    "map_figure": "review.figures.maps",
    "page_of": "review.figures.trends",
    "precision_figure": "review.figures.trends",
    "rate_figure": "review.figures.rates",
    "risk_figure": "review.figures.risk",
    "session_figure": "review.figures.session",
    "signal_figure": "review.figures.signals",
    "timeline_figure": "review.figures.timeline",
}
__all__ = [
    "calibration_figure",
    "clock_figure",
    "control_figure",
    "coverage_figure",
    "effort_figure",
    "funnel_figure",
    "leniency_figure",
    "map_figure",
    "page_of",
    "precision_figure",
    "rate_figure",
    "risk_figure",
    "session_figure",
    "signal_figure",
    "timeline_figure",
]


def __getattr__(name: str) -> Any:
    if name not in _FIGURES:
        raise AttributeError(f"module 'review.figures' has no attribute {name!r}")
    return getattr(import_module(_FIGURES[name]), name)


def __dir__() -> list[str]:
    return __all__
