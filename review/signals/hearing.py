"""One pass over the sound of a stream: how loud it is, and whether somebody speaks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnxruntime

from review.loaders.streams import sound
from review.signals.samples import Samples
from review.signals.voices import voice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from review.loaders.record import SittingRecord
    from review.signals.models import Models

#: The speech model's rate, window and the samples of the window before that it also sees.
RATE_HZ: Final = 16000
WINDOW: Final = 512
_CONTEXT: Final = 64
#: Windows whose highest probability is kept as one value: 8 x 32 ms = 0.256 s.
_GROUP: Final = 8
#: Probability from which on a window holds speech (the model's own documentation).
_SPOKEN: Final = 0.5
#: Windows over which a voice is described, and the share of them that must hold speech: 0.512 s.
_VOICE: Final = 16
_VOICED: Final = 0.5
#: Samples of one level value: 0.5 s.
_LEVEL: Final = RATE_HZ // 2
#: Level of digital silence, where the logarithm has no value.
FLOOR_DB: Final = -120.0
#: Blocks farther apart than this belong to different runs (codecs round their time stamps).
_HOLE_S: Final = 0.05
#: Samples that are looked at together: 64 s, a whole number of groups and of level values.
_CHUNK: Final = _GROUP * WINDOW * 250
_STATE: Final = (1, 1, 128)


class Speech:
    """Silero's voice activity model on ONNX Runtime, many windows in one run.

    Parameters
    ----------
    path
        Model file ``silero_vad``.
    threads
        Threads of the network.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.reset()

    def reset(self) -> None:
        """Forget what was heard: what follows does not join it."""
        self._h, self._c = np.zeros(_STATE, np.float32), np.zeros(_STATE, np.float32)
        self._tail = np.zeros(_CONTEXT, np.float32)

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of speech in each window of 32 ms.

        Parameters
        ----------
        samples
            At 16 kHz, a whole number of windows, following directly on the last call's.
        """
        windows = samples.reshape(-1, WINDOW)
        if not len(windows):
            return np.empty(0, np.float32)
        before = np.vstack([self._tail, windows[:-1, -_CONTEXT:]])
        self._tail = windows[-1, -_CONTEXT:].copy()
        heard, self._h, self._c = self._session.run(
            None, {"input": np.hstack([before, windows]), "h": self._h, "c": self._c}
        )
        return np.asarray(heard, dtype=np.float32).ravel()


def level_db(samples: NDArray[np.float32]) -> float:
    """Return the level of samples in dB of full scale (a square wave of amplitude 1 has 0).

    Examples
    --------
    >>> import numpy as np
    >>> round(level_db(np.full(100, 0.1, np.float32)), 3)
    -20.0
    """
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(FLOOR_DB, 10 * math.log10(power)) if power > 0 else FLOOR_DB


def measure_sound(
    record: SittingRecord,
    stream: str,
    *,
    models: Models,
    span: tuple[float, float],
    tell: Callable[[float], None],
) -> Samples:
    """Measure ``level_db`` every 0.5 s and ``speech`` (highest probability) every 0.256 s.

    Where there is speech, ``detections`` get a row of kind ``voice`` every 0.512 s, without a box:
    ``score`` is the share of voiced frames, ``embedding`` the voice's vector
    (:class:`review.signals.voices.Voice`).

    Parameters
    ----------
    span
        Device time to listen to.
    tell
        Called with the device time that is reached.
    """
    samples = Samples(stream=stream)
    speech = Speech(models.path("silero_vad")) if "silero_vad" in models else None
    for start_s, chunk, joins in _chunks(record, stream, span):
        levels = [chunk[n : n + _LEVEL] for n in range(0, len(chunk), _LEVEL)]
        times = start_s + np.arange(len(levels)) * _LEVEL / RATE_HZ
        samples.add_series("level_db", times, [level_db(part) for part in levels])
        if speech is not None:
            if not joins:
                speech.reset()
            heard = speech.probabilities(chunk[: len(chunk) // WINDOW * WINDOW])
            groups = [heard[n : n + _GROUP].max() for n in range(0, len(heard), _GROUP)]
            times = start_s + np.arange(len(groups)) * _GROUP * WINDOW / RATE_HZ
            samples.add_series("speech", times, groups)
            samples.detections += _voices(stream, start_s, chunk, heard)
        tell(start_s + len(chunk) / RATE_HZ)
    return samples


def _voices(
    stream: str, start_s: float, chunk: NDArray[np.float32], heard: NDArray[np.float32]
) -> list[dict[str, Any]]:
    rows = []
    for n in range(0, len(heard) - _VOICE + 1, _VOICE):
        if float((heard[n : n + _VOICE] >= _SPOKEN).mean()) < _VOICED:
            continue
        found = voice(chunk[n * WINDOW : (n + _VOICE) * WINDOW])
        if found is not None:
            box = dict.fromkeys(("x_px", "y_px", "w_px", "h_px"), 0.0)
            rows.append(
                {
                    "stream": stream,
                    "device_s": start_s + n * WINDOW / RATE_HZ,
                    "kind": "voice",
                    "label": "voice",
                    "track": -1,
                    "score": found.voiced,
                    "embedding": found.vector,
                    **box,
                }
            )
    return rows


def _chunks(
    record: SittingRecord, stream: str, span: tuple[float, float]
) -> Iterator[tuple[float, NDArray[np.float32], bool]]:
    """Give (device time, samples, whether they join the chunk before) of unbroken sound."""
    held: list[NDArray[np.float32]] = []
    start_s, count, joins = 0.0, 0, False
    for block in sound(record, stream, start_s=span[0], end_s=span[1], rate_hz=RATE_HZ):
        if (count or joins) and abs(block.device_s - (start_s + count / RATE_HZ)) > _HOLE_S:
            if count:
                yield start_s, np.concatenate(held), joins
            held, count, joins = [], 0, False
        if not count and not joins:
            start_s = block.device_s
        held.append(block.samples)
        count += len(block.samples)
        while count >= _CHUNK:
            whole = np.concatenate(held)
            yield start_s, whole[:_CHUNK], joins
            # The next chunk's time is counted on from here, its samples are this run's.
            start_s, joins = start_s + _CHUNK / RATE_HZ, True
            held, count = [whole[_CHUNK:]], count - _CHUNK
    if count:
        yield start_s, np.concatenate(held), joins
