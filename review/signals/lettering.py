"""Reading the letters of a picture: lines found, each read once, remembered by its looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from review.signals.models import Models

    Grey = NDArray[np.uint8]

#: Longest side that the network which finds lines sees: at half of 1080p letters are still 10 px
#: high. Measured on drawn pages: the same lines as at full size, for a quarter of the time.
_FIND_SIDE_PX: Final = 960
#: Lines read with less certainty are not kept: they are icons and borders.
_LEAST_SCORE: Final = 0.6
#: Height at which two lines are compared, and the square in which they may not differ: about one
#: Chinese character, so that one other character in a long line is seen.
_LINE_PX: Final = 16
#: Mean difference (0 to 255) within such a square up to which it is the same: a codec's noise
#: stays below 10, another digit exceeds 30.
_SAME: Final = 18.0
#: Lines that are remembered; the exam page has some sixty.
_MEMORY: Final = 600


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of text and where it stands, in pixels of the picture that was given."""

    text: str
    score: float
    x_px: float
    y_px: float
    w_px: float
    h_px: float


class Letters:
    """Finds lines with one network and reads each with another, unless it has read it before.

    Parameters
    ----------
    models
        With ``text_finder`` and ``text_reader``.
    threads
        Threads of the networks.
    """

    def __init__(self, models: Models, *, threads: int = 1) -> None:
        # Importing it takes half a second, which only who reads shall pay.
        from rapidocr import RapidOCR  # noqa: PLC0415

        engine = "EngineConfig.onnxruntime"
        self._engine = RapidOCR(
            params={
                "Global.log_level": "error",
                f"{engine}.intra_op_num_threads": threads,
                f"{engine}.inter_op_num_threads": 1,
                "Det.model_path": str(models.path("text_finder")),
                "Rec.model_path": str(models.path("text_reader")),
                "Det.limit_type": "max",
                "Det.limit_side_len": _FIND_SIDE_PX,
            }
        )
        self._known: dict[int, list[tuple[Grey, str, float]]] = {}
        self._count = 0
        #: How many lines the network read, and how many were remembered.
        self.read, self.remembered = 0, 0

    def lines(self, grey: Grey) -> list[Line]:
        """Return the lines of a grey picture."""
        picture = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
        found = self._engine(picture, use_det=True, use_cls=False, use_rec=False)
        boxes: Any = getattr(found, "boxes", None)
        lines = []
        for box in boxes if boxes is not None else ():
            x, y = (int(v) for v in np.floor(box.min(axis=0)).clip(0))
            right, low = (int(v) for v in np.ceil(box.max(axis=0)))
            cut = picture[y:low, x:right]
            if cut.shape[0] < 6 or cut.shape[1] < 6:
                continue
            text, score = self._read(cut)
            if text and score >= _LEAST_SCORE:
                w, h = float(cut.shape[1]), float(cut.shape[0])
                lines.append(Line(text=text, score=score, x_px=x, y_px=y, w_px=w, h_px=h))
        return lines

    def _read(self, cut: NDArray[np.uint8]) -> tuple[str, float]:
        looks = _looks(cut[..., 0])
        for width in (looks.shape[1] - 1, looks.shape[1], looks.shape[1] + 1):
            for other, text, score in self._known.get(width, ()):
                if alike(looks, other):
                    self.remembered += 1
                    return text, score
        made = self._engine(cut, use_det=False, use_cls=False, use_rec=True)
        texts, scores = getattr(made, "txts", None), getattr(made, "scores", None)
        text = str(texts[0]).strip() if texts else ""
        score = float(scores[0]) if scores else 0.0
        self.read += 1
        if self._count >= _MEMORY:
            self._known.clear()
            self._count = 0
        self._known.setdefault(looks.shape[1], []).append((looks, text, score))
        self._count += 1
        return text, score


def _looks(cut: Grey) -> Grey:
    """Return a line cut to its ink, dark on light, stretched to one height and full contrast."""
    middle = float(np.median(cut))
    ink = np.abs(cut.astype(np.int16) - int(middle)) > 32
    if ink.any():
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        cut = cut[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    width = max(1, round(cut.shape[1] * _LINE_PX / cut.shape[0]))
    small = cv2.resize(cut, (width, _LINE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    spread = float(small.max() - small.min())
    stretched = (small - small.min()) * (255.0 / max(spread, 16.0))
    return np.asarray(stretched.clip(0, 255), dtype=np.uint8)


def alike(one: Grey, two: Grey) -> bool:
    """Say whether two small pictures differ nowhere, looked at square by square.

    Examples
    --------
    >>> import numpy as np
    >>> page = np.zeros((16, 160), np.uint8)
    >>> other = page.copy()
    >>> other[4:12, 64:72] = 255
    >>> alike(page, page), alike(page, other)
    (True, False)
    """
    width = min(one.shape[1], two.shape[1])
    if one.shape[0] != two.shape[0] or abs(one.shape[1] - two.shape[1]) > 1:
        return False
    apart = cv2.absdiff(np.ascontiguousarray(one[:, :width]), np.ascontiguousarray(two[:, :width]))
    local = cv2.blur(apart.astype(np.float32), (_LINE_PX // 2, _LINE_PX))
    return float(local.max()) < _SAME
