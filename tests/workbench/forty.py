"""A session of forty sittings, each with a weak flag of one label and one of another."""

import handmade
import pandas as pd

from review import tables
from review.loaders import load_session
from review.workspace import Workspace

COUNT = 40


def make_forty(base):
    """Make the session and its workspace in a folder; return the workspace and its flags."""
    folder = base / "session"
    folder.mkdir()
    (folder / "session.toml").write_text(handmade.MANIFEST, encoding="utf-8")
    names = [f"c{n:02d}" for n in range(COUNT)]
    lines = [
        f"{c},{handmade.NAME if c == 'c00' else c},110101199001011234,a,b,theory" for c in names
    ]
    head = "candidate_id,name,id_number,occupation,level,subjects"
    (folder / "candidates.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    space = Workspace(base / "workspace")
    space.register(load_session(folder)[0])
    sittings = pd.DataFrame({"candidate_id": names}).assign(
        session_id="WB-1", subject_id="theory", state="done", reason=None, key="k", version="0",
        window_start_s=0.0, window_end_s=60.0, elapsed_s=1.0, analysed_at="2022-12-11T00:00:00Z",
    )  # fmt: skip
    scores = sittings[list(tables.KEYS)].assign(unseen=0.1)
    scores["risk"] = [float(n) for n in range(COUNT)]
    scores["reasons"] = [["looking_away 1.0"]] * COUNT
    rows = [(c, "looking_away", 0.2) for c in names] + [(c, "extra_person", 0.2) for c in names]
    flags = pd.DataFrame(rows, columns=["candidate_id", "label", "score"]).assign(
        session_id="WB-1", subject_id="theory", start_s=5.0, end_s=9.0, device_start_s=5.0,
        device_end_s=9.0, detector="made", evidence_s=6.0, reason="made", reason_key="made",
        facts="{}",
    )  # fmt: skip
    flags["flag_id"] = [f"f{n}" for n in range(len(flags))]
    for name in ("streams", "supports", "contradicts"):
        flags[name] = [["front"]] * len(flags)
    for name, rows_of in {"sittings": sittings, "scores": scores, "flags": flags}.items():
        path = space.folder / "tables" / name / "session_id=WB-1" / "all.parquet"
        path.parent.mkdir(parents=True)
        tables.conform(rows_of, name).to_parquet(path)
    return space, flags
