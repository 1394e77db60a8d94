"""Collecting what one pass measures, to be put together at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from review import tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray


@dataclass(kw_only=True)
class Samples:
    """Rows of one stream, device time.

    Parameters
    ----------
    stream
        Whose they are.
    """

    stream: str
    detections: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    #: Main faces: time, look, row of ``detections``.
    patches: list[tuple[float, NDArray[np.uint8], dict[str, Any]]] = field(default_factory=list)
    _signals: list[tuple[str, float, str, float]] = field(default_factory=list)

    def add(self, device_s: float, **values: float) -> None:
        """Add one value for each signal named."""
        self._signals += [(self.stream, device_s, name, value) for name, value in values.items()]

    def add_series(self, name: str, device_s: Iterable[float], values: Iterable[float]) -> None:
        """Add many values of one signal."""
        self._signals += [
            (self.stream, float(t), name, float(v)) for t, v in zip(device_s, values, strict=True)
        ]

    def problem(
        self,
        severity: str,
        code: str,
        message: str,
        *,
        file: str | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        """Add a row of ``problems``."""
        self.problems.append(
            {
                "stream": self.stream,
                "file": file,
                "severity": severity,
                "code": code,
                "start_s": start_s,
                "end_s": end_s,
                "message": message,
            }
        )

    def signals(self, key: tuple[str, str, str]) -> pd.DataFrame:
        """Return the table ``signals``."""
        frame = pd.DataFrame(self._signals, columns=["stream", "device_s", "signal", "value"])
        for name, value in zip(tables.KEYS, key, strict=True):
            frame[name] = value
        return tables.conform(frame, "signals")
