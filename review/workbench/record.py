"""What the page is told of a sitting: packed once, sent once, for all widgets of the sitting."""

from __future__ import annotations

import gzip
import json
from typing import Any

import ipywidgets
import traitlets

#: How hard to press: the first level halves the time of the ninth and is nearly as small.
_LEVEL = 1


class Record(ipywidgets.Widget):  # type: ignore[misc]  # ipywidgets has no types
    """Carries the data of one sitting to the page (``record.js``); shows nothing itself.

    Five widgets show the same ten thousand log entries. As a part of each widget's state they
    would be walked through, written as JSON and parsed five times over.

    Parameters
    ----------
    data
        From :func:`review.workbench.data.sitting_data`; not changed afterwards.
    """

    packed = traitlets.Bytes().tag(sync=True)

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        super().__init__(packed=packed(data))


def packed(data: dict[str, Any]) -> bytes:
    """Return data as the page unpacks it: JSON in UTF-8, compressed by gzip."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return gzip.compress(text.encode(), _LEVEL, mtime=0)


def of_record() -> Any:
    """Return the trait by which a widget names its record to the page."""
    return traitlets.Instance(Record).tag(sync=True, **ipywidgets.widget_serialization)
