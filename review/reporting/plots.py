"""Small plots for printed pages, drawn without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from review.figures.palette import INK, QUIET, RULE
from review.reporting.svg import Drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

_WIDTH: Final = 1000.0
_STEP: Final = 24.0
_GUTTER: Final = 330.0


def bars(
    rows: Sequence[tuple[str, float, str, str]], *, title: str, ident: str, most: float = 0.0
) -> Markup:
    """Draw horizontal bars.

    Parameters
    ----------
    rows
        Name, value, what is written behind the bar, colour.
    most
        Value of the whole width; the largest one if not given.
    """
    drawing = Drawing(_WIDTH, _STEP * max(len(rows), 1) + 6, title=title, ident=ident)
    top = max([most, *(value for _, value, _, _ in rows)]) or 1.0
    room = _WIDTH - _GUTTER - 170.0
    for n, (name, value, said, colour) in enumerate(rows):
        y = n * _STEP + 4
        drawing.add("text", text=name, x=0, y=y + 13, font_size=13, fill=INK)
        length = max(room * value / top, 1.0)
        drawing.add("rect", x=_GUTTER, y=y, width=length, height=_STEP - 8, fill=colour)
        drawing.add("text", text=said, x=_GUTTER + length + 8, y=y + 13, font_size=13, fill=QUIET)
    return drawing.markup()


def histogram(
    counts: Sequence[int], labels: Sequence[str], *, title: str, ident: str, colour: str
) -> Markup:
    """Draw counts as upright bars, each labelled below."""
    height, base = 190.0, 160.0
    drawing = Drawing(_WIDTH, height, title=title, ident=ident)
    top = max([*counts, 1])
    step = _WIDTH / max(len(counts), 1)
    drawing.add("line", x1=0, y1=base, x2=_WIDTH, y2=base, stroke=RULE, stroke_width=1)
    for n, (count, label) in enumerate(zip(counts, labels, strict=True)):
        x, tall = n * step, (base - 24) * count / top
        drawing.add(
            "rect", x=x + 4, y=base - tall, width=step - 8, height=max(tall, 0.1), fill=colour
        )
        middle = x + step / 2
        if count:
            drawing.add(
                "text", text=str(count), x=middle, y=base - tall - 6, text_anchor="middle",
                font_size=13, fill=INK,
            )  # fmt: skip
        drawing.add(
            "text", text=label, x=middle, y=base + 18, text_anchor="middle", font_size=12,
            fill=QUIET,
        )  # fmt: skip
    return drawing.markup()
