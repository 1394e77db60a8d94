"""What a supervisor does to many at once: dismiss weak flags, close what is cleared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review.errors import LedgerError
from review.ledger.bulk import bulk_of, dismiss
from review.scoring import bulk
from review.words import LANGUAGES
from review.workbench import weighing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review.batch.session_results import SessionResults
    from review.ledger import Author, Ledger
    from review.ledger.payloads import SignOff
    from review.words import Language


def offer(found: SessionResults, *, label: str, below_score: float) -> dict[str, Any]:
    """Return what a bulk dismissal would be, ready for JSON.

    Returns
    -------
    dict
        ``count`` flags would be dismissed; ``sample`` is to be looked at first, with what people
        said of it so far; ``left`` of it nobody has decided on.

    Raises
    ------
    ReviewError
        If a guard rail stands in the way, or there is nothing to dismiss.
    """
    made, verdicts = _planned(found, label, below_score), _verdicts(found)
    rows: list[Any] = made.sample.to_dict("records")
    return {
        "count": len(made.flags),
        "sample": [
            {
                "candidate_id": row["candidate_id"],
                "subject_id": row["subject_id"],
                "score": round(float(row["score"]), 2),
                "verdict": verdicts.get(row["flag_id"]),
            }
            for row in rows
        ],
        "left": len(made.left_to_read(verdicts)),
    }


def dismiss_offered(
    found: SessionResults,
    *,
    label: str,
    below_score: float,
    note: str,
    language: Language,
    ledger: Ledger,
    author: Author,
) -> dict[str, Any]:
    """Dismiss what :func:`offer` counted.

    Parameters
    ----------
    note
        Why; what the sample says, in ``language``, if empty.

    Returns
    -------
    dict
        ``count`` flags were dismissed; why others were ``refused``; ``text`` of the sample in
        every language.

    Raises
    ------
    ReviewError
        As :func:`offer`; or if the sample was not looked at, or not all of it dismissed.
    """
    made, verdicts = _planned(found, label, below_score), _verdicts(found)
    checked = bulk.checked(made, verdicts, language)
    said = bulk_of(
        found.flags,
        found.decided,
        label=made.label,
        below_score=made.below_score,
        sample=checked["sample"],
        note=note or checked["text"],
    )
    done = dismiss(ledger, said, author=author)
    return {
        "count": sum(len(entry.content["flag_ids"]) for entry in done.entries),
        "refused": sorted(set(done.refused.values())),
        "text": {spoken: bulk.checked(made, verdicts, spoken)["text"] for spoken in LANGUAGES},
    }


def close(
    found: SessionResults,
    keys: Sequence[tuple[str, str, str]],
    *,
    note: str,
    ledger: Ledger,
    author: Author,
) -> dict[str, Any]:
    """Close sittings that are concluded as cleared; others are closed one by one.

    Returns
    -------
    dict
        ``count`` were closed; why the others were ``refused``.
    """
    done, refused = 0, []
    for key in keys:
        try:
            ledger.record(_closing(found, key, note=note), sitting_key=key, author=author)
            done += 1
        except LedgerError as error:
            refused.append(str(error))
    return {"count": done, "refused": refused}


def _planned(found: SessionResults, label: str, below_score: float) -> bulk.Plan:
    return bulk.plan(
        found.flags,
        found.decided,
        label=label,
        below_score=below_score,
        weight=found.weight(label),
        seed=found.session_id,
    )


def _verdicts(found: SessionResults) -> dict[str, str]:
    looked = found.decided[found.decided["kind"] == "decision"]
    return dict(zip(looked["flag_id"], looked["verdict"], strict=True))


def _closing(found: SessionResults, key: tuple[str, str, str], *, note: str) -> SignOff:
    where = "/".join(key)
    if found.session is None:
        raise LedgerError("the session's folder has gone", where=where)
    sitting = found.session.sitting(key[1], key[2])
    space, entries = found.space, found.entries
    said = weighing.closing(
        entries[(entries["candidate_id"] == key[1]) & (entries["subject_id"] == key[2])],
        sitting=sitting,
        events=space.read_sitting("events", sitting),
        flags=space.read_sitting("flags", sitting),
        segments=space.read_sitting("segments", sitting),
        note=note,
    )
    if said.outcome != "cleared":
        raise LedgerError(
            "only what is concluded as cleared is signed off together",
            where=where,
            found=said.outcome or "no outcome",
            todo="open the sitting",
        )
    return said
