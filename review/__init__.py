"""Review of remotely proctored exams.

The commands of the command line are also plain calls here: ``review.check``,
``review.analyze``, ``review.report``, ``review.evaluate``, ``review.score``,
``review.trends``, ``review.simulate``, ``review.lab`` and ``review.demo``. Each is imported when
it is first used, so that ``import review`` costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_CALLS = {
    "analyze": "review.batch",
    "check": "review.batch",
    "demo": "review.demo",
    "evaluate": "review.batch",
    "lab": "review.workbench.lab",
    "report": "review.reporting",
    "score": "review.batch",
    "simulate": "review.simulate",
    "trends": "review.trends",
}
__all__ = [
    "__version__",
    "analyze",
    "check",
    "demo",
    "evaluate",
    "lab",
    "report",
    "score",
    "simulate",
    "trends",
]


def __getattr__(name: str) -> Any:
    if name not in _CALLS:
        raise AttributeError(f"module 'review' has no attribute {name!r}")
    return getattr(import_module(_CALLS[name]), name)


def __dir__() -> list[str]:
    return __all__
