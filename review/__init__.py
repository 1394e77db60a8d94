"""Review of remotely proctored exams.

The commands of the command line are also plain calls: ``review.check``, ``review.analyze``,
``review.report``, ``review.evaluate``, ``review.score``, ``review.transcribe`` and ``review.lab``,
imported when first used, so that ``import review`` costs nothing. Where a part of the package has
the command's name, the call is in that part: ``review.simulate.simulate``,
``review.trends.trends``, ``review.demo.demo``.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_CALLS = {
    "analyze": "review.batch",
    "check": "review.batch",
    "evaluate": "review.batch",
    "lab": "review.workbench.lab",
    "report": "review.reporting",
    "score": "review.batch",
    "transcribe": "review.batch",
}
__all__ = ["__version__", "analyze", "check", "evaluate", "lab", "report", "score", "transcribe"]


def __getattr__(name: str) -> Any:
    if name not in _CALLS:
        raise AttributeError(f"module 'review' has no attribute {name!r}")
    return getattr(import_module(_CALLS[name]), name)


def __dir__() -> list[str]:
    return __all__
