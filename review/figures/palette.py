"""Colours, one for the whole project: label families, coverage states, clock states, verdicts.

Chosen so that every family keeps a contrast of at least 3 to white (WCAG 2.2, 1.4.11) and stays
apart from the others under protanopia and deuteranopia; the test computes both. Colour never
carries a meaning alone: a name or a hatching always stands beside it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

INK: Final = "#1b1b1b"
QUIET: Final = "#595959"
RULE: Final = "#d9d9d9"
PAPER: Final = "#ffffff"

#: Family of labels -> colour.
FAMILIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "presence": "#222288",
        "person": "#d55e00",
        "face": "#6666ee",
        "screen": "#0072b2",
        "recording": "#777777",
        "sound": "#660044",
        "place": "#0b4f1f",
        "thing": "#6b4a00",
    }
)

_LABELS: Final[Mapping[str, tuple[str, ...]]] = {
    "presence": ("absent", "away_total", "late_login", "left_early", "unscheduled_exit"),
    "person": ("extra_person", "different_person"),
    "face": ("face_hidden", "looking_away", "lying_down"),
    "screen": (
        "off_screen",
        "forbidden_app",
        "external_display",
        "warnings_exceeded",
        "platform_attack",
    ),
    "recording": (
        "recording_gap",
        "frozen_picture",
        "camera_covered",
        "poor_picture",
        "placement",
        "audio_gap",
        "network_gap",
        "clock_unsynchronised",
    ),
    "sound": ("speech", "second_voice"),
    "place": (
        "location_outside",
        "location_drift",
        "location_jump",
        "location_missing",
        "phones_apart",
        "mock_location",
    ),
    "thing": (
        "forbidden_object",
        "eating",
        "reading_material",
        "photographing",
        "headphones",
        "accessory",
        "other",
    ),
}
#: Label -> family.
FAMILY_OF: Final[Mapping[str, str]] = MappingProxyType(
    {label: family for family, labels in _LABELS.items() for label in labels}
)

#: Coverage state -> colour of its stretch and its hatching ("" is plain). ``recorded`` is quiet on
#: purpose: what is not there should be seen first.
COVERAGE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "recorded": ("#b9cbd6", ""),
        "missing": ("#b3261e", "/"),
        "frozen": ("#0072b2", "\\"),
        "black": ("#1b1b1b", ""),
        "covered": ("#8a5a00", "x"),
        "muted": ("#660044", "-"),
        "silent": ("#8f7f99", "."),
    }
)
CLOCKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "synchronised": "#0b4f1f",
        "by_hand": "#222288",
        "declared": "#a87b00",
        "unsynchronised": "#b3261e",
    }
)
VERDICTS: Final[Mapping[str, str]] = MappingProxyType(
    {"confirmed": "#b3261e", "dismissed": "#0b4f1f", "unsure": "#a87b00"}
)
#: One colour per stream for curves (a stream is also named beside its curve).
STREAMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "front": "#0072b2",
        "right_rear": "#d55e00",
        "left_front": "#0b4f1f",
        "screen": "#660044",
        "gps_phone1": "#d55e00",
        "gps_phone2": "#0b4f1f",
        "events_client": "#0072b2",
        "events_phone1": "#d55e00",
        "events_phone2": "#0b4f1f",
        "events_proctor": "#777777",
    }
)


def family(label: str) -> str:
    """Return the family of a label; one that nobody knows belongs to ``thing``.

    Examples
    --------
    >>> family("absent"), family("somebody_elses")
    ('presence', 'thing')
    """
    return FAMILY_OF.get(label, "thing")


def label_colour(label: str) -> str:
    """Return the colour of a label's family as ``#rrggbb``."""
    return FAMILIES[family(label)]


def stream_colour(stream: str) -> str:
    """Return the colour of a stream's curves as ``#rrggbb``."""
    return STREAMS.get(stream, QUIET)


def as_dict() -> dict[str, Any]:
    """Return the whole palette as plain dicts that ``json.dumps`` takes, for a browser.

    Returns
    -------
    dict
        ``families`` and ``family_of``, ``labels`` (label -> colour), ``coverage`` (state ->
        ``{"colour", "hatching"}``), ``clocks``, ``verdicts``, ``streams``, ``ink``, ``quiet``,
        ``rule``, ``paper``.
    """
    return {
        "families": dict(FAMILIES),
        "family_of": dict(FAMILY_OF),
        "labels": {label: label_colour(label) for label in FAMILY_OF},
        "coverage": {
            state: {"colour": colour, "hatching": hatching}
            for state, (colour, hatching) in COVERAGE.items()
        },
        "clocks": dict(CLOCKS),
        "verdicts": dict(VERDICTS),
        "streams": dict(STREAMS),
        "ink": INK,
        "quiet": QUIET,
        "rule": RULE,
        "paper": PAPER,
    }
