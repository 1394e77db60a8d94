"""Sample sessions with known truth, for tests, benchmarks and newcomers."""

from review.simulate.encode import VideoFormat
from review.simulate.generate import simulate
from review.simulate.orders import Details, Media
from review.simulate.script import Anomaly, Truth

__all__ = ["Anomaly", "Details", "Media", "Truth", "VideoFormat", "simulate"]
