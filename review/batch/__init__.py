"""Many sittings: check, analyse, score and evaluate a session."""

from review.batch.analysis import analyze
from review.batch.checking import check
from review.batch.results import evaluate, resolve_session_id, score

__all__ = ["analyze", "check", "evaluate", "resolve_session_id", "score"]
