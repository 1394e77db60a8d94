"""Tables to Plotly figures: pure functions, no file read, no network, titles in both languages.

Each figure is imported when it is first used: Plotly is slow to import, and the reports need only
:mod:`review.figures.palette`.
"""

from importlib import import_module
from typing import Any

_FIGURES = {
    "clock_figure": "review.figures.clocks",
    "coverage_figure": "review.figures.coverage",
    "map_figure": "review.figures.maps",
    "rate_figure": "review.figures.rates",
    "risk_figure": "review.figures.risk",
    "signal_figure": "review.figures.signals",
    "timeline_figure": "review.figures.timeline",
}
__all__ = [
    "clock_figure",
    "coverage_figure",
    "map_figure",
    "rate_figure",
    "risk_figure",
    "signal_figure",
    "timeline_figure",
]


def __getattr__(name: str) -> Any:
    if name not in _FIGURES:
        raise AttributeError(f"module 'review.figures' has no attribute {name!r}")
    return getattr(import_module(_FIGURES[name]), name)


def __dir__() -> list[str]:
    return __all__
