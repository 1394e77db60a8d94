"""From files to raw tables on the device's own clock, pictures and sound by time stamp."""

from review.loaders.builtin import register_all
from review.loaders.record import SittingRecord
from review.loaders.registry import Context, Loaded, Loader, find, loaders, register, unregister
from review.loaders.session import load_session
from review.loaders.sitting import load_sitting

__all__ = [
    "Context",
    "Loaded",
    "Loader",
    "SittingRecord",
    "find",
    "load_session",
    "load_sitting",
    "loaders",
    "register",
    "unregister",
]

register_all()
