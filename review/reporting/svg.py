"""Drawing elements as a tree, so that nothing a name contains can become markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from markupsafe import Markup

from review.reporting.voice import clean

if TYPE_CHECKING:
    from collections.abc import Mapping


class Drawing:
    """An SVG picture of fixed size in its own units, scaled by the page to its width.

    Parameters
    ----------
    width, height
        Size in user units.
    title
        What somebody hears who cannot see it.
    ident
        Unique in the page.
    """

    def __init__(self, width: float, height: float, *, title: str, ident: str) -> None:
        self.root = ET.Element(
            "svg",
            {
                "viewBox": f"0 0 {_number(width)} {_number(height)}",
                "role": "img",
                "aria-labelledby": f"{ident}-title",
                "class": "drawing",
                # On paper a drawing does not get the page's fonts.
                "font-family": _FONTS,
            },
        )
        ET.SubElement(self.root, "title", {"id": f"{ident}-title"}).text = clean(title)
        self.ident = ident

    def add(
        self, tag: str, *, parent: ET.Element | None = None, text: str = "", **attributes: Any
    ) -> ET.Element:
        """Add an element; ``_`` in attribute names stands for ``-``, a trailing one is dropped."""
        given = {
            name.rstrip("_").replace("_", "-"): _number(v) if isinstance(v, float) else str(v)
            for name, v in attributes.items()
            if v is not None
        }
        element = ET.SubElement(self.root if parent is None else parent, tag, given)
        if text:
            element.text = clean(text)
        return element

    def hint(self, element: ET.Element, text: str) -> None:
        """Give an element the words that a pointer over it shows."""
        ET.SubElement(element, "title").text = clean(text)

    def hatchings(self, styles: Mapping[str, tuple[str, str]]) -> None:
        """Define a hatching per name, as ``url(#<ident>-<name>)``; see :meth:`fill`."""
        defs = self.add("defs")
        for name, (colour, hatching) in styles.items():
            if not hatching:
                continue
            box = self.add(
                "pattern",
                parent=defs,
                id=f"{self.ident}-{name}",
                width=6,
                height=6,
                patternUnits="userSpaceOnUse",
            )
            self.add("rect", parent=box, width=6, height=6, fill=colour, fill_opacity=0.22)
            for path in _STROKES[hatching]:
                self.add("path", parent=box, d=path, stroke=colour, stroke_width=1.4, fill="none")

    def fill(self, name: str, style: tuple[str, str]) -> str:
        """Return the fill of a style whose hatching was defined."""
        colour, hatching = style
        return f"url(#{self.ident}-{name})" if hatching else colour

    def markup(self) -> Markup:
        """Return the picture as it stands in a page."""
        # Built from a tree whose text and attributes ElementTree escapes.
        return Markup(ET.tostring(self.root, encoding="unicode"))  # noqa: S704


_FONTS = "'Source Sans 3', 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', Arial, sans-serif"
_STROKES = {
    "/": ("M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2",),
    "\\": ("M-1,5 l2,2 M0,0 l6,6 M5,-1 l2,2",),
    "x": ("M0,6 l6,-6", "M0,0 l6,6"),
    "-": ("M0,3 h6",),
    ".": ("M2,3 h1.5",),
}


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
