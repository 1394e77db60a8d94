"""Browser-playable media: which files play as they are, and copies of those that do not."""

from review.playback.copies import make_copy
from review.playback.plan import Playable, decide, numbered, plan

__all__ = ["Playable", "decide", "make_copy", "numbered", "plan"]
