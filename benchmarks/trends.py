"""Standard questions over a million sittings and twenty million flags (made up), on two threads.

Everything is asked of the roll-up with 2 GB, then of the raw flags, and the same of pandas on a
tenth of it. Times are the second run's (warm).

Run it as ``python -m benchmarks.trends [--sittings 1000000] [--raw] [--pandas] [--keep FOLDER]``.
"""

# ruff: noqa: S608  # every name in the queries is this module's own
from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd

from review.figures.palette import FAMILY_OF
from review.trends import connect, funnel, over_time, query, trends
from review.trends.rollup import fingerprint, write_rollup
from review.workspace import Workspace

SESSIONS = 40
QUESTIONS = (
    "all", "label", "clause", "occupation", "level", "subject", "platform", "region", "hour",
    "day", "device", "network", "occupation,label", "detector", "family",
)  # fmt: skip
MANIFEST = """format = 1
id = "{id}"
kind = "exam"
platform = "itmc"
rulebook = "itmc-2022"
timezone = "Asia/Shanghai"
"""
SUBJECT = """[[subjects]]
id = "{id}"
name = "{id}"
start = 2022-{month:02d}-{day:02d}T{hour}:30:00+08:00
end = 2022-{month:02d}-{day:02d}T{hour}:59:00+08:00
"""


def make(folder: Path, sittings: int) -> Workspace:
    """Write a workspace with so many sittings and about twenty times as many flags."""
    space = Workspace(folder / "workspace")
    each = sittings // SESSIONS
    labels = list(FAMILY_OF)[:28]
    listed = ", ".join(f"'{label}'" for label in labels)
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "4GB"})
    for n in range(SESSIONS):
        name = f"s{n:03d}"
        place = folder / "sessions" / name
        place.mkdir(parents=True)
        text = MANIFEST.format(id=name)
        for subject, hour in (("theory", "08"), ("skills", "10")):
            text += SUBJECT.format(id=subject, month=1 + n // 4, day=1 + 7 * (n % 4), hour=hour)
        (place / "session.toml").write_text(text, encoding="utf-8")
        lines = ["candidate_id,name,id_number,occupation,level,subjects,region\n"]
        lines += [f"c{k},n,1,o{k % 40},{k % 5},theory;skills,r{k % 31}\n" for k in range(each // 2)]
        (place / "candidates.csv").write_text("".join(lines), encoding="utf-8")
        registered = space.folder / "sessions" / f"{name}.json"
        registered.parent.mkdir(parents=True, exist_ok=True)
        registered.write_text(f'{{"id": "{name}", "folder": "{place}"}}', encoding="utf-8")
        keys = (
            f"'{name}' AS session_id, 'c' || (i // 2) AS candidate_id, "
            "CASE WHEN i % 2 = 0 THEN 'theory' ELSE 'skills' END AS subject_id"
        )
        write(connection, space, "sittings", name, f"""
            SELECT {keys}, 'done' AS state, NULL::VARCHAR AS reason, 'k' AS key,
                0.0 AS window_start_s, 3600.0 AS window_end_s, 1.0 AS elapsed_s,
                '2022-12-10T00:00:00+00:00' AS analysed_at, 'v' AS version
            FROM range({each}) t(i)""")  # fmt: skip
        write(connection, space, "flags", name, f"""
            SELECT {keys}, 'f' || i || '-' || j AS flag_id,
                [{listed}][1 + least((hash(i, j, {n}) % 1000 / 1000.0) ** 2 * 28, 27)::INT]
                    AS label,
                ['front'] AS streams, (hash(j, i) % 3500)::DOUBLE AS start_s,
                (hash(j, i) % 3500)::DOUBLE + 5 AS end_s, 0.5 AS score, label AS detector,
                'r' AS reason, []::VARCHAR[] AS supports, []::VARCHAR[] AS contradicts,
                0.0 AS evidence_s, 0.0 AS device_start_s, 5.0 AS device_end_s,
                'r' AS reason_key, '{{}}' AS facts
            FROM range({each}) t(i), range(40) u(j) WHERE hash(i, {n}) % 41 > j""")  # fmt: skip
    return space


def write(
    connection: duckdb.DuckDBPyConnection, space: Workspace, name: str, session: str, sql: str
) -> None:
    """Write one table of one session."""
    path = space.folder / "tables" / name / f"session_id={session}" / "all.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def ask(connection: duckdb.DuckDBPyConnection, again: int) -> dict[str, float]:
    """Return question -> seconds of the last run."""
    found = {}
    calls = {by: lambda by=by: trends(by=by, connection=connection) for by in QUESTIONS}
    calls["over time"] = lambda: over_time(every="week", connection=connection)
    calls["over time, one label"] = lambda: over_time(
        every="week", label="speech", connection=connection
    )
    calls["funnel by region"] = lambda: funnel(by="region", connection=connection)
    for name, call in calls.items():
        for _ in range(again):
            started = time.perf_counter()
            call()
            found[name] = time.perf_counter() - started
    return found


def by_pandas(space: Workspace, sessions: list[str]) -> dict[str, float]:
    """Return question -> seconds of pandas on some sessions' flags that are in memory."""
    flags = pd.concat(
        space.read("flags", s, columns=["session_id", "candidate_id", "label"]) for s in sessions
    )
    found = {}
    for name, by in (("label", ["label"]), ("session and label", ["session_id", "label"])):
        started = time.perf_counter()
        person = flags["session_id"] + "/" + flags["candidate_id"]
        flags.assign(person=person).groupby(by)["person"].agg(["nunique", "size"])
        found[name] = time.perf_counter() - started
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sittings", type=int, default=1_000_000)
    parser.add_argument("--raw", action="store_true", help="ask the raw flags, too")
    parser.add_argument("--pandas", action="store_true", help="ask pandas on a tenth, too")
    parser.add_argument("--keep", type=Path, help="make the workspace here, or use it again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        if (folder / "workspace").exists():
            space = Workspace(folder / "workspace")
        else:
            started = time.perf_counter()
            space = make(folder, options.sittings)
            print(f"made in {time.perf_counter() - started:.0f} s", flush=True)
        started = time.perf_counter()
        made = write_rollup(space)
        print(f"roll-up of {len(made)} sessions: {time.perf_counter() - started:.1f} s "
              f"({fingerprint(space, 's000')[:8]})", flush=True)  # fmt: skip
        started = time.perf_counter()
        opened = connect(space, memory_limit="2GB", threads=2)
        print(f"opened in {time.perf_counter() - started:.1f} s", flush=True)
        size = query(
            opened,
            "SELECT (SELECT count(*) FROM rollup_sittings) AS sittings, count(*) AS rows_, "
            "sum(flags) AS flags FROM rollup",
        ).to_dict("records")[0]
        print(size, flush=True)
        show("roll-up, 2 GB, two threads", ask(opened, 2))
        opened.close()
        if options.raw:
            raw = connect(space, memory_limit="2GB", threads=2, use_rollup=False)
            show("raw flags, 2 GB, two threads", ask(raw, 1))
            raw.close()
        if options.pandas:
            tenth = space.sessions()[: max(SESSIONS // 10, 1)]
            show("pandas, raw flags of a tenth in memory", by_pandas(space, tenth))
            small = connect(space, memory_limit="2GB", threads=2, use_rollup=False)
            own = {by: timed(small, by, tenth) for by in ("label", "session,label")}
            show("the same tenth, DuckDB over raw Parquet", own)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process {peak_mb:.0f} MB")


def timed(connection: duckdb.DuckDBPyConnection, by: str, sessions: list[str]) -> float:
    """Return the seconds of the second asking."""
    for _ in range(2):
        started = time.perf_counter()
        trends(by=by, sessions=sessions, connection=connection)
    return time.perf_counter() - started


def show(title: str, seconds: dict[str, float]) -> None:
    """Print question and seconds, one a line."""
    print(title)
    for name, value in seconds.items():
        print(f"  {name:24s} {value:7.2f} s")
    print(f"  {'slowest':24s} {max(seconds.values()):7.2f} s", flush=True)


if __name__ == "__main__":
    main()
