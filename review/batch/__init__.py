"""Many sittings: check, analyse, score and evaluate a session.

Each call is imported when it is first used: who only looks at results needs none of what analyses.
"""

from importlib import import_module
from typing import Any

_CALLS = {
    "analyze": "review.batch.analysis",
    "check": "review.batch.checking",
    "evaluate": "review.batch.results",
    "resolve_session_id": "review.batch.results",
    "score": "review.batch.results",
    "transcribe": "review.batch.transcribing",
}
__all__ = ["analyze", "check", "evaluate", "resolve_session_id", "score", "transcribe"]


def __getattr__(name: str) -> Any:
    if name not in _CALLS:
        raise AttributeError(f"module 'review.batch' has no attribute {name!r}")
    return getattr(import_module(_CALLS[name]), name)


def __dir__() -> list[str]:
    return __all__
