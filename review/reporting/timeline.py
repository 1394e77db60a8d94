"""The sitting as one picture: what was recorded, what was flagged, what the logs say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from review.figures.palette import COVERAGE, INK, QUIET, RULE, label_colour
from review.reporting.svg import Drawing
from review.reporting.voice import clock, wall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from review.reporting.model import FlagSummary, SittingSummary, StreamSummary
    from review.reporting.voice import Voice

_WIDTH: Final = 1000.0
_LANE: Final = 15.0
_STEP: Final = 21.0
_TOP: Final = 26.0
#: A flag is at least this wide, so that an instant can be seen.
_LEAST: Final = 3.0
#: Time before and after the judged window that is shown at most, as a share of it.
_MARGIN: Final = 0.1
_TICKS_S: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
#: States of the sound are drawn as a strip under the picture's state.
_OF_SOUND: Final = ("muted", "silent")


def timeline_svg(summary: SittingSummary, voice: Voice) -> Markup:
    """Draw the timeline of a sitting.

    Lanes of streams come first, then one lane per label that occurs. Session time stands above,
    wall clock below.
    """
    start_s, end_s = shown_span(summary)
    labels = list(dict.fromkeys(flag.label for flag in summary.flags))
    lanes = len(summary.streams) + len(labels)
    gap = 10.0 if labels else 0.0
    bottom = _TOP + lanes * _STEP + gap
    gutter = 250.0 if len(voice.languages) > 1 else 170.0
    drawing = Drawing(
        _WIDTH,
        bottom + 34.0,
        title=voice.plain("report.timeline_alt", n=len(summary.flags)),
        ident="timeline",
    )
    drawing.hatchings(COVERAGE)
    scale = _Scale(start_s=start_s, end_s=end_s, left=gutter, right=_WIDTH - 30.0)
    _axes(drawing, scale, summary, bottom=bottom)
    for n, stream in enumerate(summary.streams):
        y = _TOP + n * _STEP
        _name(drawing, voice.name("stream", stream.stream), gutter, y)
        _stretches(drawing, scale, stream, y, voice)
        _ticks(drawing, scale, summary, stream.stream, y)
    _outside(drawing, scale, summary, bottom=bottom)
    for n, label in enumerate(labels):
        y = _TOP + (len(summary.streams) + n) * _STEP + gap
        _name(drawing, voice.name("label", label), gutter, y, colour=label_colour(label))
        _flags(drawing, scale, [f for f in summary.flags if f.label == label], y, voice)
    return drawing.markup()


def shown_span(summary: SittingSummary) -> tuple[float, float]:
    """Return what the picture shows: the judged window and a little of what surrounds it."""
    times = [t for s in summary.streams for a, b, _ in s.stretches for t in (a, b)]
    times += [t for flag in summary.flags for t in (flag.start_s, flag.end_s)]
    if summary.window is None:
        length_s = (summary.exam.end - summary.exam.start).total_seconds()
        first_s, last_s = 0.0, length_s
    else:
        first_s, last_s = summary.window
    margin_s = _MARGIN * (last_s - first_s)
    return (
        max(min([first_s, *times]), first_s - margin_s),
        min(max([last_s, *times]), last_s + margin_s),
    )


def tick_step_s(length_s: float) -> int:
    """Return the distance of the marks on the axis: at most ten of them.

    Examples
    --------
    >>> tick_step_s(120), tick_step_s(5400)
    (15, 600)
    """
    return next((s for s in _TICKS_S if length_s / s <= 10), _TICKS_S[-1])


class _Scale:
    def __init__(self, *, start_s: float, end_s: float, left: float, right: float) -> None:
        self.start_s, self.end_s, self.left, self.right = start_s, end_s, left, right
        self._factor = (right - left) / max(end_s - start_s, 1e-9)

    def x(self, time_s: float) -> float:
        time_s = min(max(time_s, self.start_s), self.end_s)
        return self.left + (time_s - self.start_s) * self._factor

    def inside(self, time_s: float) -> bool:
        return self.start_s <= time_s <= self.end_s


def _axes(drawing: Drawing, scale: _Scale, summary: SittingSummary, *, bottom: float) -> None:
    step_s = tick_step_s(scale.end_s - scale.start_s)
    first = -int(-scale.start_s // step_s)
    for n in range(first, int(scale.end_s // step_s) + 1):
        x = scale.x(n * step_s)
        drawing.add("line", x1=x, y1=_TOP - 6, x2=x, y2=bottom, stroke=RULE, stroke_width=0.8)
        for y, text in (
            (_TOP - 11, clock(n * step_s)),
            (bottom + 14, wall(summary.exam.start, n * step_s)),
        ):
            drawing.add("text", text=text, x=x, y=y, text_anchor="middle", font_size=11, fill=QUIET)


def _name(
    drawing: Drawing, text: str, gutter: float, y: float, *, colour: str | None = None
) -> None:
    if colour:
        drawing.add("rect", x=0, y=y + 3, width=9, height=9, fill=colour)
    drawing.add(
        "text",
        text=text,
        x=14 if colour else 0,
        y=y + 11.5,
        font_size=12,
        fill=INK,
        textLength=gutter - 24 if len(text) * 6.5 > gutter - 10 and text.isascii() else None,
        lengthAdjust="spacingAndGlyphs" if text.isascii() else None,
    )


def _stretches(
    drawing: Drawing, scale: _Scale, stream: StreamSummary, y: float, voice: Voice
) -> None:
    drawing.add(
        "line",
        x1=scale.left,
        y1=y + _LANE,
        x2=scale.right,
        y2=y + _LANE,
        stroke=RULE,
        stroke_width=0.8,
    )
    order = list(COVERAGE)
    stretches = sorted(
        stream.stretches, key=lambda s: order.index(s[2]) if s[2] in order else len(order)
    )
    for start_s, end_s, state in stretches:
        if end_s < scale.start_s or start_s > scale.end_s:
            continue
        left, right = scale.x(start_s), scale.x(end_s)
        strip = state in _OF_SOUND
        element = drawing.add(
            "rect",
            x=left,
            y=y + (_LANE - 4 if strip else 1),
            width=max(right - left, 0.6),
            height=4.0 if strip else _LANE - 1,
            fill=drawing.fill(state, COVERAGE.get(state, (QUIET, ""))),
        )
        drawing.hint(element, f"{voice.name('state', state)} {clock(start_s)}\u2013{clock(end_s)}")


def _ticks(drawing: Drawing, scale: _Scale, summary: SittingSummary, stream: str, y: float) -> None:
    # Thousands of entries would only blacken the lane: one mark per unit of width is enough.
    at = {
        round(scale.x(m.time_s)): m
        for m in summary.marks
        if m.stream == stream and scale.inside(m.time_s)
    }
    for x, mark in at.items():
        element = drawing.add(
            "line", x1=x, y1=y + 2, x2=x, y2=y + _LANE - 1, stroke=INK, stroke_width=1.1
        )
        drawing.hint(element, f"{mark.type} {clock(mark.time_s)}")


def _flags(
    drawing: Drawing, scale: _Scale, flags: Sequence[FlagSummary], y: float, voice: Voice
) -> None:
    drawing.add(
        "line",
        x1=scale.left,
        y1=y + _LANE,
        x2=scale.right,
        y2=y + _LANE,
        stroke=RULE,
        stroke_width=0.8,
    )
    written = float("-inf")
    for flag in flags:
        left, right = scale.x(flag.start_s), scale.x(flag.end_s)
        width = max(right - left, _LEAST)
        element = drawing.add(
            "rect", x=left, y=y + 1, width=width, height=_LANE - 1, fill=label_colour(flag.label)
        )
        drawing.hint(
            element,
            f"{flag.number}. {voice.name('label', flag.label)} "
            f"{clock(flag.start_s)}\u2013{clock(flag.end_s)}",
        )
        number = str(flag.number)
        room = 7.0 * len(number) + 3
        x = min(left + width + 3, scale.right - room)
        if x > written:
            drawing.add(
                "text",
                text=number,
                x=x,
                y=y + 12,
                font_size=11,
                fill=INK,
                stroke="white",
                stroke_width=3,
                paint_order="stroke",
            )
            written = x + room


def _outside(drawing: Drawing, scale: _Scale, summary: SittingSummary, *, bottom: float) -> None:
    """Grey what is not judged."""
    judged = summary.window or (scale.start_s, scale.start_s)
    for start_s, end_s in ((scale.start_s, judged[0]), (judged[1], scale.end_s)):
        if end_s - start_s > 0.01:
            drawing.add(
                "rect",
                x=scale.x(start_s),
                y=_TOP - 6,
                width=scale.x(end_s) - scale.x(start_s),
                height=bottom - _TOP + 6,
                fill="#f2f2f2",
                fill_opacity=0.75,
            )
