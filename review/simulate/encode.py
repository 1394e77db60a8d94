"""Writing media files: H.264 and AAC in MP4, one second after the other, in constant memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import av
import numpy as np

from review.simulate.speech import RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

    from review.simulate.layers import Picture

#: Encoded seconds that are kept for repetition.
_KEPT: Final = 400


@dataclass(frozen=True, kw_only=True)
class VideoFormat:
    """How a view is encoded.

    Parameters
    ----------
    width_px, height_px
        Even numbers.
    fps
        Pictures per second, a whole number: every file lasts whole seconds.
    crf
        Quality of x264: lower is better and larger.
    preset
        Speed of x264.
    key_s
        Seconds between key pictures.
    """

    width_px: int = 480
    height_px: int = 360
    fps: int = 8
    crf: int = 25
    preset: str = "veryfast"
    key_s: int = 4

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return (self.width_px, self.height_px)


class Movie:
    """Writes one file; a context manager.

    Parameters
    ----------
    video
        None for a file with sound only.
    audio_bps
        Bits per second of the sound; 0 for a file without.
    repeats
        Whether seconds will be repeated: then every second begins with a key picture.
    created
        Moment that goes into the container, on the device's clock.
    """

    def __init__(
        self,
        path: Path,
        *,
        video: VideoFormat | None,
        audio_bps: int,
        repeats: bool = False,
        created: datetime | None = None,
    ) -> None:
        self._file = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        if created is not None:
            self._file.metadata["creation_time"] = created.isoformat()
        self._video = None if video is None else _video_stream(self._file, video, repeats=repeats)
        self._fps = 0 if video is None else video.fps
        self._audio = None
        if audio_bps:
            self._audio = self._file.add_stream("aac", rate=RATE_HZ, layout="mono")
            self._audio.bit_rate = audio_bps
        self._frames = self._samples = 0
        self._seconds: OrderedDict[Hashable, list[tuple[bytes, bool]]] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                for stream in (self._video, self._audio):
                    if stream is not None:
                        self._file.mux(stream.encode(None))
        finally:
            self._file.close()

    def has(self, key: Hashable) -> bool:
        """Say whether a second of this name is there to be repeated."""
        return key in self._seconds

    def repeat(self, key: Hashable) -> None:
        """Write a second again that :meth:`pictures` wrote under this name."""
        self._seconds.move_to_end(key)
        for data, is_key in self._seconds[key]:
            self._write(data, is_key=is_key)

    def pictures(self, pictures: Iterable[Picture], *, key: Hashable = None) -> None:
        """Write pictures (BGR); with a key, they are one second that may be repeated."""
        kept: list[tuple[bytes, bool]] = []
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = self._frames + len(kept) if key is not None else self._frames
            packets = self._picture_stream.encode(frame)
            if key is None:
                self._frames += 1
                self._file.mux(packets)
            else:
                kept += [(bytes(packet), packet.is_keyframe) for packet in packets]
        if key is not None:
            self._seconds[key] = kept
            if len(self._seconds) > _KEPT:
                self._seconds.popitem(last=False)
            self.repeat(key)

    def sound(self, samples: NDArray[np.float32]) -> None:
        """Write sound, mono, full scale 1, at ``speech.RATE_HZ``."""
        whole = np.round(samples * 32767).astype(np.int16)[None, :]
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts = self._samples
        frame.time_base = Fraction(1, RATE_HZ)
        self._samples += whole.shape[1]
        if self._audio is None:
            raise ValueError("this file was opened without sound")
        self._file.mux(self._audio.encode(frame))

    @property
    def _picture_stream(self) -> av.VideoStream:
        if self._video is None:
            raise ValueError("this file was opened without pictures")
        return self._video

    def _write(self, data: bytes, *, is_key: bool) -> None:
        packet = av.Packet(data)
        packet.stream = self._picture_stream
        packet.time_base = Fraction(1, self._fps)
        packet.pts = packet.dts = self._frames
        packet.duration = 1
        packet.is_keyframe = is_key
        self._frames += 1
        self._file.mux(packet)


def _video_stream(
    file: av.container.OutputContainer, video: VideoFormat, *, repeats: bool
) -> av.VideoStream:
    stream = file.add_stream("libx264", rate=video.fps)
    stream.width, stream.height = video.size
    stream.pix_fmt = "yuv420p"
    key = video.fps * (1 if repeats else video.key_s)
    # One thread: the same pictures give the same bytes, and several files are written at once.
    stream.options = {
        "preset": video.preset,
        "crf": str(video.crf),
        "x264-params": f"keyint={key}:min-keyint={key}:scenecut=0:threads=1:open-gop=0",
    }
    if repeats:
        # Every picture gives its packet at once, and none refers beyond its own second.
        stream.options = {**stream.options, "tune": "zerolatency"}
    return stream
