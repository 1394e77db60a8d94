"""Mutates good files and loads them; run by test_fuzz.py as a program of its own.

``python fuzzing.py FOLDER SEED FIRST LAST`` works through the cases FIRST to LAST and prints
``begin N kind`` and ``end N`` (or ``fail N ...``) for each, so that the one who started it sees
which case hangs or brings the process down.
"""

import importlib.util
import json
import resource
import shutil
import sys
import tarfile
import traceback
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from PIL import Image

from review.errors import ReviewError
from review.loaders import Context, load_session, load_sitting
from review.loaders.archive import unpack
from review.loaders.check import check_sitting
from review.loaders.logs import load_log
from review.loaders.photos import read_photo
from review.loaders.positions import load_positions
from review.loaders.regions import region_boundary
from review.loaders.streams import picture_at, pictures, sound
from review.loaders.truth import load_truth
from review.session import Region


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


CONTEXT = Context(timezone=ZoneInfo("Asia/Shanghai"))
#: Far more than any of these files needs; what grows without bound meets it.
MEMORY_BYTES = 3 * 1024**3
SITTING = "recordings/C1/theory"
FRONT = f"{SITTING}/front/20221210T083000+0800"


def of_sitting(folder, _path):
    sitting = load_session(folder)[0].sitting("C1", "theory")
    record = load_sitting(sitting)
    for _ in pictures(record, "front", width_px=32):
        pass
    for _ in pictures(record, "front", keys_only=True, every_s=0.5, gray=True, start_s=1.0):
        pass
    picture_at(record, "front", 1.5)
    for _ in sound(record, "front"):
        pass
    check_sitting(sitting, deep=True)


def of_positions(folder, path):
    of_sitting(folder, path)
    load_positions(path, CONTEXT)


def of_log(folder, path):
    of_sitting(folder, path)
    load_log(path, CONTEXT)


def of_archive(folder, path):
    unpack(path, folder / "unpacked")


def of_border(_folder, path):
    region_boundary(Region(name="x", boundary=path))


def text_files(made):
    """Name -> (content, what is done with it)."""
    at = made.at
    csv = "time,lat,lon,accuracy,mock,crs\n" + "".join(
        f"{at(s)},39.9{s:02d},116.4,5,false,gcj02\n" for s in range(20)
    )
    gpx = (
        '<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">'
        '<trk><trkseg><trkpt lat="39.9" lon="116.4"><ele>5</ele><time>2022-12-10T00:30:00Z</time>'
        "<extensions><accuracy>3</accuracy></extensions></trkpt></trkseg></trk></gpx>"
    )
    sentences = (
        "$GPRMC,102929.00,A,5327.04024,N,00214.41560,W,0.273,,070321,,,A*62\r\n"
        "$GPGGA,102929.00,5327.04024,N,00214.41560,W,1,08,1.16,36.3,M,48.5,M,,*7E\r\n"
        "$GNZDA,103607.00,06,03,2021,00,00*7F\r\n"
    ) * 4
    point = {"type": "Point", "coordinates": [116.4, 39.9]}
    feature = {"type": "Feature", "properties": {"time": at(0), "accuracy": 5}, "geometry": point}
    geojson = {"type": "FeatureCollection", "features": [feature] * 3}
    here = {"latitudeE7": 399000000, "longitudeE7": 1164000000, "timestamp": at(0), "accuracy": 3}
    signal = {"position": {"LatLng": "39.9°, 116.4°", "timestamp": at(1)}}
    android = {"locations": [here] * 3, "rawSignals": [signal]}
    detail = {"字": [1, None]}
    log = "".join(
        json.dumps({"time": at(s), "server_time": at(s), "type": kind, "detail": detail}) + "\n"
        for s, kind in enumerate(["login", "focus_lost", "交卷", "warning"])
    )
    seb = "# Application started at 2022-12-10 08:20:00.000\n" + "".join(
        f"2022-12-10 08:31:0{n}.500 [06] - INFO: [ApplicationMonitor] {text}\n"
        for n, text in enumerate(
            ["Window has changed from 'Safe Exam Browser' (1) to 'QQ' (2).",
             "Process 'qq.exe' (42) has been started", "Detected 2 active displays, 1 are allowed."]
        )
    )  # fmt: skip
    server = (
        "Event Type,Message,Value,Client Time (UTC),Server Time (UTC)\n"
        'INFO_LOG,"a, b",,2022-12-10 00:30:00.000,2022-12-10 00:30:02.500\n'
    )
    square = [[116, 39], [117, 39], [117, 40], [116, 40], [116, 39]]
    border = {"type": "Polygon", "coordinates": [square]}
    truth = "candidate_id,subject_id,label,stream,start_s,end_s\nC1,theory,absent,front,1,2\n"
    starts = f"stream,file,start\nfront,20221210T083000+0800.mp4,{at(3)}\n"
    return {
        f"{SITTING}/gps/phone1.csv": (csv, of_positions),
        f"{SITTING}/gps/phone1.gpx": (gpx, of_positions),
        f"{SITTING}/gps/phone1.nmea": (sentences, of_positions),
        f"{SITTING}/gps/phone1.geojson": (json.dumps(geojson), of_positions),
        f"{SITTING}/gps/phone1.json": (json.dumps(android), of_positions),
        f"{SITTING}/gps/phone2.csv": (csv, of_sitting),
        f"{SITTING}/events/client.jsonl": (log, of_sitting),
        f"{SITTING}/events/client.csv": ("time,type,detail\n" + f"{at(0)},login,{{}}\n", of_log),
        f"{SITTING}/events/phone1.log": (seb, of_log),
        f"{SITTING}/events/phone2.csv": (server, of_log),
        f"{SITTING}/recordings.csv": (starts, of_sitting),
        "border.geojson": (json.dumps(border), of_border),
        "truth.csv": (truth, lambda _folder, path: load_truth(path)),
        "session.toml": (made.MANIFEST, of_sitting),
        "candidates.csv": (made.CANDIDATES, of_sitting),
    }


def make_all(folder):
    """Make one good file of every kind, once: name -> (path, what is done with it)."""
    spec = importlib.util.spec_from_file_location("made", Path(__file__).with_name("made.py"))
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    good = folder / "good"
    kinds = {}
    for name, (text, action) in text_files(made).items():
        path = good / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        kinds[name] = action
    frag = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    media = {
        ".mp4": {"options": {"movflags": "faststart"}},
        "_tail.mp4": {},
        "_frag.mp4": {"options": frag},
        ".mov": {"rotation": 90},
        ".webm": {"codec": "libvpx", "options": {"live": "1"}},
        ".mkv": {},
        ".avi": {"codec": "mpeg4"},
        ".flv": {},
        ".ts": {},
        ".m4a": {"codec": None},
        ".wav": {"codec": None, "sound_codec": "pcm_s16le"},
    }
    for ending, options in media.items():
        sound_s = None if ending == ".flv" else 3
        made.write_video(good / f"{FRONT}{ending}", seconds=3, sound_s=sound_s, **options)
        kinds[f"{FRONT}{ending}"] = of_sitting
    lists = good / "hls"
    made.write_video(lists / "list.m3u8", seconds=4, container="hls", options={"hls_time": "1"})
    kinds["hls/list.m3u8"] = of_sitting
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    for ending in ("jpg", "png"):
        path = good / SITTING / "identity" / f"id_photo.{ending}"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(noise).save(path, exif=exif)
        kinds[f"{SITTING}/identity/id_photo.{ending}"] = lambda _folder, p: read_photo(p)
    with zipfile.ZipFile(good / "a.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for name in ("session.toml", "candidates.csv"):
            out.write(good / name, name)
    with tarfile.open(good / "a.tar.gz", "w:gz") as out:
        for name in ("session.toml", "candidates.csv"):
            out.add(good / name, name)
    return good, kinds | {"a.zip": of_archive, "a.tar.gz": of_archive}


def flip_bits(out, at, length, rng):
    for place in rng.integers(0, len(out), int(rng.integers(1, 20))):
        out[int(place)] ^= 1 << int(rng.integers(8))


def set_number(out, at, length, rng):
    """Sizes and counts of binary formats are where readers trip."""
    number = int(rng.choice([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]))
    out[at : at + 4] = number.to_bytes(4, "big")


def noise(length, rng):
    return rng.integers(0, 256, length, dtype=np.uint8).tobytes()


def cut_off(out, at, length, rng):
    del out[at:]


def take_out(out, at, length, rng):
    del out[at : at + length]


def put_in(out, at, length, rng):
    out[at:at] = noise(length, rng)


def overwrite(out, at, length, rng):
    out[at : at + length] = noise(length, rng)


def repeat(out, at, length, rng):
    out[at:at] = out[at : at + length]


def blank(out, at, length, rng):
    out[at : at + length] = bytes(length)


DAMAGES = (cut_off, take_out, put_in, overwrite, repeat, blank, set_number, flip_bits)


def mutated(raw, rng):
    """Return a damaged copy."""
    out = bytearray(raw)
    for _ in range(int(rng.integers(1, 4))):
        if out:
            at = int(rng.integers(len(out)))
            length = int(rng.integers(1, 1 + max(1, len(out) // 8)))
            DAMAGES[int(rng.integers(len(DAMAGES)))](out, at, length, rng)
    return bytes(out)


def run_case(number, seed, folder, good, kinds):
    rng = np.random.default_rng([seed, number])
    name = sorted(kinds)[number % len(kinds)]
    say(f"begin {number} {name}")
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for manifest in ("session.toml", "candidates.csv"):
        shutil.copy(good / manifest, work)
    place = name
    if name.startswith("hls/"):
        shutil.copytree(good / "hls", work / SITTING / "front")
        victims = sorted(path.name for path in (good / "hls").iterdir())
        place = f"{SITTING}/front/{rng.choice(victims)}"
        source = good / "hls" / Path(place).name
    else:
        source = good / name
    path = work / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(mutated(source.read_bytes(), rng))
    try:
        kinds[name](work, path)
    except ReviewError as error:
        if "\n" in str(error):
            say(f"fail {number} {name}: an error of several lines: {error!r}")
            return
    except BaseException:  # noqa: BLE001  (whatever it is, it is the finding)
        found = traceback.format_exc().replace("\n", " | ")
        say(f"fail {number} {name}: {found}")
        return
    say(f"end {number}")


def main(folder, seed, first, last):
    good, kinds = make_all(folder)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for number in range(first, last):
        run_case(number, seed, folder, good, kinds)
    say("done")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(value) for value in sys.argv[2:5]))
