"""Messages from a page and their answers: an error in a handler is shown under its widget."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from review.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Handler = Callable[[Mapping[str, Any]], dict[str, Any]]

_LOG = logging.getLogger(__name__)


def answer(message: Any, handlers: Mapping[str, Handler]) -> dict[str, Any]:
    """Return the answer to a page's message: ``ok`` and what its handler says, or ``error``.

    Parameters
    ----------
    message
        ``{"id", "kind", ...}``. Whatever else arrives is refused: a page is not trusted.
    handlers
        ``kind`` -> what to call with the message.
    """
    if not isinstance(message, dict) or message.get("kind") not in handlers:
        return {"id": _id(message), "ok": False, "error": "this message is not understood"}
    try:
        said = handlers[message["kind"]](message)
    except ReviewError as error:
        return {"id": _id(message), "ok": False, "error": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever it is, the person has to see it
        _LOG.exception("a message of kind %s failed", message["kind"])
        text = f"{type(error).__name__}: {error}"
        return {"id": _id(message), "ok": False, "error": text}
    return {"id": _id(message), "ok": True, **said}


def _id(message: Any) -> Any:
    return message.get("id") if isinstance(message, dict) else None
