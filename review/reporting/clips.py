"""Evidence clips: the views of a stretch of session time as one synchronised picture.

moviepy writes; every frame is found by its time stamp through the loaders. Asked for time itself,
moviepy is wrong on files of variable rate.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from moviepy import VideoClip
from moviepy.audio.AudioClip import AudioArrayClip

from review.errors import RenderError
from review.reporting.evidence import EvidenceReader
from review.reporting.feeds import ViewFeed, session_sound
from review.reporting.framing import AROUND_S, LONGEST_FLAG_S, shown_part
from review.reporting.masking import PeopleHider, WindowHider
from review.reporting.mosaic import Mosaic
from review.reporting.stored import analysed
from review.session import VIEWS
from review.timeline.clocks import to_device_s
from review.workspace import atomic_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from review.reporting.model import FlagSummary
    from review.reporting.privacy import Privacy
    from review.session import Sitting
    from review.words import Language
    from review.workspace import Workspace

_RATE_HZ: Final = 44_100
#: Longer than this is no clip but a copy of the recording (seconds).
_LONGEST_S: Final = 1800.0


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A clip that was written: its file, its session time, and what it holds."""

    path: Path
    start_s: float
    end_s: float
    frames: int
    streams: tuple[str, ...]
    sound: str | None


def write_clip(
    sitting: Sitting,
    workspace: Workspace,
    path: Path | str,
    *,
    start_s: float,
    end_s: float,
    streams: Sequence[str] = VIEWS,
    sound: str | None = "screen",
    fps: int = 25,
    language: Language = "en",
    privacy: Privacy | None = None,
    progress: Callable[[float], None] | None = None,
) -> Clip:
    """Write a stretch of an analysed sitting as an H.264 clip with burned-in times.

    Frame ``n`` stands for session time ``start_s + n / fps``; each view shows the last picture at
    or before it on its own clock, and under it the session time of that very picture. Where a view
    has nothing, a slate says so.

    Parameters
    ----------
    path
        ``.mp4``; never there half written.
    start_s, end_s
        Session time, half-open.
    streams
        One to four views.
    sound
        View whose sound is heard; None for none. Where it has none the clip is silent.
    privacy
        Who is blurred and what is hidden; everybody but the candidate if not given.
    progress
        Is told after every frame which share of them is composed.

    Raises
    ------
    RenderError
        If the stretch or a view is not possible, the sitting was not analysed (who is to be hidden
        is then not known), or the clip cannot be written.
    """
    target = Path(path)
    chosen = tuple(streams)
    _check(sitting, target, start_s, end_s, chosen, sound, fps)
    analysed(workspace.read_sitting("sittings", sitting), sitting)
    reader = EvidenceReader(sitting, workspace, privacy=privacy)
    mosaic = Mosaic(sitting, chosen, language=language)
    frames = round((end_s - start_s) * fps)
    instants_s = start_s + np.arange(frames) / fps
    feeds = {
        stream: ViewFeed(
            reader.record,
            reader.clocks,
            stream,
            instants_s=instants_s,
            room_px=mosaic.room_px,
            hide=_hider(reader, stream, workspace, (start_s, end_s)),
        )
        for stream in chosen
    }
    heard = None
    if sound is not None:
        heard = session_sound(
            reader.record, reader.clocks, sound, start_s=start_s, end_s=end_s, rate_hz=_RATE_HZ
        )
    try:
        composed = _Frames(mosaic, feeds, instants_s, fps=fps, progress=progress)
        _write(composed, heard, target, frames, fps)
    except OSError as error:
        raise RenderError(
            "the clip cannot be written",
            where=target,
            found=" ".join(str(error).split())[-300:],
            todo="free some room or choose another folder",
        ) from error
    finally:
        for feed in feeds.values():
            feed.close()
    return Clip(
        path=target,
        start_s=start_s,
        end_s=start_s + frames / fps,
        frames=frames,
        streams=chosen,
        sound=sound if heard is not None else None,
    )


def flag_clip(
    flag: FlagSummary,
    sitting: Sitting,
    workspace: Workspace,
    path: Path | str,
    *,
    before_s: float = AROUND_S,
    after_s: float = AROUND_S,
    longest_s: float = LONGEST_FLAG_S,
    **more: Any,
) -> Clip:
    """Write the clip of a flag with some time before and after it.

    Which part it shows is :func:`review.reporting.framing.shown_part`. Other keywords go to
    :func:`write_clip`.
    """
    start_s, end_s = shown_part(
        flag.start_s,
        flag.end_s,
        evidence_s=flag.evidence_s,
        before_s=before_s,
        after_s=after_s,
        longest_s=longest_s,
    )
    return write_clip(sitting, workspace, path, start_s=start_s, end_s=end_s, **more)


def _hider(
    reader: EvidenceReader, stream: str, workspace: Workspace, span: tuple[float, float]
) -> PeopleHider | WindowHider | None:
    """Return what hides parts of a view, as the reader's privacy asks."""
    if stream == "screen":
        return WindowHider(reader.record, reader.clocks) if reader.privacy.windows else None
    if not reader.privacy.blur:
        return None
    start_s, end_s = (float(t) for t in to_device_s(reader.clocks, stream, span))
    return PeopleHider(
        reader.record, reader.detections, stream, workspace=workspace, span=(start_s, end_s)
    )


class _Frames:
    """Gives moviepy the frame of a time; it asks in order, and for the first one twice."""

    def __init__(
        self,
        mosaic: Mosaic,
        feeds: dict[str, ViewFeed],
        instants_s: NDArray[np.float64],
        *,
        fps: int,
        progress: Callable[[float], None] | None,
    ) -> None:
        self._mosaic, self._feeds, self._instants_s, self._fps = mosaic, feeds, instants_s, fps
        self._progress = progress
        self._last: tuple[int, NDArray[np.uint8]] | None = None

    def __call__(self, time_s: float) -> NDArray[np.uint8]:
        index = min(round(time_s * self._fps), len(self._instants_s) - 1)
        if self._last is None or self._last[0] != index:
            session_s = float(self._instants_s[index])
            self._last = (index, self._mosaic.compose(index, session_s, self._feeds))
            if self._progress is not None:
                self._progress((index + 1) / len(self._instants_s))
        return self._last[1]


def _write(
    frames: _Frames, heard: NDArray[np.float32] | None, target: Path, count: int, fps: int
) -> None:
    # A hundredth of a frame more, so that no rounding of the length loses the last one.
    clip = VideoClip(frame_function=frames, duration=(count + 0.01) / fps)
    if heard is not None:
        both = np.column_stack([heard, heard])
        clip = clip.with_audio(AudioArrayClip(both, fps=_RATE_HZ))
    with tempfile.TemporaryDirectory() as scratch, atomic_path(target) as part:
        clip.write_videofile(
            str(part),
            fps=fps,
            codec="libx264",
            preset="veryfast",
            audio=heard is not None,
            audio_codec="aac",
            audio_bitrate="96k",
            temp_audiofile=str(Path(scratch) / "sound.m4a"),
            ffmpeg_params=["-crf", "23", "-movflags", "+faststart"],
            logger=None,
        )
        clip.close()


def _check(
    sitting: Sitting,
    target: Path,
    start_s: float,
    end_s: float,
    streams: tuple[str, ...],
    sound: str | None,
    fps: int,
) -> None:
    where = f"{sitting.name}, clip {target.name}"
    if target.suffix != ".mp4":
        raise RenderError("a clip is an .mp4 file", where=where, found=target.suffix or "no ending")
    if not 0 < end_s - start_s <= _LONGEST_S or fps < 1:
        raise RenderError(
            "no such stretch",
            where=where,
            expected=f"up to {_LONGEST_S:.0f} s, at one frame a second or more",
            found=f"{start_s:.1f} to {end_s:.1f} s, {fps} frames a second",
        )
    wrong = [s for s in (*streams, *([sound] if sound else [])) if s not in VIEWS]
    twice = len(set(streams)) < len(streams)
    if wrong or twice or not 1 <= len(streams) <= len(VIEWS):
        raise RenderError(
            "no such choice of views",
            where=where,
            expected=f"one to four of {', '.join(VIEWS)}",
            found=", ".join(dict.fromkeys([*streams, *wrong])) + (" twice" if twice else "")
            or "none",
        )
