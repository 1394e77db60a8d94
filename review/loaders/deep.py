"""Walking whole files: what the headers claim, borne out or contradicted."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from av.error import FFmpegError

from review.errors import LoadError
from review.loaders import problems
from review.loaders.container import first_of, opened, packets_of, read_info
from review.loaders.problems import Problem, brief
from review.loaders.spans import borne_out

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd
    from av.packet import Packet as RawPacket

    from review.loaders.record import SittingRecord

#: A hole in the time stamps of at least this many seconds is reported: browsers that are short of
#: power leave out pictures for up to a second.
GAP_S: Final = 2.0
#: Time stamps that go back by less than this are rounding, not a clock that was set back.
_BACK_S: Final = 0.05
#: Packets come in decoding order, at most 16 pictures ahead of their own (H.264, A.3.1).
_REORDER: Final = 32
#: Places that are named for one file and kind of finding before the rest is only counted.
_NAMED: Final = 50


#: Code, start and end on the file's time stamps (NaN for nowhere), message.
_Finding = tuple[str, float, float, str]


@dataclass
class _Walk:
    """What was seen of one track, on the file's time stamps."""

    name: str
    base: Fraction
    waiting: list[float] = field(default_factory=list)
    last_s: float = -math.inf
    end_s: float = -math.inf
    packets: int = 0
    findings: list[_Finding] = field(default_factory=list)

    def add(self, packet: RawPacket[Any]) -> None:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None or not packet.size:
            return
        self.packets += 1
        start_s = float(stamp * self.base)
        self.end_s = max(self.end_s, start_s + float((packet.duration or 0) * self.base))
        if packet.is_corrupt:
            self.findings.append(("media_damaged", start_s, start_s, "a damaged packet"))
        heapq.heappush(self.waiting, start_s)
        if len(self.waiting) > _REORDER:
            self._next(heapq.heappop(self.waiting))

    def finish(self) -> None:
        while self.waiting:
            self._next(heapq.heappop(self.waiting))

    def _next(self, stamp_s: float) -> None:
        if self.last_s - stamp_s > _BACK_S:
            message = f"{self.name} time goes back by {self.last_s - stamp_s:.2f} s"
            self.findings.append(("media_time_back", stamp_s, self.last_s, message))
        elif stamp_s - self.last_s >= GAP_S and self.last_s != -math.inf:
            message = f"no {self.name} for {stamp_s - self.last_s:.1f} s"
            self.findings.append(("media_gap", self.last_s, stamp_s, message))
        self.last_s = stamp_s


def deep_check(record: SittingRecord) -> pd.DataFrame:
    """Walk all packets of all recordings of a sitting and decode the key frames.

    Returns
    -------
    pandas.DataFrame
        Table ``problems``: holes in the time stamps, time stamps that go back, damaged packets,
        key frames that do not decode, lengths that the whole content contradicts, files that
        cannot be walked. ``start_s`` and ``end_s`` are on device time where a segment is placed.
    """
    found: list[Problem] = []
    rows = record.segments.to_dict("records")
    for number, row in enumerate(rows):
        # A file that serves several subjects may have several parts; it is walked once.
        if all(row["file"] != earlier["file"] for earlier in rows[:number]):
            found += _of_file(record, row)
    return problems.table(found, key=record.sitting.key)


def _of_file(record: SittingRecord, row: Mapping[Hashable, Any]) -> list[Problem]:
    file = row["file"]
    try:
        findings = walk_file(record, file)
    except LoadError as error:
        findings = [("deep_failed", math.nan, math.nan, brief(error))]
    shift_s = row["device_start_s"] - row["origin_pts_s"]
    first_s, last_s = row["origin_pts_s"], row["origin_pts_s"] + row["duration_s"]
    if row["start_source"] != "none" and _is_shared(record, file):
        # What lies in another subject's part of the file is said there.
        findings = [f for f in findings if not (f[2] < first_s or f[1] > last_s)]
    return [
        Problem(
            code=code,
            stream=row["stream"],
            file=file,
            start_s=None if math.isnan(start_s + shift_s) else start_s + shift_s,
            end_s=None if math.isnan(end_s + shift_s) else end_s + shift_s,
            message=f"{file}: {message}",
        )
        for code, start_s, end_s, message in findings
    ]


def _is_shared(record: SittingRecord, file: str) -> bool:
    return record.path(file).is_relative_to(record.sitting.shared_folder)


def walk_file(record: SittingRecord, file: str) -> list[_Finding]:
    """Walk one file: (code, start, end on its time stamps, message) of everything found."""
    path = record.path(file)
    with opened(path) as container:
        info = read_info(path, container)
        tracks = [(k, first_of(container, k)) for k in ("video", "audio")]
        walks = {
            s.index: _Walk(
                name="picture" if kind == "video" else "sound", base=Fraction(s.time_base)
            )
            for kind, s in tracks
            if s is not None and s.time_base
        }
        errors: list[str] = []
        keys = _KeyFrames(declared=_indexed_keys(tracks[0][1], info.container))
        for packet in packets_of(
            container, *(s for _, s in tracks if s is not None), errors=errors
        ):
            # The packet that ends a track has the stream but not its index.
            walk = walks.get(packet.stream.index)
            if walk is not None:
                walk.add(packet)
                keys.look(packet, walk.base)
    findings = keys.findings
    for walk in walks.values():
        walk.finish()
        findings += walk.findings
    end_s = max((w.end_s for w in walks.values()), default=-math.inf)
    if errors:
        findings.append(
            ("media_damaged", math.nan, math.nan, f"{len(errors)} read errors: {errors[0]}")
        )
    if info.duration_s is not None and end_s > -math.inf:
        length_s = end_s - info.origin_pts_s
        if not borne_out(info.duration_s, length_s):
            message = f"declares {info.duration_s:.1f} s, all its content is {length_s:.1f} s long"
            span = sorted((info.origin_pts_s + length_s, info.origin_pts_s + info.duration_s))
            findings.append(("duration_contradicted", span[0], span[1], message))
    return _shortened(findings)


def _indexed_keys(stream: Any, container: str) -> frozenset[int]:
    """Return the decoding times that the index of an MP4 file calls key frames."""
    if stream is None or not container.startswith("mov"):
        return frozenset()
    return frozenset(entry.timestamp for entry in stream.index_entries if entry.is_keyframe)


@dataclass
class _KeyFrames:
    """Decodes the key frames on the way: what they show stands for the pictures after them."""

    declared: frozenset[int]
    findings: list[_Finding] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)

    def look(self, packet: RawPacket[Any], base: Fraction) -> None:
        """Decode a key frame, or at the end of the track flush what the decoder still holds."""
        if packet.stream.type != "video":
            return
        if packet.size and packet.pts is not None:
            if packet.is_keyframe:
                self.waiting.append(float(packet.pts * base))
            elif packet.dts in self.declared:
                # The index calls it a key frame, its content is none.
                at = float(packet.pts * base)
                self.findings.append(("media_damaged", at, at, "a key frame is damaged"))
        if packet.size and not packet.is_keyframe:
            return
        try:
            frames = packet.decode()
        except FFmpegError:
            # The picture does not come out, which is found below.
            frames = []
        for frame in frames:
            if frame.pts is not None:
                self._came(float(frame.pts * base), corrupt=frame.is_corrupt)
        if not packet.size:
            self._came(math.inf, corrupt=False)

    def _came(self, pts_s: float, *, corrupt: bool) -> None:
        """Report the key frames before one that came out: decoders keep the order."""
        lost = [at for at in self.waiting if at < pts_s or (at == pts_s and corrupt)]
        self.waiting = [at for at in self.waiting if at > pts_s]
        self.findings += [("media_damaged", at, at, "a key frame does not decode") for at in lost]


def _shortened(
    findings: list[_Finding],
) -> list[_Finding]:
    """Name the first places of each kind of finding and count the rest."""
    kept: list[_Finding] = []
    for code in dict.fromkeys(f[0] for f in findings):
        same = [f for f in findings if f[0] == code]
        kept += same[:_NAMED]
        if len(same) > _NAMED:
            rest = same[_NAMED:]
            message = f"{len(rest)} more places like these"
            kept.append((code, rest[0][1], rest[-1][2], message))
    return kept
