"""The workbench: widgets over tables and ledger, and the handler that serves recordings.

``open_candidate`` and ``worklist`` are what the notebooks call. Everything is imported when it is
first used: the Jupyter server loads :mod:`review.workbench.media` from here and needs no widgets.
"""

from importlib import import_module
from typing import Any

_CALLS = {
    "open_candidate": "review.workbench.candidate",
    "choose": "review.workbench.choose",
    "identity": "review.workbench.show",
    "lab": "review.workbench.lab",
    "log": "review.workbench.show",
    "place": "review.workbench.show",
    "sections": "review.workbench.show",
    "signals": "review.workbench.show",
    "who": "review.workbench.show",
    "worklist": "review.workbench.worklist",
}
__all__ = [
    "choose",
    "identity",
    "lab",
    "log",
    "open_candidate",
    "place",
    "sections",
    "signals",
    "who",
    "worklist",
]


def __getattr__(name: str) -> Any:
    if name not in _CALLS:
        raise AttributeError(f"module 'review.workbench' has no attribute {name!r}")
    return getattr(import_module(_CALLS[name]), name)


def __dir__() -> list[str]:
    return __all__
