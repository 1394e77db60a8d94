import csv
import io
import json
import re
from datetime import datetime

import pytest

from review.errors import RenderError
from review.reporting import report
from review.reporting.exports import (
    CSV_COLUMNS,
    flag_rows,
    flags_csv,
    flags_vtt,
    summary_json,
)
from review.reporting.stored import read_tables
from review.reporting.summary import summarise
from review.reporting.voice import Voice

NASTY = '=HYPERLINK("http://x")\n\n--> <b>&'


def rows_of(text):
    assert text[0] == "\ufeff"
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_json_holds_what_the_tables_hold(case):
    made = json.loads(summary_json(summarise(case.sitting, case.workspace)))
    flags = case.workspace.read_sitting("flags", case.sitting).sort_values("start_s")
    assert made["format"] == 1
    assert [f["flag_id"] for f in made["flags"]] == flags["flag_id"].tolist()
    assert [f["end_s"] for f in made["flags"]] == flags["end_s"].tolist()
    assert made["exam"]["start"] == "2022-12-10T08:30:00+08:00"
    assert made["person"]["id_number"] == "110*************33"
    assert made["files"][0]["sha256"] == "ab" * 32


def test_csv_has_a_row_per_flag_with_wall_clock(case):
    rows = rows_of(flags_csv(flag_rows(summarise(case.sitting, case.workspace))))
    assert list(rows[0]) == list(CSV_COLUMNS)
    assert [(r["label"], float(r["start_s"]), float(r["end_s"])) for r in rows] == [
        ("extra_person", 10.0, 14.0),
        ("recording_gap", 30.0, 75.5),
        ("location_outside", 50.0, 60.0),
    ]
    at = datetime.fromisoformat(rows[1]["ends_at"])
    assert (at - case.sitting.subject.start).total_seconds() == 75.5


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t=", "\r="])
def test_a_spreadsheet_takes_no_text_for_a_formula(make_case, make_flag, lead):
    case = make_case([make_flag("f", "x", ["front"], 1.0, 2.0, reason=f"{lead}1+1")])
    (row,) = rows_of(flags_csv(flag_rows(summarise(case.sitting, case.workspace))))
    assert row["reason"].startswith("'")
    # Numbers stay numbers.
    assert float(row["start_s"]) == 1.0


def test_cues_count_from_the_videos_own_start(case):
    given = read_tables(case.sitting, case.workspace)
    made = flags_vtt(
        summarise(case.sitting, case.workspace), given.clocks, given.segments, voice=Voice.of("en")
    )
    ((file, text),) = made.items()
    assert file == "recordings/A001/theory/front/one.mp4"
    # The computer is 2 s behind: session time 10 to 14 is 8 to 12 s into a file that starts at 0.
    # The other flags begin after its 20 s.
    assert re.findall(r"(\S+) --> (\S+)", text) == [("00:00:08.000", "00:00:12.000")]
    assert "1. extra person" in text


def test_a_cue_cannot_be_broken_out_of(make_case, make_flag):
    case = make_case([make_flag("f", "x", ["front"], 5.0, 5.0, reason=NASTY)])
    given = read_tables(case.sitting, case.workspace)
    (text,) = flags_vtt(
        summarise(case.sitting, case.workspace), given.clocks, given.segments, voice=Voice.of("zh")
    ).values()
    blocks = text.rstrip("\n").split("\n\n")
    assert blocks[0] == "WEBVTT"
    (cue,) = blocks[1:]
    assert len(re.findall("-->", cue)) == 1
    assert "<b>" not in cue
    # An instant is shown for a second.
    assert "00:00:03.000 --> 00:00:04.000" in cue


def test_all_formats_are_written_beside_each_other(case, tmp_path):
    out = tmp_path / "out"
    rows = report(
        case.session, workspace=case.workspace, out=out, formats=("html", "json", "vtt", "csv")
    )
    assert rows.loc[0, "path"] == str(out / "s1/A001/theory.html")
    names = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert {"s1/A001/theory.html", "s1/A001/theory.json", "s1/flags.csv", "s1/index.html"} <= names
    assert len([n for n in names if n.endswith(".vtt")]) == 1


def test_an_unknown_format_is_refused(case, tmp_path):
    with pytest.raises(RenderError, match="html, pdf, docx, xlsx, json, csv, vtt"):
        report(case.session, workspace=case.workspace, out=tmp_path, formats=("doc",))
