"""One registered pure function per detector: evidence in, flags out.

An outside package adds a detector by calling :func:`register` on its own function; an entry point
in the group ``review.detectors`` has it called in every process (:mod:`review.plugins`).
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review import plugins, tables
from review.detectors.flags import could_not_see
from review.errors import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from review.timeline.evidence import Evidence

    Function = Callable[..., pd.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Detector:
    """A detector and what it is called with.

    Parameters
    ----------
    name
        Name in ``[thresholds.<name>]`` and in the ``detector`` column of flags.
    labels
        Flag labels that it can raise.
    function
        ``function(evidence, **options) -> flags``.
    options
        Keyword-only options of the function with their defaults.
    platforms
        Platforms whose rules give it something to judge; None for all.
    """

    name: str
    labels: tuple[str, ...]
    function: Function
    options: Mapping[str, Any]
    platforms: tuple[str, ...] | None = None


_REGISTRY: Final[dict[str, Detector]] = {}


def register(
    name: str, *, labels: Iterable[str], platforms: Iterable[str] | None = None
) -> Callable[[Function], Function]:
    """Register the decorated function as a detector; its keyword-only arguments are its options.

    Raises
    ------
    DetectorError
        If the name is taken, or an option has no default.
    """

    def add(function: Function) -> Function:
        if name in _REGISTRY:
            raise DetectorError("a detector of this name is registered already", where=name)
        parameters = [
            p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY
        ]
        bare = [p.name for p in parameters if p.default is p.empty]
        if bare:
            raise DetectorError("option without a default", where=name, found=", ".join(bare))
        _REGISTRY[name] = Detector(
            name=name,
            labels=tuple(labels),
            function=function,
            options=MappingProxyType({p.name: p.default for p in parameters}),
            platforms=None if platforms is None else tuple(platforms),
        )
        return function

    return add


def unregister(name: str) -> None:
    """Take a detector out again (tests of outside detectors need it)."""
    _REGISTRY.pop(name, None)


def detectors(platform: str | None = None) -> tuple[Detector, ...]:
    """Return the registered detectors, of one platform if it is given, in order of name."""
    plugins.load("review.detectors")
    return tuple(
        d
        for _, d in sorted(_REGISTRY.items())
        if platform is None or d.platforms is None or platform in d.platforms
    )


def resolve(
    *layers: Mapping[str, Mapping[str, Any]], platform: str | None = None
) -> dict[str, dict[str, Any]]:
    """Resolve every detector's options: the first layer that names one wins, else the default.

    Parameters
    ----------
    layers
        Detector -> option -> value, the strongest first (session.toml, then the rulebook).

    Raises
    ------
    DetectorError
        For a detector or option that does not exist, or a value of another type; names the
        known ones.
    """
    for layer in layers:
        _check(layer)
    resolved: dict[str, dict[str, Any]] = {}
    for detector in detectors(platform):
        options = dict(detector.options)
        for layer in reversed(layers):
            options.update(layer.get(detector.name, {}))
        resolved[detector.name] = options
    return resolved


def _check(layer: Mapping[str, Mapping[str, Any]]) -> None:
    plugins.load("review.detectors")
    for name, options in layer.items():
        where = f"[thresholds.{name}]"
        if name not in _REGISTRY:
            known = ", ".join(sorted(_REGISTRY))
            raise DetectorError("no such detector", where=where, expected=f"one of {known}")
        defaults = _REGISTRY[name].options
        for option, value in options.items():
            if option not in defaults:
                known = ", ".join(sorted(defaults)) or "no options at all"
                raise DetectorError(
                    f"no such option: {option}", where=where, expected=f"one of {known}"
                )
            default = defaults[option]
            number = isinstance(default, (int, float)) and not isinstance(default, bool)
            fits = (
                isinstance(value, (int, float)) and not isinstance(value, bool)
                if number
                else default is None or isinstance(value, type(default))
            )
            if not fits:
                raise DetectorError(
                    f"{option} is not of the right type",
                    where=where,
                    expected=f"like {default!r}",
                    found=repr(value),
                )


def run(
    evidence: Evidence, options: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run all detectors of the sitting's platform.

    Parameters
    ----------
    options
        From :func:`resolve`; None for the defaults.

    Returns
    -------
    flags, problems : pandas.DataFrame
        Flags sorted by start. A detector that fails is a problem row; the others still run.
    """
    platform = evidence.sitting.session.platform
    chosen = resolve(platform=platform) if options is None else options
    found: list[pd.DataFrame] = []
    failed: list[dict[str, Any]] = []
    start_s, end_s = evidence.window
    for detector in detectors(platform) if end_s > start_s else ():
        try:
            found.append(detector.function(evidence, **chosen[detector.name]))
        except Exception as error:  # noqa: BLE001 - an outside detector may raise anything
            failed.append(
                {
                    "severity": "error",
                    "code": "detector_failed",
                    "message": f"detector {detector.name} failed: {type(error).__name__}: {error}",
                }
            )
    flags = tables.join("flags", found).sort_values(
        ["start_s", "end_s", "label"], kind="stable", ignore_index=True
    )
    flags["could_not_see"] = pd.Series(could_not_see(evidence, flags), dtype=object)
    return flags, tables.build("problems", failed, key=evidence.sitting.key)
