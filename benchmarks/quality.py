"""Scoring and quality of a session: do the statements hold, and does the notebook keep up.

``supervisors``: over 200 simulated sessions, how often the stated 95 % bound on missed cases holds.
``calibration``: error of the learned probability in ten bins on 5,000 later simulated decisions.
``agreement``: kappa and alpha of published worked examples. ``incidents``: false and found common
causes over simulated sessions. ``faces``: 3,000 candidates compared with each other, and the false
pairs that are expected. ``session``: a made session of 10,000 sittings with its decisions: how long
its results, its worklist and the supervisor's notebook take.

Run it as ``python -m benchmarks quality [-- NAME ... [--sittings 10000] [--keep FOLDER]]``.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from review import tables
from review.batch.quality import TABLES, remaining
from review.batch.session_results import results_of
from review.ledger import current_author, open_ledger
from review.ledger.payloads import Decision, Outcome
from review.loaders import load_session
from review.rules import load_rulebook
from review.scoring.agreement import cohens_kappa, krippendorffs_alpha
from review.scoring.incidents import find_incidents
from review.scoring.learning import calibration as held_against
from review.scoring.learning import calibration_error, learn
from review.scoring.lookalikes import same_faces
from review.scoring.risk import points_of, reasons
from review.scoring.sampling import draw, statement
from review.workspace import Workspace

KEYS = ["session_id", "candidate_id", "subject_id"]
#: Label -> (flags a sitting, share that a person confirms at a score of one half).
LABELS = {
    "looking_away": (1.6, 0.08), "speech": (0.9, 0.15), "network_gap": (0.5, 0.3),
    "off_screen": (0.5, 0.4), "absent": (0.35, 0.5), "recording_gap": (0.25, 0.6),
    "face_hidden": (0.2, 0.3), "extra_person": (0.08, 0.5), "forbidden_app": (0.05, 0.6),
    "location_drift": (0.1, 0.3), "different_person": (0.01, 0.5),
}  # fmt: skip
WINDOW_S = 5400.0
MANIFEST = """format = 1
id = "made"
kind = "exam"
platform = "itmc"
rulebook = "itmc-2022"
timezone = "Asia/Shanghai"

[[subjects]]
id = "theory"
name = "Theory"
start = 2022-12-10T08:30:00+08:00
end = 2022-12-10T10:00:00+08:00
"""


def names(count: int) -> list[str]:
    """Return admission ticket numbers."""
    return [f"2022121{n:05d}" for n in range(count)]


def made_sittings(count: int, failed: int = 0) -> pd.DataFrame:
    """Return a table ``sittings`` of one paper."""
    rows = pd.DataFrame({"session_id": "made", "candidate_id": names(count)})
    rows["subject_id"], rows["state"], rows["reason"], rows["key"] = "theory", "done", None, "made"
    rows["window_start_s"], rows["window_end_s"] = 0.0, WINDOW_S
    rows["elapsed_s"], rows["analysed_at"] = 60.0, "2022-12-11T02:00:00+00:00"
    rows["version"] = "made"
    bad = rows.index[:failed]
    rows.loc[bad, "state"], rows.loc[bad, "reason"] = "failed", "front: no picture can be decoded"
    rows.loc[bad, ["window_start_s", "window_end_s"]] = np.nan
    return rows


def made_flags(random: np.random.Generator, sittings: pd.DataFrame) -> pd.DataFrame:
    """Return flags that begin by chance; restless candidates have more."""
    people = sittings.loc[sittings["state"] == "done", "candidate_id"].to_numpy()
    restless = random.gamma(1.2, 1 / 1.2, len(people))
    parts = []
    for label, (each, _) in LABELS.items():
        who = np.repeat(people, random.poisson(each * restless))
        parts.append(pd.DataFrame({"candidate_id": who, "label": label}))
    rows = pd.concat(parts, ignore_index=True)
    count = len(rows)
    rows["session_id"], rows["subject_id"] = "made", "theory"
    rows["flag_id"] = [f"f{n:07d}" for n in range(count)]
    rows["streams"] = [["front"]] * count
    rows["supports"], rows["contradicts"] = [["front"]] * count, [[]] * count
    rows["start_s"] = random.uniform(2, WINDOW_S - 60, count)
    rows["end_s"] = rows["start_s"] + random.exponential(15, count) + 1
    rows["device_start_s"], rows["device_end_s"] = rows["start_s"], rows["end_s"]
    rows["score"] = random.beta(2, 2, count).round(3)
    rows["detector"], rows["evidence_s"] = rows["label"], rows["start_s"]
    rows["reason"], rows["reason_key"], rows["facts"] = "made", "made", "{}"
    return rows


def chance(flags: pd.DataFrame) -> np.ndarray:
    """Return the true probability of each flag to be confirmed."""
    half = np.array([LABELS[label][1] for label in flags["label"]])
    odds = np.log(half / (1 - half)) + 5 * (flags["score"].to_numpy() - 0.5)
    return 1 / (1 + np.exp(-odds))


def supervisors() -> None:
    """Simulate supervisors: review by risk, sample the rest, state the bound."""
    random = np.random.default_rng(20221210)
    held = tight = 0
    for session in range(200):
        count = int(random.choice([300, 1000, 3000]))
        keys = np.array([("s", c, "t") for c in names(count)], dtype=object)
        # A case raises the risk, but not always; how common cases are is different every day.
        is_case = random.uniform(size=count) < random.choice([0.005, 0.02, 0.05, 0.1])
        risk = random.exponential(10, count) + is_case * random.exponential(30, count)
        by_risk = np.argsort(-risk)
        top, rest = by_risk[: count // 10], by_risk[count // 10 :]
        population = [tuple(key) for key in keys[rest]]
        size = min(len(population), int(random.choice([60, 150, 300])))
        sample = draw(population, seed=str(session))[:size]
        cases = {tuple(key) for key in keys[is_case]}
        reviewed = {*sample, *(tuple(key) for key in keys[top])}
        said = statement(population, sample, reviewed=reviewed, cases=cases & reviewed)
        missed = len(cases - reviewed)
        held += missed < said.fewer_than
        tight += said.fewer_than
    print(f"supervisors: the bound held in {held} of 200 sessions ({held / 2:.1f} %)")
    print(f"supervisors: on average fewer than {tight / 200:.0f} were stated to be missed")


def calibration() -> None:
    """Learn from decisions of some days, predict those of later ones."""
    random = np.random.default_rng(7)
    days = []
    for count in (1500, 1200):
        flags = made_flags(random, made_sittings(count))
        right = random.uniform(size=len(flags)) < chance(flags)
        days.append(flags.assign(confirmed=right, disputed=False,
                                 verdict=np.where(right, "confirmed", "dismissed")))  # fmt: skip
    before, later = days
    before["decided_at"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(
        before.groupby("candidate_id").ngroup(), unit="min"
    )
    started = time.monotonic()
    found = learn(before)
    took = time.monotonic() - started
    late = later[later["label"].isin(found.labels)].sample(5000, random_state=0)
    table = held_against(found.predict(late)["probability"], late["confirmed"])
    print(f"calibration: learned from {len(before)} decisions in {took:.2f} s")
    print(f"calibration: error {calibration_error(table):.4f} on {len(late)} later decisions")
    print(table.round(3).to_string(index=False))


def agreement() -> None:
    """Print kappa and alpha of published examples."""
    for name, table in {
        "Fleiss, Levin and Paik, table 18.1: 0.676": [[75, 1, 4], [5, 4, 1], [0, 0, 10]],
        "Viera and Garrett 2005: 0.571": [[15, 5], [10, 70]],
    }.items():
        cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
        kappa = cohens_kappa([i for i, _ in cells], [j for _, j in cells])
        print(f"agreement: kappa {kappa:.3f} ({name})")
    readers = ["1 2 3 3 2 1 4 1 2 * * *", "1 2 3 3 2 2 4 1 2 5 * 3", "* 3 3 3 2 3 4 2 2 5 1 *",
               "1 2 3 3 2 4 4 1 2 5 1 *"]  # fmt: skip
    units = zip(*(text.split() for text in readers), strict=True)
    counts = [[unit.count(word) for word in "12345"] for unit in units]
    print(f"agreement: alpha {krippendorffs_alpha(counts):.3f} (Krippendorff 2011, C: 0.743)")


def incidents() -> None:
    """Count common causes that are none, and find planted ones."""
    random = np.random.default_rng(3)
    false = 0
    for _ in range(1000):
        sittings = made_sittings(int(random.choice([10, 50, 300])))
        false += len(find_incidents(made_flags(random, sittings), sittings).table) > 0
    print(f"incidents: false ones in {false} of 1,000 sessions without any (asked: 1 % at most)")
    sittings = made_sittings(3000)
    flags = made_flags(random, sittings)
    found = {}
    for hit in (30, 60, 90, 300):
        extra = made_flags(random, sittings).iloc[:hit].copy()
        extra["candidate_id"] = random.choice(sittings["candidate_id"], hit, replace=False)
        extra["label"], extra["flag_id"] = "network_gap", [f"x{n}" for n in range(hit)]
        extra["start_s"] = 2000 + random.uniform(0, 30, hit)
        whole = pd.concat([flags, extra], ignore_index=True)
        started = time.monotonic()
        made = find_incidents(whole, sittings)
        took = time.monotonic() - started
        found[hit] = len(made.table)
    print(f"incidents: of 3,000 candidates so many at once -> incidents found: {found}")
    print(f"incidents: {len(whole)} flags of 3,000 sittings searched in {took:.2f} s")


def faces() -> None:
    """Compare the faces of 3,000 candidates, two persons seen in each sitting."""
    random = np.random.default_rng(1)
    # 128 numbers whose persons lie 0.47 to 0.7 apart, as medians of the real clips do.
    vectors = random.normal(0, 0.0365, (6000, 128)).astype(np.float32)
    vectors[5000] = vectors[17] + random.normal(0, 0.02, 128)
    rows = pd.DataFrame({"session_id": "made", "candidate_id": np.repeat(names(3000), 2)})
    rows["subject_id"], rows["stream"], rows["faces"] = "theory", "front", 50
    rows["track"], rows["embedding"] = np.tile([1, 2], 3000), list(vectors)
    started = time.monotonic()
    found = same_faces(rows)
    took = time.monotonic() - started
    print(f"faces: {found.compared} pairs of persons compared in {took:.1f} s")
    counts = found.pairs["state"].value_counts().to_dict()
    print(f"faces: pairs found {counts}; one was planted, "
          f"{(found.pairs['candidate_id'] == names(3000)[8]).sum()} of them is it")  # fmt: skip
    print(f"faces: expected false pairs up to 0.35: {found.expected_one_person:.3f}, "
          f"from there to 0.43: {found.expected_possible:.1f}")  # fmt: skip


def make_session(folder: Path, count: int) -> Path:
    """Make a session folder and its workspace with results and decisions; return the workspace."""
    random = np.random.default_rng(5)
    session = folder / "session"
    session.mkdir(parents=True)
    (session / "session.toml").write_text(MANIFEST, encoding="utf-8")
    people = pd.DataFrame(
        {"candidate_id": names(count), "name": [f"考生{n}" for n in range(count)]}
    )
    people["id_number"], people["occupation"] = "110101199001011234", "电子商务师"
    people["level"], people["subjects"] = "三级", "theory"
    people.to_csv(session / "candidates.csv", index=False)
    sittings = made_sittings(count, failed=max(1, count // 500))
    flags = made_flags(random, sittings)
    lost = (
        flags[flags["label"] == "network_gap"].drop_duplicates("candidate_id").index[: count // 8]
    )
    flags.loc[lost, "start_s"] = 2100 + random.uniform(0, 40, len(lost))
    flags["end_s"] = flags["end_s"].clip(lower=flags["start_s"] + 5)
    book = load_rulebook("itmc-2022")
    of: dict[str, tuple[list[str], list[float]]] = {}
    for candidate, label, score in flags[["candidate_id", "label", "score"]].itertuples(
        index=False
    ):
        labels, given = of.setdefault(candidate, ([], []))
        labels.append(label)
        given.append(score)
    done = sittings[sittings["state"] == "done"]
    scores = done[KEYS].copy()
    scores["unseen"] = random.beta(1, 30, len(scores))
    points = [
        points_of(*of.get(c, ((), ())), window=(0.0, WINDOW_S), rulebook=book, unseen=u)
        for c, u in zip(scores["candidate_id"], scores["unseen"], strict=True)
    ]
    scores["risk"] = [min(sum(p.values()), 100.0) for p in points]
    scores["reasons"] = [reasons(p) for p in points]
    views = ("front", "right_rear", "left_front")
    seen = pd.concat([done[KEYS].assign(stream=view, height_px=720.0) for view in views])
    for name, middle in (("luma", 110.0), ("sharpness", 200.0), ("face_px", 120.0)):
        seen[name] = random.normal(middle, middle / 5, len(seen))
    persons = done[KEYS].assign(stream="front", track=1, faces=300, first_device_s=0.0,
                                last_device_s=WINDOW_S)  # fmt: skip
    persons["embedding"] = list(random.normal(0, 0.04, (len(persons), 128)).astype(np.float32))
    problems = sittings[sittings["state"] == "failed"][KEYS].assign(
        severity="error", code="sitting_failed", message="front: no picture can be decoded"
    )
    space = Workspace(folder / "workspace")
    loaded, _ = load_session(session)
    space.register(loaded)
    made = {"sittings": sittings, "flags": flags, "scores": scores, "conditions": seen,
            "persons": persons, "problems": problems}  # fmt: skip
    for name, rows in made.items():
        path = space.folder / "tables" / name / "session_id=made" / "all.parquet"
        path.parent.mkdir(parents=True)
        tables.conform(rows, name).to_parquet(path, index=False)
    decide(space, flags, scores, random)
    return space.folder


def decide(
    space: Workspace, flags: pd.DataFrame, scores: pd.DataFrame, random: np.random.Generator
) -> None:
    """Let six reviewers decide on the fiftieth of highest risk, a fifth of it twice."""
    env = {**os.environ, "XDG_CONFIG_HOME": str(space.folder / "keys")}
    ledger = open_ledger(space.ledger)
    people = [current_author(environ={**env, "REVIEW_USER": f"reader{n}"}) for n in range(6)]
    top = scores.sort_values("risk", ascending=False)["candidate_id"].iloc[: len(scores) // 50]
    truth = random.uniform(size=len(flags)) < chance(flags)
    rows = flags.assign(right=truth)
    of = dict(list(rows[rows["candidate_id"].isin(top)].groupby("candidate_id")))
    for number, candidate in enumerate(top):
        key = ("made", candidate, "theory")
        readers = [people[number % 6]] + ([people[(number + 1) % 6]] if number % 5 == 0 else [])
        for turn, reader in enumerate(readers):
            for row in of.get(candidate, rows.iloc[:0]).itertuples():
                verdict = "confirmed" if row.right != (random.uniform() < 0.07) else "dismissed"
                said = Decision(
                    flag_id=row.flag_id, label=row.label, stream="front", verdict=verdict,
                    device_start_s=row.device_start_s, device_end_s=row.device_end_s,
                    blind=turn > 0,
                )  # fmt: skip
                ledger.record(said, sitting_key=key, author=reader)
        said = Outcome(outcome="cleared", rulebook="itmc-2022")
        ledger.record(said, sitting_key=key, author=readers[0])


def session(count: int, keep: Path | None) -> None:
    """Time what the supervisor's notebook asks for."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary) / "made"
        if not folder.exists():
            started = time.monotonic()
            make_session(folder, count)
            print(f"session: {count} sittings made in {time.monotonic() - started:.0f} s")
        timed(folder / "workspace")


def timed(workspace: Path) -> None:
    """Print how long each table takes, in the order in which a notebook asks for them."""
    started = time.monotonic()
    found = results_of("made", workspace=workspace)
    print(f"session: read in {time.monotonic() - started:.2f} s; "
          f"{len(found.flags)} flags, {len(found.entries)} entries")  # fmt: skip
    for name, make in TABLES.items():
        started = time.monotonic()
        rows = make(found)
        print(f"session: {name}: {len(rows)} rows in {time.monotonic() - started:.2f} s")
    print(f"session: {remaining(found)}")


PARTS = {
    "supervisors": supervisors,
    "calibration": calibration,
    "agreement": agreement,
    "incidents": incidents,
    "faces": faces,
}


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(PARTS)}, session")
    parser.add_argument("--sittings", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="Folder to make the session in, and leave.")
    options = parser.parse_args(argv)
    unknown = set(options.names) - {*PARTS, "session"}
    if unknown:
        sys.exit(f"no such part: {', '.join(sorted(unknown))}")
    for name in options.names or [*PARTS, "session"]:
        if name == "session":
            session(options.sittings, options.keep)
        else:
            PARTS[name]()


if __name__ == "__main__":
    main()
