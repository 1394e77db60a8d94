"""Records made of any files, and tiny videos whose truth is known by construction."""

from pathlib import Path
from types import MappingProxyType

import av
import numpy as np
import pytest

from review import tables
from review.loaders.media import probe
from review.loaders.record import SittingRecord
from review.session import DEVICE_OF
from review.signals.models import find_models


@pytest.fixture
def make_record(make_sitting):
    """Make a record: ``files`` is a list of (stream, path, device_start_s)."""

    def make(files=(), *, events=(), positions=(), photos=None, **session):
        sitting = make_sitting(**{"required_streams": ("front",), **session})
        rows = []
        for stream, path, start_s in files:
            info = probe(path)
            rows.append(
                {
                    "stream": stream, "device": DEVICE_OF[stream], "file": str(path),
                    "device_start_s": start_s, "duration_s": info.duration_s,
                    "start_source": "recordings_csv", "video_codec": info.video_codec,
                    "width_px": info.width_px, "height_px": info.height_px,
                    "audio_codec": info.audio_codec, "origin_pts_s": info.origin_pts_s,
                    "rotation_deg": info.rotation_deg, "size_bytes": Path(path).stat().st_size,
                    "container": "mp4",
                }
            )  # fmt: skip
        return SittingRecord(
            sitting=sitting,
            segments=tables.build("segments", rows, key=sitting.key),
            events=tables.build("events", events, key=sitting.key),
            positions=tables.build("positions", positions, key=sitting.key),
            problems=tables.empty("problems"),
            photos=MappingProxyType(photos or {}),
        )

    return make


@pytest.fixture
def make_video(tmp_path):
    """Write pictures (height, width, 3) as H.264, one key frame every ``gop`` pictures."""

    def make(pictures, *, fps=5, gop=5, name="video.mp4", sound=None):
        path = tmp_path / name
        with av.open(str(path), "w") as out:
            track = out.add_stream("libx264", rate=fps)
            height, width = pictures[0].shape[:2]
            track.width, track.height, track.pix_fmt = width, height, "yuv420p"
            track.codec_context.gop_size = gop
            track.options = {"preset": "ultrafast", "crf": "18", "sc_threshold": "0"}
            voice = out.add_stream("aac", rate=16000, layout="mono") if sound is not None else None
            for picture in pictures:
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
                out.mux(track.encode(frame))
            out.mux(track.encode(None))
            if voice is not None:
                frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
                frame.sample_rate = 16000
                out.mux(voice.encode(frame))
                out.mux(voice.encode(None))
        return path

    return make


@pytest.fixture(scope="session")
def models():
    """Every model file that is there; the embedded ones must be."""
    found = find_models()
    assert {"centerface", "face_landmarks_5", "face_embedding", "silero_vad"} <= set(found.paths)
    return found


@pytest.fixture(scope="session")
def embedded(models):
    """The embedded default, as if no file had been added."""
    from review.signals.models import MODELS, Models

    names = [model.name for model in MODELS if model.package]
    return Models(paths=MappingProxyType({name: models.paths[name] for name in names}))


@pytest.fixture
def values():
    """Return (times, values) of one signal."""

    def pick(measured, stream, signal):
        rows = measured.signals
        rows = rows[(rows["stream"] == stream) & (rows["signal"] == signal)]
        return rows["device_s"].to_numpy(), rows["value"].to_numpy()

    return pick
