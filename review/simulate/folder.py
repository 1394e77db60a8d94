"""The small files of a session folder: manifest, lists, logs, positions, truth."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from review.loaders.coordinates import from_wgs84
from review.session import DEVICE_OF
from review.tables import TRUTH_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from review.simulate.people import Person
    from review.simulate.places import Fix
    from review.simulate.script import Script

CLOCK_COLUMNS: Final = ("candidate_id", "subject_id", "device", "offset_s", "drift_ppm")
#: Entries of a log that the server sees at once; its time stands beside the device's.
_SEEN_BY_SERVER: Final = (
    "login", "identity_check", "recording_start", "recording_stop", "submit", "forced_submit",
    "client_restart", "network_up", "battery", "power",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A subject as the manifest has it."""

    id: str
    name: str
    start: datetime
    end: datetime
    allowed_apps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What ``session.toml`` says.

    Parameters
    ----------
    thresholds
        Detector -> option -> value.
    """

    id: str
    platform: str
    rulebook: str
    issuer: tuple[str, str]
    papers: tuple[Paper, ...]
    positions_crs: str | None = None
    region: tuple[str, str] | None = None
    off_screen_limit: int | None = None
    thresholds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def write_manifest(folder: Path, plan: Plan) -> None:
    """Write ``session.toml``."""
    lines = [
        "format = 1",
        f"id = {_quoted(plan.id)}",
        'kind = "exam"',
        f"platform = {_quoted(plan.platform)}",
        f"rulebook = {_quoted(plan.rulebook)}",
        'timezone = "Asia/Shanghai"',
    ]
    if plan.off_screen_limit is not None:
        lines.append(f"off_screen_limit = {plan.off_screen_limit}")
    name, contact = plan.issuer
    lines += ["", "[issuer]", f"name = {_quoted(name)}", f"contact = {_quoted(contact)}"]
    if plan.region is not None:
        lines += ["", "[region]", f"name = {_quoted(plan.region[0])}"]
        lines.append(f"adcode = {_quoted(plan.region[1])}")
    if plan.positions_crs is not None:
        lines += ["", "[positions]", f"crs = {_quoted(plan.positions_crs)}"]
    for paper in plan.papers:
        lines += ["", "[[subjects]]", f"id = {_quoted(paper.id)}", f"name = {_quoted(paper.name)}"]
        lines += [f"start = {paper.start.isoformat()}", f"end = {paper.end.isoformat()}"]
        if paper.allowed_apps:
            apps = ", ".join(_quoted(app) for app in paper.allowed_apps)
            lines.append(f"allowed_apps = [{apps}]")
    for detector, options in sorted(plan.thresholds.items()):
        lines += ["", f"[thresholds.{detector}]"]
        lines += [f"{key} = {_value(value)}" for key, value in sorted(options.items())]
    (folder / "session.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string.
    return json.dumps(text, ensure_ascii=False)


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def write_candidates(
    folder: Path, people: Sequence[tuple[str, Person]], *, occupation: str, subjects: Sequence[str]
) -> None:
    """Write ``candidates.csv``."""
    header = ("candidate_id", "name", "id_number", "occupation", "level", "subjects")
    rows = [
        (number, p.name, p.id_number, occupation, p.level, ";".join(subjects))
        for number, p in people
    ]
    write_rows(folder / "candidates.csv", header, rows)


def write_truth(
    folder: Path, scripts: Mapping[tuple[str, str], Script], *, devices: Sequence[str]
) -> None:
    """Write ``truth.csv`` and ``truth_clocks.csv``."""
    rows = [
        (*key, row.label, row.stream, f"{row.start_s:.3f}", f"{row.end_s:.3f}")
        for key, script in scripts.items()
        for row in script.truth
    ]
    write_rows(folder / "truth.csv", TRUTH_COLUMNS, rows)
    clocks = [
        (*key, device, f"{script.clocks[device].offset_s:.6f}", script.clocks[device].drift_ppm)
        for key, script in scripts.items()
        for device in devices
    ]
    write_rows(folder / "truth_clocks.csv", CLOCK_COLUMNS, clocks)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file in UTF-8 with plain line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_logs(folder: Path, script: Script, start: datetime) -> None:
    """Write one JSONL file per log; times on each device's own clock."""
    folder.mkdir(parents=True, exist_ok=True)
    for stream in script.streams:
        if not stream.startswith("events_"):
            continue
        clock = script.clocks[DEVICE_OF[stream]]
        lines = []
        for entry in script.logs:
            if entry.stream != stream:
                continue
            line: dict[str, object] = {
                "time": _iso(start, float(clock.to_device(entry.time_s))),
                "type": entry.type,
                "detail": entry.detail,
            }
            if entry.type in _SEEN_BY_SERVER and stream != "events_proctor":
                line["server_time"] = _iso(start, entry.time_s + latency_s(entry.time_s))
            lines.append(json.dumps(line, ensure_ascii=False, sort_keys=True))
        name = stream.removeprefix("events_")
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def latency_s(time_s: float) -> float:
    """Return how long a message takes to the server: 20 to 80 ms, never the same for long."""
    return 0.02 + 0.06 * ((time_s * 0.754877666) % 1.0)


def _iso(start: datetime, offset_s: float) -> str:
    return (start + timedelta(seconds=offset_s)).isoformat(timespec="milliseconds")


def write_csv_fixes(path: Path, fixes: Sequence[Fix], start: datetime, crs: str) -> None:
    """Write positions as CSV, in the coordinate system that the manifest declares."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = (
        "time", "lat_deg", "lon_deg", "accuracy_m", "altitude_m", "speed_mps", "provider", "mock",
    )  # fmt: skip
    rows = [
        (
            _iso(start, fix.device_s), *_shifted(fix, crs), fix.accuracy_m, fix.altitude_m,
            fix.speed_mps, fix.provider, "true" if fix.mock else "false",
        )
        for fix in fixes
    ]  # fmt: skip
    write_rows(path, header, rows)


def write_gpx_fixes(path: Path, fixes: Sequence[Fix], start: datetime, crs: str) -> None:
    """Write positions as GPX 1.1; what it has no element for goes into ``extensions``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gpx version="1.1" creator="review simulate"',
        ' xmlns="http://www.topografix.com/GPX/1/1" xmlns:r="urn:review:gpx">',
        "<trk><trkseg>",
    ]
    for fix in fixes:
        lat, lon = _shifted(fix, crs)
        lines.append(
            f'<trkpt lat="{lat}" lon="{lon}"><ele>{fix.altitude_m}</ele>'
            f"<time>{_iso(start, fix.device_s)}</time><src>{fix.provider}</src><extensions>"
            f"<r:accuracy>{fix.accuracy_m}</r:accuracy><r:speed>{fix.speed_mps}</r:speed>"
            f"<r:mock>{'true' if fix.mock else 'false'}</r:mock></extensions></trkpt>"
        )
    lines += ["</trkseg></trk>", "</gpx>"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _shifted(fix: Fix, crs: str) -> tuple[float, float]:
    lat, lon = from_wgs84(fix.lat_deg, fix.lon_deg, crs)
    return round(float(lat), 7), round(float(lon), 7)
