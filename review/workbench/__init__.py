"""The workbench: widgets over tables and ledger, and the handler that serves recordings.

``open_candidate`` and ``supervise`` are what the notebooks call. Everything is imported when it is
first used: the Jupyter server loads :mod:`review.workbench.media` from here and needs no widgets.
"""

from importlib import import_module
from typing import Any

_CALLS = {
    "at_a_glance": "review.workbench.overview",
    "calibration": "review.workbench.overview",
    "choose": "review.workbench.selection",
    "choose_session": "review.workbench.selection",
    "clocks": "review.workbench.show",
    "evaluation": "review.workbench.overview",
    "failures": "review.workbench.overview",
    "identity": "review.workbench.show",
    "log": "review.workbench.show",
    "model_card": "review.workbench.overview",
    "open_candidate": "review.workbench.candidate",
    "place": "review.workbench.show",
    "rate_table": "review.workbench.overview",
    "rates": "review.workbench.overview",
    "remaining": "review.workbench.overview",
    "results": "review.workbench.supervision",
    "risk": "review.workbench.overview",
    "same_faces": "review.workbench.overview",
    "session_risk": "review.workbench.overview",
    "session_table": "review.workbench.overview",
    "signals": "review.workbench.show",
    "supervise": "review.workbench.supervision",
    "who": "review.workbench.show",
    "worklist": "review.workbench.listing",
}
__all__ = [
    "at_a_glance",
    "calibration",
    "choose",
    "choose_session",
    "clocks",
    "evaluation",
    "failures",
    "identity",
    "log",
    "model_card",
    "open_candidate",
    "place",
    "rate_table",
    "rates",
    "remaining",
    "results",
    "risk",
    "same_faces",
    "session_risk",
    "session_table",
    "signals",
    "supervise",
    "who",
    "worklist",
]


def __getattr__(name: str) -> Any:
    if name not in _CALLS:
        raise AttributeError(f"module 'review.workbench' has no attribute {name!r}")
    return getattr(import_module(_CALLS[name]), name)


def __dir__() -> list[str]:
    return __all__
