"""How long a recording really is: what its header declares, borne out by its last packets."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from av.error import FFmpegError

from review.loaders import matroska
from review.loaders.container import first_of, opened, packets_of, read_info, seek

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.container import InputContainer

    from review.loaders.container import MediaInfo

#: A declared length is borne out when the content reaches within this much of it, or within one
#: part in a hundred: sound is padded to whole frames, the last picture is held.
_TOLERANCE_S: Final = 1.0
_TOLERANCE: Final = 0.01
#: Where the search for the last packets starts, before the declared end.
_TAIL_S: Final = 3.0
#: Packets that are tried before a file that contradicts itself is said not to decode at all.
_TRIED_PACKETS: Final = 600


@dataclass(frozen=True, kw_only=True)
class Span:
    """Length of a recording.

    Parameters
    ----------
    duration_s
        From the file's ``origin_pts_s`` to the end of its last packet.
    walked
        The whole file was walked through.
    packets
        Packets seen (of the whole file if ``walked``, else of its tail).
    mean_fps
        Pictures a second, where the whole file was walked.
    """

    duration_s: float
    walked: bool
    packets: int
    mean_fps: float | None = None


@dataclass
class _Reach:
    """Furthest time of one track."""

    base: Fraction
    first: int | None = None
    last: int | None = None
    hold: int = 0
    count: int = 0

    def add(self, stamp: int, duration: int) -> None:
        self.count += 1
        if self.first is None or stamp < self.first:
            self.first = stamp
        if self.last is None or stamp >= self.last:
            self.last, self.hold = stamp, duration

    @property
    def end_s(self) -> float | None:
        if self.last is None or self.first is None:
            return None
        hold = Fraction(self.hold)
        if not hold and self.count > 1:
            # Browser recorders give packets no length: the last one is held for the mean.
            hold = Fraction(self.last - self.first, self.count - 1)
        return float((self.last + hold) * self.base)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What a recording's headers say, and how long it really is."""

    info: MediaInfo
    span: Span


def examine(path: Path | str) -> Recording:
    """Read the headers of a recording and find out how long it is, opening it once.

    The declared end is looked up, or for a browser's recording its last clusters; only where that
    fails, or the content does not reach the declared end, the whole file is walked through,
    without decoding.

    Raises
    ------
    LoadError
        If the file cannot be opened.
    """
    with opened(path) as container:
        info = read_info(path, container)
        return Recording(info=info, span=_span(container, info))


def _span(container: InputContainer, info: MediaInfo) -> Span:
    declared_s = info.duration_s
    if declared_s is None and info.container.startswith("matroska"):
        end_s = matroska.end_s(info.path)
        if end_s is not None and end_s > info.origin_pts_s:
            return Span(duration_s=end_s - info.origin_pts_s, walked=False, packets=1)
    if declared_s is not None:
        tail = _tail(container, info, declared_s)
        if tail is not None:
            return tail
        lead = first_of(container, "video") or first_of(container, "audio")
        seek(container, lead, info.origin_pts_s)
    return _walk(container, info)


def borne_out(declared_s: float, measured_s: float) -> bool:
    """Say whether a measured length bears out a declared one."""
    return abs(declared_s - measured_s) <= max(_TOLERANCE_S, _TOLERANCE * declared_s)


def decodes(info: MediaInfo) -> bool:
    """Say whether anything at all decodes among the first packets."""
    with opened(info.path) as container:
        stream = first_of(container, "video") or first_of(container, "audio")
        for number, packet in enumerate(packets_of(container, stream)):
            if number > _TRIED_PACKETS:
                return False
            try:
                if packet.decode():
                    return True
            except FFmpegError:
                continue
    return False


def _tail(container: InputContainer, info: MediaInfo, declared_s: float) -> Span | None:
    lead = first_of(container, "video") or first_of(container, "audio")
    wanted_s = info.origin_pts_s + declared_s - _TAIL_S
    if wanted_s > info.origin_pts_s:
        seek(container, lead, wanted_s)
    reaches, count = _reaches(container, _packets(container))
    ends = [r.end_s for r in reaches.values() if r.end_s is not None]
    if not ends:
        return None
    duration_s = max(ends) - info.origin_pts_s
    if not borne_out(declared_s, duration_s):
        return None
    return Span(duration_s=max(0.0, duration_s), walked=False, packets=count)


def _walk(container: InputContainer, info: MediaInfo) -> Span:
    reaches, count = _reaches(container, _packets(container))
    ends = [r.end_s for r in reaches.values() if r.end_s is not None]
    duration_s = max(0.0, max(ends) - info.origin_pts_s) if ends else 0.0
    video = first_of(container, "video")
    pictures = 0 if video is None else reaches[video.index].count
    return Span(
        duration_s=duration_s,
        walked=True,
        packets=count,
        mean_fps=pictures / duration_s if pictures and duration_s else None,
    )


def _packets(container: InputContainer) -> Iterator[Any]:
    streams = [first_of(container, kind) for kind in ("video", "audio")]
    return packets_of(container, *(s for s in streams if s is not None))


def _reaches(container: InputContainer, packets: Iterable[Any]) -> tuple[dict[int, _Reach], int]:
    reaches = {
        s.index: _Reach(Fraction(s.time_base or Fraction(1, 1_000_000)))
        for s in (first_of(container, "video"), first_of(container, "audio"))
        if s is not None
    }
    count = 0
    for packet in packets:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None or not packet.size:
            continue
        count += 1
        reaches[packet.stream_index].add(stamp, packet.duration or 0)
    return reaches, count
