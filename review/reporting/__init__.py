"""Reports in three steps: summarise, render, write.

The functions are imported when they are first used.
"""

from importlib import import_module
from typing import Any

_CALLS = {
    "Renderer": "review.reporting.render",
    "report": "review.reporting.session_reports",
    "summarise": "review.reporting.summary",
}
__all__ = ["Renderer", "report", "summarise"]


def __getattr__(name: str) -> Any:
    if name not in _CALLS:
        raise AttributeError(f"module 'review.reporting' has no attribute {name!r}")
    return getattr(import_module(_CALLS[name]), name)


def __dir__() -> list[str]:
    return __all__
