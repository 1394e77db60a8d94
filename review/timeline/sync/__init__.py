"""One clock for every stream, found from what the recordings and logs share, with its error."""

from review.timeline.sync.result import Synchronisation
from review.timeline.sync.synchronise import SyncOptions, synchronise

__all__ = ["SyncOptions", "Synchronisation", "synchronise"]
