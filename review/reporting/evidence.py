"""What shows a flag: a picture with boxes and burned-in time, or a map, or why there is neither."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import cv2
from PIL import Image, ImageDraw

from review.errors import ReviewError
from review.figures.palette import family, label_colour
from review.loaders.record import SittingRecord
from review.loaders.streams import picture_at, pieces
from review.reporting.fonts import chinese_font, font
from review.reporting.masking import PeopleHider, WindowHider, hide_people
from review.reporting.privacy import Privacy
from review.reporting.voice import Voice, clock, wall
from review.session import CAMERAS, POSITIONS, VIEWS
from review.timeline.clocks import to_device_s, to_session_s

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from review.loaders.streams import StreamPicture
    from review.reporting.model import FlagSummary
    from review.session import Sitting
    from review.workspace import Workspace

#: Width of a picture in a report: two of them stand side by side on A4 at 170 dots per inch.
WIDTH_PX: Final = 560
_QUALITY: Final = 82
#: A box belongs to a picture if it was detected at most this far from the flag's evidence time.
_BOX_REACH_S: Final = 1.0
#: Kinds of detections that show a flag of a label.
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "extra_person": ("face", "person"),
    "different_person": ("face",),
    "face_hidden": ("face",),
    "looking_away": ("face",),
    "forbidden_object": ("object",),
    "lying_down": ("person",),
    "placement": ("person",),
}
_BOX_COLUMNS: Final = (
    "stream", "device_s", "kind", "label", "track", "x_px", "y_px", "w_px", "h_px", "score",
    "embedding",
)  # fmt: skip


#: Key of a sentence, and what its fields are filled with.
Note = tuple[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a report shows for one flag.

    Parameters
    ----------
    stream, time_s
        Which view, and the session time of the very picture; empty where there is none.
    jpeg
        The picture, or empty.
    boxes
        How many boxes are drawn in it.
    notes
        ``(key, facts)`` of sentences of the section ``report`` that belong to it.
    """

    stream: str = ""
    time_s: float | None = None
    jpeg: bytes = b""
    width_px: int = 0
    height_px: int = 0
    boxes: int = 0
    notes: tuple[Note, ...] = ()

    @property
    def data_url(self) -> str:
        """The picture as an address that needs no file beside the page."""
        return "data:image/jpeg;base64," + base64.b64encode(self.jpeg).decode()


class EvidenceReader:
    """Reads what shows the flags of one sitting, through the tables of its analysis.

    Parameters
    ----------
    width_px
        Width of the pictures.
    privacy
        Who is blurred and what is hidden; everybody but the candidate if not given.
    """

    def __init__(
        self,
        sitting: Sitting,
        workspace: Workspace,
        *,
        width_px: int = WIDTH_PX,
        privacy: Privacy | None = None,
    ) -> None:
        self.sitting = sitting
        self.privacy = privacy or Privacy.of("default")
        self._workspace = workspace
        self._width_px = width_px
        self._hiders: dict[str, PeopleHider] = {}

    @cached_property
    def record(self) -> SittingRecord:
        """The sitting's files as the analysis found them."""

        def read(name: str) -> pd.DataFrame:
            return self._workspace.read_sitting(name, self.sitting)

        return SittingRecord(
            sitting=self.sitting,
            segments=read("segments"),
            events=read("events"),
            positions=read("positions"),
            problems=read("problems"),
        )

    @cached_property
    def clocks(self) -> pd.DataFrame:
        """Table ``clocks`` of the sitting."""
        return self._workspace.read_sitting("clocks", self.sitting)

    @cached_property
    def detections(self) -> pd.DataFrame:
        """Table ``detections`` of the sitting."""
        session_id, candidate_id, subject_id = self.sitting.key
        return self._workspace.read(
            "detections",
            session_id,
            candidate_id=candidate_id,
            subject_id=subject_id,
            columns=_BOX_COLUMNS,
        )

    def show(self, flag: FlagSummary, voice: Voice) -> Shown:
        """Return what shows a flag; never raises for evidence that is missing or damaged."""
        notes: list[Note] = []
        for stream in views_for(flag):
            boxes = self._boxes(flag, stream)
            moment = float(to_device_s(self.clocks, stream, flag.evidence_s))
            if len(boxes):
                moment = float(boxes["device_s"].iloc[0])
            try:
                picture = picture_at(self.record, stream, moment)
            except (ReviewError, OSError):
                picture = None
            if picture is not None:
                return self._drawn(flag, stream, picture, boxes, voice, notes=notes)
            notes += self._why_not(stream, moment)
        return Shown(notes=tuple(notes) or (("picture_none", {}),))

    @cached_property
    def _windows(self) -> WindowHider:
        return WindowHider(self.record, self.clocks)

    def _masked(
        self, flag: FlagSummary, stream: str, picture: StreamPicture
    ) -> tuple[NDArray[np.uint8], list[Note]]:
        """Return the picture as it may be seen, and what is to be said about that."""
        if stream == "screen":
            if not self.privacy.windows:
                return picture.pixels, []
            hidden = self._windows(picture.pixels, picture.device_s, picture.file)
            return hidden, [] if hidden is picture.pixels else [("picture_windows", {})]
        if not self.privacy.blur or stream not in CAMERAS:
            return picture.pixels, []
        if stream not in self._hiders:
            self._hiders[stream] = PeopleHider(
                self.record, self.detections, stream, workspace=self._workspace
            )
        people = self._hiders[stream].people
        if flag.label == "different_person" and self.privacy.strangers:
            people = people.without_largest(picture.device_s)
        hidden = hide_people(picture.pixels, people, picture.device_s)
        return hidden, [] if hidden is picture.pixels else [("picture_blurred", {})]

    def _boxes(self, flag: FlagSummary, stream: str) -> pd.DataFrame:
        """Return the boxes of the sample nearest to the flag's evidence time."""
        kinds = _KINDS.get(flag.label, ())
        rows = self.detections
        rows = rows[(rows["stream"] == stream) & rows["kind"].isin(kinds)]
        if rows.empty:
            return rows
        wanted = float(to_device_s(self.clocks, stream, flag.evidence_s))
        distance = (rows["device_s"] - wanted).abs()
        if distance.min() > _BOX_REACH_S:
            return rows.iloc[:0]
        nearest = rows["device_s"].to_numpy()[int(distance.to_numpy().argmin())]
        found: pd.DataFrame = rows[rows["device_s"] == nearest]
        return found

    def _why_not(self, stream: str, moment: float) -> list[Note]:
        """Name the file that should have shown the moment, if there is one."""
        for piece in pieces(self.record.segments, stream):
            if piece.start_s <= moment < piece.end_s:
                exists = self.record.path(piece.file).exists()
                return [("picture_gone" if exists else "picture_vanished", {"file": piece.file})]
        return []

    def _drawn(
        self,
        flag: FlagSummary,
        stream: str,
        picture: StreamPicture,
        boxes: pd.DataFrame,
        voice: Voice,
        *,
        notes: list[Note],
    ) -> Shown:
        time_s = float(to_session_s(self.clocks, stream, picture.device_s))
        subject = self.sitting.subject
        shown, masks = self._masked(flag, stream, picture)
        words = (
            f"{clock(time_s)}   {wall(subject.start, time_s)}",
            f"{voice.name('stream', stream)}   {self.sitting.candidate.id}",
        )
        pixels = draw(
            shown,
            boxes[["x_px", "y_px", "w_px", "h_px"]].to_numpy(dtype=float),
            names=[_box_name(row) for row in boxes.to_dict("records")],
            colour=label_colour(flag.label),
            words=words,
            plain_words=(words[0], f"{stream}   {self.sitting.candidate.id}"),
            width_px=self._width_px,
        )
        other = stream not in flag.streams and any(s in VIEWS for s in flag.streams)
        more: list[Note] = [("picture_other", {})] if other else []
        more += [("picture_boxes", {})] if len(boxes) else []
        buffer = io.BytesIO()
        pixels.save(buffer, "JPEG", quality=_QUALITY, subsampling=0, optimize=True)
        return Shown(
            stream=stream,
            time_s=time_s,
            jpeg=buffer.getvalue(),
            width_px=pixels.width,
            height_px=pixels.height,
            boxes=len(boxes),
            notes=(*notes, *more, *masks),
        )


def views_for(flag: FlagSummary) -> tuple[str, ...]:
    """Return the views that may show a flag, the best first.

    Its own views, then those that support it; a flag of a log shows the screen first.
    """
    own = [stream for stream in flag.streams if stream in VIEWS]
    supporting = [stream for stream in flag.supports if stream in VIEWS]
    rest = ("screen", "front") if family(flag.label) == "screen" else VIEWS
    return tuple(dict.fromkeys((*own, *supporting, *rest)))


def shows_map(flag: FlagSummary) -> bool:
    """Say whether a flag is about the place and best shown on a map."""
    return family(flag.label) == "place" and any(s in POSITIONS for s in flag.streams)


def draw(
    pixels: NDArray[np.uint8],
    boxes: NDArray[np.float64],
    *,
    names: Sequence[str],
    colour: str,
    words: tuple[str, str],
    plain_words: tuple[str, str],
    width_px: int,
) -> Image.Image:
    """Draw boxes into a picture and set the words under it, so that they cover nothing of it.

    Parameters
    ----------
    pixels
        BGR, shape (height, width, 3), the original size. It is not changed.
    boxes
        x, y, width and height in pixels of ``pixels``, shape (n, 4).
    words
        What stands under it at the left and at the right.
    plain_words
        The same for a machine without a Chinese font.
    """
    factor = width_px / pixels.shape[1]
    height_px = max(round(pixels.shape[0] * factor), 1)
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    small = cv2.resize(pixels, (width_px, height_px), interpolation=way)
    strip_px = 26
    page = Image.new("RGB", (width_px, height_px + strip_px), "#1b1b1b")
    page.paste(Image.fromarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB)), (0, 0))
    pen = ImageDraw.Draw(page)
    for (x, y, w, h), name in zip(boxes * factor, names, strict=True):
        frame = (x, y, min(x + w, width_px - 1), min(y + h, height_px - 1))
        pen.rectangle(frame, outline="white", width=5)
        pen.rectangle(frame, outline=colour, width=3)
        _tag(pen, name, x=x, y=y, colour=colour)
    left, right = words if chinese_font() or "".join(words).isascii() else plain_words
    letters = font(14)
    pen.text((8, height_px + strip_px / 2), left, font=letters, fill="white", anchor="lm")
    pen.text(
        (width_px - 8, height_px + strip_px / 2), right, font=letters, fill="white", anchor="rm"
    )
    return page


def _tag(pen: ImageDraw.ImageDraw, name: str, *, x: float, y: float, colour: str) -> None:
    letters = font(12)
    x, y = max(x, 0.0), max(y - 16, 0.0)
    width = pen.textlength(name, font=letters)
    pen.rectangle((x, y, x + width + 6, y + 16), fill=colour)
    pen.text((x + 3, y + 8), name, font=letters, fill="white", anchor="lm")


def _box_name(row: Mapping[Any, Any]) -> str:
    name = row["label"] if row["kind"] == "object" and row["label"] else row["kind"]
    return f"{name} {row['score']:.2f}"
