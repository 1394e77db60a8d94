"""The one query by which people and flags are counted, group by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from review.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What sittings are grouped by -> what it is in the view ``rollup_sittings``.
OF_SITTING: Final[Mapping[str, str]] = {
    "session": "session_id",
    "subject": "subject_id",
    "platform": "platform",
    "rulebook": "rulebook",
    "region": "region",
    "occupation": "occupation",
    "level": "level",
    "day": "day",
    "hour": "hour",
    "weekday": "weekday",
    "week": "date_trunc('week', day)::DATE",
    "month": "date_trunc('month', day)::DATE",
    "device": "device",
    "network": "network",
}
#: What flags are grouped by -> column of the flags.
OF_FLAG: Final[Mapping[str, str]] = {
    "label": "label",
    "family": "family",
    "stream": "stream",
    "detector": "detector",
    "clause": "clause",
}
#: What is the same for all sittings of a person.
OF_PERSON: Final = frozenset({"session", "platform", "rulebook", "region", "occupation", "level"})


#: Most kinds that there may be; told as a limit, so that the planner hashes them, not the flags.
_FEW_KINDS: Final = 100_000
#: Bits of a number that kinds are kept in.
_BITS: Final = 64


def groups_of(by: str | Sequence[str]) -> tuple[str, ...]:
    """Return what rates are grouped by, checked; ReviewError names what can be."""
    names = by.split(",") if isinstance(by, str) else by
    wanted = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    if wanted == ("all",):
        return ()
    unknown = [name for name in wanted if name not in {**OF_SITTING, **OF_FLAG}]
    if unknown:
        raise ReviewError(
            f"rates cannot be grouped by {', '.join(map(repr, unknown))}",
            expected=f"one or more of {', '.join([*OF_SITTING, *OF_FLAG])}, or all",
        )
    return wanted


def rate_sql(
    groups: tuple[str, ...], sessions: Sequence[str] | None = None, *, label: str | None = None
) -> str:
    """Return the one query that counts; every name in it is from the maps above.

    With ``label`` only its flags are counted.
    """
    of_sitting = [f'{OF_SITTING[g]} AS "{g}"' for g in groups if g in OF_SITTING]
    of_flag = [f'{OF_FLAG[g]} AS "{g}"' for g in groups if g in OF_FLAG]
    dims, kinds = _columns(groups)
    only = "true"
    if sessions is not None:
        only = f"session_id IN ({', '.join(map(_quoted, sessions)) or 'NULL'})"
    of_label = only if label is None else f"{only} AND label = {_quoted(label)}"
    every_kind = ""
    if kinds:
        every_kind = f"CROSS JOIN (SELECT DISTINCT {_list(*kinds)} FROM hits)"  # noqa: S608
    counted = (
        "count(*) AS decided",
        "count_if(verdict = 'confirmed') AS confirmed",
    )
    return f"""
        WITH people AS (
            SELECT {
        _list(*dims, "count(DISTINCT person) AS people", "sum(window_s) / 3600 AS hours")
    }
            FROM (SELECT person, window_s{_more(of_sitting)} FROM rollup_sittings WHERE {only})
            GROUP BY ALL
        ),
        {_hits(groups, of_sitting, of_flag, of_label, of_flags=bool(kinds or label))},
        verdicts AS (
            SELECT {_list(*dims, *kinds, *counted)}
            FROM (
                SELECT verdict{_more([*of_sitting, *of_flag])}
                FROM {_decided(groups)}
                JOIN rollup_sittings USING (session_id, candidate_id, subject_id)
                WHERE d.kind = 'decision' AND verdict IN ('confirmed', 'dismissed')
                AND {of_label}
            )
            GROUP BY ALL
        ),
        cells AS (SELECT * FROM people {every_kind})
        SELECT {
        _list(
            *(f"cells.{d}" for d in (*dims, *kinds)),
            "people",
            "hours",
            "coalesce(flagged, 0) AS flagged",
            "coalesce(flags, 0) AS flags",
            "coalesce(decided, 0) AS decided",
            "coalesce(confirmed, 0) AS confirmed",
        )
    }
        FROM cells
        LEFT JOIN hits ON {_same("hits", dims + kinds)}
        LEFT JOIN verdicts ON {_same("verdicts", dims + kinds)}
    """  # noqa: S608  # built from the names above; session ids are quoted


def _columns(groups: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return the quoted columns of the groups: those of sittings, and those of flags."""
    dims = [f'"{g}"' for g in groups if g in OF_SITTING]
    kinds = [f'"{g}"' for g in groups if g in OF_FLAG]
    return dims, kinds


def _hits(
    groups: tuple[str, ...],
    of_sitting: list[str],
    of_flag: list[str],
    only: str,
    *,
    of_flags: bool,
) -> str:
    """Return the part of the query that counts people and flags of each cell."""
    dims, kinds = _columns(groups)
    within, columns = [*dims, *kinds], [*of_sitting, *of_flag]
    if "label" in groups and set(groups) - {"label"} <= OF_PERSON:
        # Nothing changes from one sitting of a person to the next: no grouping by person.
        counted = _list(*within, "count_if(new_label) AS flagged", "sum(flags) AS flags")
        inner = f"SELECT new_label, flags{_more(columns)} FROM rollup WHERE {only}"  # noqa: S608
        return f"hits AS (SELECT {counted} FROM ({inner}) GROUP BY ALL)"  # noqa: S608
    if len(kinds) == 1 and "stream" not in groups:
        return _hits_by_bits(dims, kinds[0], of_sitting, only)
    # One row per person first: counting distinct pairs over all flags takes far longer.
    seen = _list(*within, "person", "sum(flags) AS flags")
    source = _source(groups) if of_flags else "rollup_sittings"
    some = "" if of_flags else "flags > 0 AND "
    inner = f"SELECT person, flags{_more(columns)} FROM {source} WHERE {some}{only}"  # noqa: S608
    counted = _list(*within, "count(*) AS flagged", "sum(flags) AS flags")
    return f"""seen AS (SELECT {seen} FROM ({inner}) GROUP BY ALL),
        hits AS (SELECT {counted} FROM seen GROUP BY ALL)"""  # noqa: S608


def _hits_by_bits(dims: list[str], kind: str, columns: list[str], only: str) -> str:
    """Count people by one kind of thing that flags have: a tenth of the time of grouping by it.

    Of every person two numbers are kept whose bits are the kinds, numbered within a rulebook.
    """
    name = kind.strip('"')
    key = "detector" if name == "detector" else "label"
    joined = {
        "family": " LEFT JOIN families USING (label)",
        "clause": " JOIN (SELECT rulebook AS book, label, clause FROM clauses) USING (book, label)",
    }.get(name, "")
    rows = f"""SELECT coalesce(rulebook, '') AS book, {key} AS key, person, flags{_more(columns)}
        FROM rollup WHERE {only}"""  # noqa: S608
    return f"""held AS MATERIALIZED ({rows}),
        named AS (
            SELECT DISTINCT book, key, {OF_FLAG[name]} AS {kind}
            FROM (SELECT DISTINCT book, key, key AS {key} FROM held){joined}
        ),
        numbered AS (
            SELECT book, {kind}, row_number() OVER (PARTITION BY book ORDER BY {kind}) - 1 AS bit
            FROM (SELECT DISTINCT book, {kind} FROM named)
        ),
        masks AS (
            SELECT named.book, key, bit_or({_bit(0)}) AS low, bit_or({_bit(_BITS)}) AS high
            FROM named JOIN numbered
            ON named.book = numbered.book AND named.{kind} IS NOT DISTINCT FROM numbered.{kind}
            GROUP BY ALL
        ),
        seen AS (
            SELECT {_list(*dims, "person", "book", "bit_or(low) AS low", "bit_or(high) AS high")}
            FROM held JOIN (FROM masks LIMIT {_FEW_KINDS}) USING (book, key) GROUP BY ALL
        ),
        counted AS (SELECT {_list(*dims, "book", f"{_counts()} AS counts")} FROM seen GROUP BY ALL),
        told AS (
            SELECT {_list(*dims, kind, "sum(counts[bit + 1]) AS flagged")}
            FROM counted JOIN numbered USING (book) GROUP BY ALL HAVING flagged > 0
        ),
        sums AS (
            SELECT {_list(*dims, "book", "key", "sum(flags) AS flags")} FROM held GROUP BY ALL
        ),
        totals AS (
            SELECT {_list(*dims, kind, "sum(flags) AS flags")}
            FROM sums JOIN named USING (book, key) GROUP BY ALL
        ),
        hits AS (
            SELECT {_list(*(f"told.{c}" for c in (*dims, kind)), "flagged", "flags")}
            FROM told JOIN totals ON {_same("told", [*dims, kind], of="totals")}
        )"""  # noqa: S608


def _bit(first: int) -> str:
    """Return a kind's bit in the number that holds those from ``first`` on."""
    return f"""CASE
        WHEN bit >= {2 * _BITS} THEN error('more than {2 * _BITS} kinds in one rulebook')
        WHEN bit BETWEEN {first} AND {first + _BITS - 1} THEN 1::UBIGINT << (bit - {first})::INTEGER
        ELSE 0 END::UBIGINT"""


def _counts() -> str:
    """Return a list of how many people have each kind."""
    bits = [(name, 1 << bit) for name in ("low", "high") for bit in range(_BITS)]
    return f"[{', '.join(f'count_if({name} & {bit}::UBIGINT != 0)' for name, bit in bits)}]"


def _source(groups: tuple[str, ...]) -> str:
    """Return where flags are counted: the roll-up, or the flags themselves for their streams."""
    source = "rollup"
    if "stream" in groups:
        source = (
            "(SELECT s.* EXCLUDE (flags), label, detector, stream, 1 AS flags FROM flag_streams "
            "JOIN rollup_sittings AS s USING (session_id, candidate_id, subject_id))"
        )
    if "family" in groups:
        source += " LEFT JOIN families USING (label)"
    if "clause" in groups:
        source += " JOIN (SELECT rulebook, label, clause FROM clauses) USING (rulebook, label)"
    return source


def _decided(groups: tuple[str, ...]) -> str:
    if "clause" not in groups:
        return "decisions AS d"
    return (
        "(SELECT d.*, clause FROM decisions AS d JOIN rollup_sittings USING "
        "(session_id, candidate_id, subject_id) JOIN clauses USING (rulebook, label)) AS d"
    )


def _more(parts: Sequence[str]) -> str:
    return "".join(f", {part}" for part in parts)


def _list(*parts: str) -> str:
    return ", ".join(parts)


def _quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))


def _same(other: str, columns: list[str], *, of: str = "cells") -> str:
    # What is not known (the day of a session whose folder is gone) is a group as well.
    return " AND ".join(f"{of}.{c} IS NOT DISTINCT FROM {other}.{c}" for c in columns) or "true"
