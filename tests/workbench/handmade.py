"""A session made by hand: four views whose pictures carry the session time they show.

The time stands in the picture as 20 black or white squares (milliseconds in binary, most
significant first) on the upper edge, 16 pixels each, for pictures 320 pixels wide. The streams
differ in rate, start, clock and number of files; nothing is analysed, every table is written here.
"""

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from review import tables
from review.timeline.clocks import declared_clocks, to_device_s
from review.timeline.clocks import to_session_s as to_session
from review.workspace import Workspace

KEY = ("WB-1", "20221210001", "theory")
WINDOW = (0.0, 60.0)
WIDTH, HEIGHT, BITS, CELL = 320, 180, 20, 16
#: name of the candidate: what a careless page would run
NAME = '王<img src=x onerror="window.pwned=1">小明'

#: stream -> files: (name, device start, seconds, pictures a second, first pts)
FILES = {
    "front": [("a.mp4", -2.0, 64.0, 25, 0.0)],
    "right_rear": [("1.mp4", -3.0, 26.0, 15, 0.0), ("2.mp4", 30.0, 32.0, 15, 5.0)],
    "left_front": [("a.mp4", 3.0, 58.0, 10, 0.0)],
    "screen": [("a.mp4", -2.0, 64.0, 5, 0.0)],
}
CLOCKS = {"phone1": (1.5, 200.0), "phone2": (-0.75, -150.0), "computer": (0.0, 0.0)}
COLOURS = {
    "front": (58, 84, 110),
    "right_rear": (96, 70, 58),
    "left_front": (60, 92, 70),
    "screen": (88, 76, 104),
}

FLAGS = [
    ("f1", "absent", ["front", "left_front"], 8.0, 14.0, 0.93),
    ("f2", "extra_person", ["right_rear"], 18.0, 21.5, 0.71),
    ("f3", "recording_gap", ["right_rear"], 24.5, 31.5, 1.0),
    ("f4", "off_screen", ["screen"], 36.0, 37.2, 0.88),
    ("f5", "location_drift", ["gps_phone1"], 40.0, 55.0, 0.64),
]

MANIFEST = """format = 1
id = "WB-1"
kind = "exam"
platform = "itmc"
rulebook = "itmc-2022"
timezone = "Asia/Shanghai"

[region]
name = "北京市"
adcode = "110000"

[positions]
crs = "wgs84"

[[subjects]]
id = "theory"
name = "理论知识"
start = 2022-12-10T08:30:00+08:00
end = 2022-12-10T08:31:00+08:00

[[subjects]]
id = "skills"
name = "操作技能"
start = 2022-12-10T10:15:00+08:00
end = 2022-12-10T10:16:00+08:00
"""


def picture(stream, session_s):
    """An upright picture that says which stream and moment it is."""
    image = Image.new("RGB", (WIDTH, HEIGHT), COLOURS[stream])
    draw = ImageDraw.Draw(image)
    stamp = round((session_s + 100) * 1000)
    for bit in range(BITS):
        white = stamp >> (BITS - 1 - bit) & 1
        box = (bit * CELL, 0, bit * CELL + CELL - 1, CELL - 1)
        draw.rectangle(box, fill=(255, 255, 255) if white else (0, 0, 0))
    font = ImageFont.load_default(26)
    draw.text((12, 60), f"{stream}", font=font, fill=(235, 235, 235))
    draw.text((12, 100), f"{session_s:+09.3f} s", font=font, fill=(255, 214, 120))
    return np.asarray(image)


def write_view(path, stream, clocks, device_start_s, seconds, fps, first_pts, *, sound):
    path.parent.mkdir(parents=True, exist_ok=True)
    base = Fraction(1, 12800)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        video = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "30"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.time_base = base
        video.codec_context.gop_size = fps
        audio = None
        if sound:
            audio = out.add_stream("aac", rate=16000, layout="mono")
        device = device_start_s + np.arange(int(seconds * fps)) / fps
        times = to_session(clocks, stream, device)
        for n, session_s in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(stream, float(session_s)), format="rgb24")
            frame.pts, frame.time_base = round((first_pts + n / fps) / base), base
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is not None:
            tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * 16000)) / 16000)
            for at in range(0, len(tone) - 1023, 1024):
                block = tone[None, at : at + 1024].astype(np.float32)
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                frame.sample_rate, frame.pts = 16000, at + round(first_pts * 16000)
                frame.time_base = Fraction(1, 16000)
                out.mux(audio.encode(frame))
            out.mux(audio.encode(None))


def make_clocks(sitting):
    clocks = declared_clocks(sitting)
    for device, (offset_s, drift_ppm) in CLOCKS.items():
        mine = clocks["device"] == device
        clocks.loc[mine, ["offset_s", "drift_ppm", "uncertainty_s"]] = offset_s, drift_ppm, 0.02
        clocks.loc[mine, ["state", "method"]] = "synchronised", "by construction"
    return clocks


def make_session(folder: Path) -> Path:
    """Write the manifest and the candidates; recordings follow with the clocks."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "session.toml").write_text(MANIFEST, encoding="utf-8")
    quoted = NAME.replace('"', '""')
    (folder / "candidates.csv").write_text(
        "candidate_id,name,id_number,occupation,level,subjects\n"
        f'20221210001,"{quoted}",110101199001011234,电子商务师,三级,theory;skills\n'
        "20221210002,李丽,110101199202023456,电子商务师,三级,theory\n",
        encoding="utf-8",
    )
    return folder


def make_workspace(folder: Path, session) -> Workspace:
    """Write the recordings of the first sitting and every table of it."""
    workspace = Workspace(folder)
    workspace.register(session)
    sitting = session.sitting(*KEY[1:])
    clocks = make_clocks(sitting)
    workspace.write_sitting(sitting, {**_others(sitting, clocks), "clocks": clocks})
    # The second candidate's recordings never came: the analysis failed.
    failed = session.sitting("20221210002", "theory")
    row = {**_SITTING, "state": "failed", "reason": "no recording at all"}
    nothing = {name: tables.empty(name) for name in tables.SCHEMAS}
    failures = tables.build("sittings", [row], key=failed.key)
    workspace.write_sitting(failed, {**nothing, "sittings": failures})
    return workspace


_SITTING = {
    "state": "done",
    "key": "by-hand",
    "window_start_s": WINDOW[0],
    "window_end_s": WINDOW[1],
    "elapsed_s": 1.0,
    "analysed_at": "2022-12-11T09:00:00+08:00",
    "version": "0",
}


def _others(sitting, clocks):
    def build(name, rows):
        return tables.build(name, rows, key=sitting.key)

    segments, coverage = [], []
    for stream, files in FILES.items():
        for name, start_s, seconds, fps, first_pts in files:
            path = sitting.folder / stream / name
            write_view(
                path, stream, clocks, start_s, seconds, fps, first_pts, sound=stream == "screen"
            )
            segments.append(_segment(sitting, stream, path, start_s, seconds, fps, first_pts))
            from_s, to_s = to_session(clocks, stream, [start_s, start_s + seconds])
            coverage.append(_state(stream, max(from_s, 0.0), min(to_s, 60.0), "recorded"))
    coverage += [
        _state("right_rear", 24.5, 31.5, "missing"),
        _state("left_front", 0.0, 2.25, "missing"),
        _state("left_front", 44.0, 49.0, "covered"),
        _state("front", 52.0, 56.0, "frozen"),
        _state("screen", 15.0, 20.0, "silent"),
        _state("gps_phone1", 0.0, 60.0, "recorded"),
        _state("gps_phone2", 0.0, 33.0, "recorded"),
        _state("gps_phone2", 33.0, 60.0, "missing"),
    ]
    return {
        "segments": build("segments", segments),
        "coverage": build("coverage", coverage),
        "events": build("events", _events()),
        "positions": build("positions", _positions()),
        "signals": build("signals", _signals()),
        "detections": tables.empty("detections"),
        "texts": tables.empty("texts"),
        "flags": build("flags", [_flag(clocks, *flag) for flag in FLAGS]),
        "scores": build("scores", [{"risk": 71.5, "unseen": 0.12, "reasons": ["absent 6 s"]}]),
        "problems": build("problems", []),
        "sittings": build("sittings", [_SITTING]),
    }


def _segment(sitting, stream, path, start_s, seconds, fps, first_pts):
    from review.session import DEVICE_OF

    return {
        "stream": stream,
        "device": DEVICE_OF[stream],
        "file": str(path.relative_to(sitting.session.folder)),
        "device_start_s": start_s,
        "duration_s": seconds,
        "start_source": "manifest",
        "video_codec": "h264",
        "width_px": WIDTH,
        "height_px": HEIGHT,
        "audio_codec": "aac" if stream == "screen" else None,
        "origin_pts_s": first_pts,
        "rotation_deg": 0,
        "mean_fps": float(fps),
        "size_bytes": path.stat().st_size,
        "container": "mov,mp4,m4a,3gp,3g2,mj2",
    }


def _state(stream, start_s, end_s, state):
    return {"stream": stream, "start_s": start_s, "end_s": end_s, "state": state}


def _flag(clocks, flag_id, label, streams, start_s, end_s, score):
    device = to_device_s(clocks, streams[0], [start_s, end_s])
    return {
        "flag_id": flag_id,
        "label": label,
        "streams": streams,
        "start_s": start_s,
        "end_s": end_s,
        "score": score,
        "detector": "by_hand",
        "reason": f"{label} for {end_s - start_s:.1f} s",
        "supports": streams[1:],
        "contradicts": ["screen"] if label == "absent" else [],
        "evidence_s": (start_s + end_s) / 2,
        "device_start_s": float(device[0]),
        "device_end_s": float(device[1]),
        "reason_key": "by_hand",
        "facts": "{}",
    }


def _events():
    rows = [
        (-1.5, "events_client", "login", {}),
        (0.2, "events_client", "answer_start", {}),
        (36.0, "events_client", "focus_lost", {"to": "<b>notes</b>"}),
        (37.2, "events_client", "focus_gained", {}),
        (42.0, "events_proctor", "warning", {"reason": "off_screen", "answered": True}),
        (58.5, "events_client", "submit", {}),
    ]
    return [
        {
            "stream": stream,
            "device_s": time_s,
            "time_s": time_s,
            "device_time": f"2022-12-10T08:30:{max(time_s, 0):04.1f}+08:00",
            "type": kind,
            "detail": json.dumps(detail),
        }
        for time_s, stream, kind, detail in rows
    ]


def _positions():
    return [
        {
            "stream": stream,
            "device_s": float(t),
            "time_s": float(t),
            "lat_deg": 39.95 + 0.0001 * (t - 40 if t > 40 and stream == "gps_phone1" else 0),
            "lon_deg": 116.35,
            "accuracy_m": 12.0,
            "mock": False,
            "crs": "wgs84",
        }
        for stream, until in (("gps_phone1", 60), ("gps_phone2", 33))
        for t in range(0, until, 2)
    ]


def _signals():
    return [
        {"stream": "front", "device_s": t / 2, "signal": "faces", "value": float(not 16 <= t < 28)}
        for t in range(120)
    ]
