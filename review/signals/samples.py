"""Collecting what one pass measures, to be put together at its end."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from review import tables

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    #: Signal -> times and values: 16 bytes for each, where a row of Python objects takes 140.
    _series: dict[str, tuple[array[float], array[float]]] = field(default_factory=dict)

    def add(self, device_s: float, **values: float) -> None:
        """Add one value for each signal named."""
        for name, value in values.items():
            times, known = self._series.setdefault(name, (array("d"), array("d")))
            times.append(device_s)
            known.append(value)

    def add_series(self, name: str, device_s: Iterable[float], values: Iterable[float]) -> None:
        """Add many values of one signal."""
        times, known = self._series.setdefault(name, (array("d"), array("d")))
        for time_s, value in zip(device_s, values, strict=True):
            times.append(float(time_s))
            known.append(float(value))

    @property
    def _signals(self) -> list[tuple[str, float, str, float]]:
        """Stream, time, signal and value of every row."""
        return [
            (self.stream, time_s, name, value)
            for name, (times, known) in self._series.items()
            for time_s, value in zip(times, known, strict=True)
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
        parts = [
            pd.DataFrame(
                {
                    "stream": self.stream,
                    "device_s": np.array(times),
                    "signal": name,
                    "value": np.array(known),
                    **dict(zip(tables.KEYS, key, strict=True)),
                }
            )
            for name, (times, known) in self._series.items()
        ]
        return tables.join("signals", parts)
