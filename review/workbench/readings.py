"""What stands of the decisions on one sitting's flags, as one person sees it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from review.ledger.decisions import follow, match_decisions, readings_of, settle, standing
from review.ledger.payloads import KINDS
from review.timeline.clocks import to_session_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from review.ledger import Author
    from review.session import Sitting

#: Kinds of entries that a page shows: all but those about people, copies and who watched.
KINDS_READ: Final = tuple(
    kind for kind in KINDS if kind not in {"staff", "watched", "exported", "retained"}
)
#: Kinds of entries that are somebody's opinion, or follow from one: what is kept as evidence and
#: whether the candidate was heard says what was found. A blind reader sees none but their own.
OPINIONS: Final = ("decision", "own_flag", "outcome", "bulk", "evidence", "statement")


def seen_by(entries: pd.DataFrame, author: Author, *, blind: bool) -> pd.DataFrame:
    """Return the entries that somebody may see: a blind reader no opinion of anybody else."""
    if not blind:
        return entries
    return entries[is_by(entries, author) | ~entries["kind"].isin(OPINIONS)]


def is_by(entries: pd.DataFrame, author: Author) -> pd.Series[bool]:
    """Say of each entry whether somebody wrote it."""
    return (entries["author"] == author.name) & (entries["source"] == author.source)


def is_blind(entries: pd.DataFrame, author: Author) -> bool:
    """Say whether somebody reads this sitting blind.

    They do if their last assignment to it says so, until they have recorded an outcome of their
    own: from then on their word stands, whatever others said.
    """
    kept = standing(entries)
    mine = [
        payload["blind"]
        for payload in kept.loc[kept["kind"] == "assignment", "payload"]
        if payload["person"] == author.person
    ]
    done = (kept["kind"] == "outcome") & is_by(kept, author)
    return bool(mine and mine[-1] and not done.any())


def carried(entries: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """Return what stands on the flags of this analysis; see :func:`review.ledger.decisions.follow`.

    Readings of flags that are still there under their own id are not searched for.
    """
    read = readings_of(entries)
    machine = read[read["kind"] == "decision"]
    own = set(read.loc[read["kind"] == "own_flag", "flag_id"])
    if set(machine["flag_id"]) <= {*flags["flag_id"], *own}:
        return settle(read)
    return follow(read, flags)[0]


def verdicts(
    entries: pd.DataFrame, flags: pd.DataFrame, *, sitting: Sitting, author: Author
) -> dict[str, dict[str, Any]]:
    """Return what is decided, for every flag that somebody has decided on.

    Parameters
    ----------
    entries
        All entries of the sitting that the author may see.

    Returns
    -------
    dict
        flag_id -> ``verdict``, ``note``, ``author``, ``at`` (wall clock of the session),
        ``disputed``, and of the author's own decision ``mine`` (its verdict), ``my_note`` and
        ``seq``, None where there is none. Flags of people's own are among them.
    """
    own = _own(entries, flags, author)
    zone = ZoneInfo(sitting.session.timezone)
    return {
        row["flag_id"]: {
            "verdict": row["verdict"],
            "note": row["note"],
            "author": row["author"],
            "at": local(row["at"], zone),
            "disputed": bool(row["disputed"]),
            "mine": own.get(row["flag_id"], {}).get("verdict"),
            "my_note": own.get(row["flag_id"], {}).get("note"),
            "seq": own.get(row["flag_id"], {}).get("seq"),
        }
        for row in carried(entries, flags).sort_values("seq").to_dict("records")
    }


def own_flags(
    entries: pd.DataFrame, clocks: pd.DataFrame, *, author: Author
) -> list[dict[str, Any]]:
    """Return the flags that people marked, as the page takes flags, in order of session time."""
    read = readings_of(entries)
    made = []
    for row in read[read["kind"] == "own_flag"].to_dict("records"):
        span = [row["device_start_s"], row["device_end_s"]]
        start_s, end_s = to_session_s(clocks, row["stream"], span)
        made.append(
            {
                "id": row["flag_id"],
                "label": row["label"],
                "streams": [row["stream"]],
                "start_s": float(start_s),
                "end_s": float(end_s),
                "score": None,
                "supports": [],
                "contradicts": [],
                "could_not_see": [],
                "reason": dict.fromkeys(("en", "zh"), row["note"]),
                "human": row["author"],
                "mine": (row["author"], row["source"]) == (author.name, author.source),
                "seq": int(row["seq"]),
            }
        )
    return sorted(made, key=lambda flag: (flag["start_s"], flag["id"]))


def local(at: str, zone: ZoneInfo) -> str:
    """Return an entry's time on the wall clock of the session."""
    return f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M}"


def rows_of(entries: pd.DataFrame, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Return entries of some kinds as plain rows, in their order."""
    found: list[Any] = entries[entries["kind"].isin(kinds)].to_dict("records")
    return found


def _own(entries: pd.DataFrame, flags: pd.DataFrame, author: Author) -> dict[str, dict[str, Any]]:
    read = readings_of(entries[is_by(entries, author)])
    known = {*flags["flag_id"], *read.loc[read["kind"] == "own_flag", "flag_id"]}
    there = read[read["flag_id"].isin(known)]
    gone = read[~read["flag_id"].isin(known)]
    found = there.to_dict("records")
    if len(gone):
        found += match_decisions(gone, flags)[0].to_dict("records")
    ordered: list[Any] = sorted(found, key=lambda row: row["seq"])
    return {row["flag_id"]: row for row in ordered}
