"""A run by several processes says what a run by one does."""

import os
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import pytest

from review.errors import RenderError
from review.ledger import open_ledger
from review.reporting import crew, report
from review.reporting.drafting import Drafter, Order


@pytest.fixture
def many(case):
    """Four sittings with the same tables, of which the third was never analysed."""
    own = case.session.candidates[0]
    names = ("A001", "A002", "A003", "A004")
    session = replace(case.session, candidates=tuple(replace(own, id=name) for name in names))
    for name in ("A002", "A004"):
        frames = {
            table: case.workspace.read_sitting(table, case.sitting).assign(candidate_id=name)
            for table in ("sittings", "scores", "flags", "coverage", "clocks", "segments",
                          "events", "problems", "positions", "detections")
        }  # fmt: skip
        case.workspace.write_sitting(session.sitting(name, "theory"), frames)
    return session


def run(many, case, out, workers):
    rows = report(many, workspace=case.workspace, out=out, pictures=0, workers=workers,
                  formats=("html", "json", "csv"))  # fmt: skip
    files = {path.relative_to(out).as_posix(): path.read_text(encoding="utf-8")
             for path in sorted(out.rglob("*")) if path.is_file()}  # fmt: skip
    return rows, files


def test_two_processes_make_what_one_makes_in_the_same_order(many, case, tmp_path):
    alone, first = run(many, case, tmp_path / "alone", 1)
    together, second = run(many, case, tmp_path / "together", 2)
    assert list(alone["candidate_id"]) == ["A001", "A002", "A003", "A004"]
    assert list(alone["state"]) == ["done", "done", "failed", "done"]
    assert alone.drop(columns="path").equals(together.drop(columns="path"))
    assert first.keys() == second.keys()
    for name in first:
        if name.endswith((".csv", ".json")):
            # The second run follows entries of the first; nothing else differs.
            cut = [text.split('"ledger_anchor"')[0] for text in (first[name], second[name])]
            assert cut[0] == cut[1]
    ledger = open_ledger(case.workspace.ledger)
    told = ledger.entries(kinds=("exported",))
    ledger.close()
    # Of each run three sittings and, for the session, what is about all of them.
    assert len(told) == 2 * (3 + 1)


def test_a_mistake_in_a_template_stops_both(many, case, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "report.html").write_text("<p>\n{{ s.nothing_like_it }}", encoding="utf-8")
    for workers in (1, 2):
        with pytest.raises(RenderError, match=r"report\.html, line 2"):
            report(many, workspace=case.workspace, out=tmp_path / "out", templates=folder,
                   pictures=0, workers=workers)  # fmt: skip
    assert not list(tmp_path.glob("out/**/*.html"))


def test_few_sittings_are_no_work_for_a_crew(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    plain = Order(out=tmp_path, pictures=0, formats=("html", "json"))
    assert crew.crew_size(plain, 20) == 1
    assert crew.crew_size(plain, 1000) == 6
    assert crew.crew_size(replace(plain, pictures=40), 20) == 6
    assert crew.crew_size(replace(plain, formats=("pdf",)), 20) == 6
    assert crew.crew_size(replace(plain, formats=("pdf",)), 3) == 1


def test_processes_that_cannot_start_are_told_with_what_to_do(many, case, tmp_path, monkeypatch):
    class Broken:
        def __init__(self, *_args, **_kwargs): ...

        def schedule(self, *_args, **_kwargs):
            return self

        def result(self):
            raise BrokenProcessPool("All workers expired")

        def close(self): ...

        stop = join = close

    monkeypatch.setattr(crew.pebble, "ProcessPool", Broken)
    ledger = open_ledger(case.workspace.ledger)
    drafter = Drafter(Order(out=tmp_path), case.workspace, ledger=ledger)
    waiting = crew.drafts(drafter, many, case.workspace, list(many.sittings()), workers=2)
    with pytest.raises(RenderError, match="workers=1"):
        next(waiting)
    ledger.close()
