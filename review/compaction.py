"""Many small Parquet files of one table into one, a sitting at a time."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

Sitting = tuple[str, str]

#: Rows after which a row group is closed: a reader who wants one candidate skips the others, and
#: what is held at one time does not grow with the session.
GROUP_ROWS: Final = 65_536


def compact(parts: Mapping[Sitting, Path], before: Path, path: Path, *, schema: pa.Schema) -> None:
    """Write the files of single sittings and what was compacted before as one file.

    Rows are in order of candidate and subject, so that the statistics of its row groups tell a
    reader which of them to skip. Memory follows the largest sitting, not their number.

    Parameters
    ----------
    parts
        (candidate_id, subject_id) -> the file of that sitting.
    before
        The compacted file so far; need not exist. Rows of sittings that have a file of their own
        are left out.
    path
        Where the new file goes.
    """
    fresh = ((key, _table(parts[key], schema)) for key in sorted(parts))
    kept = _sittings(before, set(parts), schema) if before.exists() else iter(())
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in _groups(heapq.merge(kept, fresh, key=lambda pair: pair[0])):
            writer.write_table(table.cast(schema), row_group_size=table.num_rows or None)


def absent(found: pa.Schema, schema: pa.Schema) -> list[str]:
    """Return the columns that a file written under an older contract does not have.

    Raises
    ------
    pyarrow.ArrowInvalid
        If one of them may not be empty.
    """
    missing = [field for field in schema if field.name not in found.names]
    needed = [field.name for field in missing if not field.nullable]
    if needed:
        raise pa.ArrowInvalid(f"no column {', '.join(needed)}")
    return [field.name for field in missing]


def _table(part: Path, schema: pa.Schema) -> pa.Table:
    with pq.ParquetFile(part) as file:
        return _filled(file.read(), schema)


def _filled(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Put a table under the contract; columns that came later are empty in older files."""
    for name in absent(table.schema, schema):
        field = schema.field(name)
        table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.select(schema.names)


def _sittings(
    compacted: Path, without: set[Sitting], schema: pa.Schema
) -> Iterator[tuple[Sitting, pa.Table]]:
    """Yield the rows of each sitting of a compacted file, in its order."""
    with pq.ParquetFile(compacted) as file:
        for n in range(file.num_row_groups):
            table = _filled(file.read_row_group(n), schema)
            while table.num_rows:
                candidate, subject = table["candidate_id"][0], table["subject_id"][0]
                same = pc.and_(
                    pc.equal(table["candidate_id"], candidate),
                    pc.equal(table["subject_id"], subject),
                )
                last = pc.index(same, value=False).as_py()
                length = table.num_rows if last < 0 else last
                key = (candidate.as_py(), subject.as_py())
                if key not in without:
                    yield key, table.slice(0, length)
                table = table.slice(length)


def _groups(sittings: Iterable[tuple[Sitting, pa.Table]]) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    rows = 0
    for _, table in sittings:
        held.append(table)
        rows += table.num_rows
        if rows >= GROUP_ROWS:
            yield pa.concat_tables(held)
            held, rows = [], 0
    if rows:
        yield pa.concat_tables(held)
