"""Sample sessions with known truth, for tests, benchmarks and newcomers."""

from review.simulate.generate import simulate
from review.simulate.script import Anomaly, Truth

__all__ = ["Anomaly", "Truth", "simulate"]
