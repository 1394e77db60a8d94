"""The tables that the parts of the project hand to each other.

A contract is an Arrow schema: it names the columns, their types and which may be empty. Every
table carries the three key columns first. Columns end in their unit; ``device_s`` is seconds on
the stream's own device clock since the subject's scheduled start, ``time_s``, ``start_s`` and
``end_s`` are the same on session time (the exam server's clock). Intervals are half-open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa

from review.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEYS: Final = ("session_id", "candidate_id", "subject_id")

_STR, _F, _I, _B = pa.string(), pa.float64(), pa.int64(), pa.bool_()
_STRS, _VECTOR = pa.list_(pa.string()), pa.list_(pa.float32())


def _schema(*columns: tuple[str, pa.DataType] | tuple[str, pa.DataType, str]) -> pa.Schema:
    keys = [pa.field(name, _STR, nullable=False) for name in KEYS]
    # A third element "?" marks a column that may hold missing values.
    rest = [pa.field(c[0], c[1], nullable=len(c) > 2) for c in columns]
    return pa.schema(keys + rest)


_CLOCKS: Final = _schema(
    ("stream", _STR),
    ("device", _STR),
    ("piece", _I),
    ("from_device_s", _F),
    ("to_device_s", _F),
    ("offset_s", _F),
    ("drift_ppm", _F),
    ("reference_device_s", _F),
    ("uncertainty_s", _F, "?"),
    ("method", _STR),
    ("anchors", _I),
    ("state", _STR),
)

#: Table name -> contract.
SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    # One row per file of a stream. A picture or sound with container time stamp ``pts`` is at
    # device_start_s + (pts - origin_pts_s); device_start_s is missing where nothing places it.
    "segments": _schema(
        ("stream", _STR),
        ("device", _STR),
        ("file", _STR),
        ("device_start_s", _F, "?"),
        ("duration_s", _F, "?"),
        ("start_source", _STR),
        ("video_codec", _STR, "?"),
        ("width_px", _I, "?"),
        ("height_px", _I, "?"),
        ("audio_codec", _STR, "?"),
        ("sha256", _STR, "?"),
        ("origin_pts_s", _F),
        ("rotation_deg", _I),
        ("mean_fps", _F, "?"),
        ("size_bytes", _I),
        ("container", _STR),
    ),
    "clocks": _CLOCKS,
    # What was measured, where offsets set by hand stand in ``clocks``.
    "clocks_measured": _CLOCKS,
    # What ties two streams together at one moment, from the side of each of them; ``other`` is
    # empty where that is session time itself. ``offset_s`` is what this anchor alone would make
    # the offset of ``stream`` at ``device_s``, ``residual_s`` how far that is off the measured one.
    "anchors": _schema(
        ("stream", _STR),
        ("other", _STR),
        ("kind", _STR),
        ("piece", _I),
        ("device_s", _F),
        ("other_device_s", _F),
        ("offset_s", _F),
        ("residual_s", _F),
        ("weight", _F),
    ),
    "coverage": _schema(("stream", _STR), ("start_s", _F), ("end_s", _F), ("state", _STR)),
    # time_s is missing until the timeline has placed the row. detail is a JSON object.
    "events": _schema(
        ("stream", _STR),
        ("device_s", _F),
        ("time_s", _F, "?"),
        ("device_time", _STR),
        ("server_time", _STR, "?"),
        ("type", _STR),
        ("detail", _STR),
    ),
    # WGS-84, whatever was declared in the file; ``crs`` says what that was. gnss_s is the
    # satellites' time of the fix since the subject's start, where the file tells it.
    "positions": _schema(
        ("stream", _STR),
        ("device_s", _F),
        ("time_s", _F, "?"),
        ("lat_deg", _F),
        ("lon_deg", _F),
        ("accuracy_m", _F, "?"),
        ("altitude_m", _F, "?"),
        ("speed_mps", _F, "?"),
        ("provider", _STR, "?"),
        ("mock", _B),
        ("crs", _STR),
        ("gnss_s", _F, "?"),
    ),
    "signals": _schema(("stream", _STR), ("device_s", _F), ("signal", _STR), ("value", _F, "?")),
    # Boxes are in pixels of the upright original picture; x, y is the upper left corner. kind is
    # face, person, object, or voice: half a second of a voice, without a box.
    "detections": _schema(
        ("stream", _STR),
        ("device_s", _F),
        ("kind", _STR),
        ("label", _STR),
        ("track", _I),
        ("x_px", _F),
        ("y_px", _F),
        ("w_px", _F),
        ("h_px", _F),
        ("score", _F),
        ("embedding", _VECTOR, "?"),
    ),
    "texts": _schema(
        ("stream", _STR),
        ("start_device_s", _F),
        ("end_device_s", _F),
        ("text", _STR),
        ("x_px", _F),
        ("y_px", _F),
        ("w_px", _F),
        ("h_px", _F),
    ),
    # reason is the English sentence; reason_key and facts (JSON) give it in any language
    # (review.words). device_* is the same interval on the clock of the first stream.
    # could_not_see lists the views that should show the sitting and showed nothing then.
    "flags": _schema(
        ("flag_id", _STR),
        ("label", _STR),
        ("streams", _STRS),
        ("start_s", _F),
        ("end_s", _F),
        ("score", _F),
        ("detector", _STR),
        ("reason", _STR),
        ("supports", _STRS),
        ("contradicts", _STRS),
        ("evidence_s", _F),
        ("device_start_s", _F),
        ("device_end_s", _F),
        ("reason_key", _STR),
        ("facts", _STR),
        ("could_not_see", _STRS, "?"),
    ),
    # What a machine heard people say, where an institution asked for it (`review transcribe`):
    # nothing is judged by it. confidence is 0 to 1; model_sha256 is the hash of the model's
    # weights; a row holds for as long as recording_sha256 is that of its stream's files.
    "transcripts": _schema(
        ("stream", _STR),
        ("start_s", _F),
        ("end_s", _F),
        ("device_start_s", _F),
        ("device_end_s", _F),
        ("text", _STR),
        ("language", _STR),
        ("confidence", _F, "?"),
        ("model", _STR),
        ("model_sha256", _STR),
        ("recording_sha256", _STR),
    ),
    "scores": _schema(("risk", _F), ("unseen", _F), ("reasons", _STRS)),
    "problems": _schema(
        ("stream", _STR, "?"),
        ("file", _STR, "?"),
        ("severity", _STR),
        ("code", _STR),
        ("start_s", _F, "?"),
        ("end_s", _F, "?"),
        ("message", _STR),
    ),
    # One row per person and view whose faces were good enough: the median of their embeddings, by
    # which persons are compared across a session.
    "persons": _schema(
        ("stream", _STR),
        ("track", _I),
        ("faces", _I),
        ("first_device_s", _F),
        ("last_device_s", _F),
        ("embedding", _VECTOR),
    ),
    # One row per camera view: medians of what was measured over the recording. face_luma is the
    # brightness of the candidate's face, face_px the height of its box.
    "conditions": _schema(
        ("stream", _STR),
        ("height_px", _F, "?"),
        ("face_px", _F, "?"),
        ("luma", _F, "?"),
        ("sharpness", _F, "?"),
        ("contrast", _F, "?"),
        ("face_luma", _F, "?"),
    ),
    # One row per sitting: what became of its analysis. ``key`` is the hash of inputs, options,
    # models and code; the row is written last, so its presence means that the tables are whole.
    "sittings": _schema(
        ("state", _STR),
        ("reason", _STR, "?"),
        ("key", _STR),
        ("window_start_s", _F, "?"),
        ("window_end_s", _F, "?"),
        ("elapsed_s", _F),
        ("analysed_at", _STR),
        ("version", _STR),
    ),
}

#: Wherever a contract is not about a sitting, it stands apart.
TRUTH_COLUMNS: Final = ("candidate_id", "subject_id", "label", "stream", "start_s", "end_s")

SEVERITIES: Final = ("info", "warning", "error")
COVERAGE_STATES: Final = (
    "recorded",
    "missing",
    "frozen",
    "black",
    "covered",
    "muted",
    "silent",
)
CLOCK_STATES: Final = ("synchronised", "declared", "unsynchronised", "by_hand")


def schema(name: str) -> pa.Schema:
    """Return the contract of a table.

    Raises
    ------
    TableError
        If there is no table of this name.
    """
    try:
        return SCHEMAS[name]
    except KeyError:
        raise TableError(
            "no such table", where=name, expected=f"one of {', '.join(SCHEMAS)}"
        ) from None


def empty(name: str) -> pd.DataFrame:
    """Return the table without rows.

    Examples
    --------
    >>> list(empty("coverage").columns)[3:]
    ['stream', 'start_s', 'end_s', 'state']
    """
    return schema(name).empty_table().to_pandas()


def conform(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a copy with exactly the contract's columns, order and types.

    Columns that may be missing are filled in as missing; columns beyond the contract are dropped.

    Raises
    ------
    TableError
        Naming every column that is absent, of another type, or empty where it may not be.
    """
    return to_arrow(frame, name).to_pandas()


def to_arrow(frame: pd.DataFrame, name: str) -> pa.Table:
    """Return the frame as an Arrow table under the contract; see :func:`conform`."""
    wanted = schema(name)
    wrong: list[str] = []
    columns: list[pa.Array] = []
    for field in wanted:
        column = _column(frame, field, wrong)
        if column is not None:
            if not field.nullable and column.null_count:
                wrong.append(f"{field.name}: {column.null_count} missing value(s)")
            columns.append(column)
    if wrong:
        raise TableError("table breaks its contract", where=name, found="; ".join(wrong))
    return pa.Table.from_arrays(columns, schema=wanted)


def _column(frame: pd.DataFrame, field: pa.Field, wrong: list[str]) -> pa.Array | None:
    if field.name not in frame.columns:
        if field.nullable:
            return pa.nulls(len(frame), field.type)
        wrong.append(f"{field.name}: absent")
        return None
    if frame[field.name].isna().all():  # a column of nothing has no type of its own
        return pa.nulls(len(frame), field.type)
    try:
        made = pa.Array.from_pandas(frame[field.name], type=field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        wrong.append(f"{field.name}: not {field.type} ({str(error).splitlines()[0]})")
        return None
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


def build(
    name: str, rows: Iterable[Mapping[str, object]], *, key: tuple[str, str, str]
) -> pd.DataFrame:
    """Make a table of one sitting from rows that leave out the key columns.

    Parameters
    ----------
    key
        session_id, candidate_id, subject_id.

    Examples
    --------
    >>> t = build("coverage", [{"stream": "front", "start_s": 0.0, "end_s": 5.0,
    ...           "state": "recorded"}], key=("s", "c", "theory"))
    >>> t.loc[0, "candidate_id"], float(t.loc[0, "end_s"])
    ('c', 5.0)
    """
    keys = dict(zip(KEYS, key, strict=True))
    return conform(
        pd.DataFrame([{**keys, **row} for row in rows], columns=schema(name).names), name
    )


def join(name: str, frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of one contract one below the other; without any, return the empty table."""
    parts = [to_arrow(frame, name) for frame in frames if len(frame)]
    return pa.concat_tables(parts).to_pandas() if parts else empty(name)
