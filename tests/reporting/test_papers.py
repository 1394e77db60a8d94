"""PDF, letters and spreadsheets: looked at as their readers do."""

import io
import shutil
import subprocess
from datetime import UTC, datetime

import docx
import html5lib
import openpyxl
import pypdfium2
import pytest

from review.errors import LedgerError, RenderError
from review.ledger import open_ledger
from review.reporting import report
from review.reporting.drafting import exhibits_of
from review.reporting.letters import letter_docx
from review.reporting.paper import Paper
from review.reporting.privacy import Privacy
from review.reporting.render import SHIPPED, Renderer
from review.reporting.sheets import MOST_LETTERS, Sheet, workbook
from review.reporting.summary import summarise
from review.reporting.voice import Voice

MADE = datetime(2022, 12, 12, tzinfo=UTC)
NAMES = [
    "<script>alert(1)</script>&amp;",
    '=HYPERLINK("http://x","y")',
    "+1",
    "-1",
    "@SUM(A1)",
    "长" * 200,
    "𠮷野家 㐂 ﷽ e\u0301",
]


def page_of(case, language):
    summary = summarise(case.sitting, case.workspace)
    shown = exhibits_of(summary, case.sitting, case.workspace, Voice.of(language))
    return Renderer().page(summary, shown, language=language, made=MADE)


def pages(content):
    document = pypdfium2.PdfDocument(content)
    texts = [page.get_textpage().get_text_range() for page in document]
    pictures = [page.render(scale=0.5).to_pil().convert("L") for page in document]
    document.close()
    return texts, pictures


@pytest.mark.parametrize("language", ["en", "both"])
def test_a_pdf_has_header_page_numbers_and_every_character(case, language):
    html = page_of(case, language)
    texts, pictures = pages(Paper().pdf(html))
    for n, text in enumerate(texts, start=1):
        assert f"{n} / {len(texts)}" in text
        assert case.sitting.candidate.name in text
    whole = "".join(texts)
    # U+FFFE and U+FFFD stand where a character has no glyph.
    assert not set("\ufffd\ufffe\x00") & set(whole)
    assert case.sitting.candidate.id in whole
    for picture in pictures:
        dark = sum(1 for value in picture.getdata() if value < 200)
        assert dark > 50


def test_no_heading_stands_alone_at_the_end_of_a_page(make_case, make_flag):
    flags = [make_flag(f"f{n}", "absent", ["front"], 2.0 + n, 2.5 + n) for n in range(30)]
    html = page_of(make_case(flags, video=False), "en")
    texts, _ = pages(Paper().pdf(html))
    assert len(texts) > 3
    headings = {"Flags", "What was recorded", "What the system cannot tell", "Originals"}
    for text in texts:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        body = [line for line in lines if " / " not in line]
        assert body[-1] not in headings


def test_a_page_on_paper_loads_nothing(case):
    html = page_of(case, "en").replace("</body>", '<img src="file:///etc/hostname"></body>')
    with pytest.raises(RenderError, match="load nothing"):
        Paper().pdf(html)


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_stay_names_everywhere(make_case, tmp_path, name):
    case = make_case(video=False, name=name)
    out = tmp_path / "out"
    formats = ("html", "xlsx", "json")
    rows = report(case.session, workspace=case.workspace, out=out, formats=formats)
    assert rows.loc[0, "state"] == "done", rows.loc[0, "reason"]
    text = (out / "s1/A001/theory.html").read_text(encoding="utf-8")
    parser = html5lib.HTMLParser(strict=True)
    root = parser.parse(text)
    assert root is not None
    assert "<script>" not in text
    book = openpyxl.load_workbook(out / "s1/session.xlsx")
    cell = book["Sittings"]["D2"]
    assert cell.data_type == "s"
    assert cell.value == name.replace("\x00", "")


def test_pages_pass_a_strict_parser(concluded, tmp_path):
    out = tmp_path / "out"
    for language in ("en", "zh", "both"):
        report(concluded.session, workspace=concluded.workspace, out=out, language=language)
    made = sorted(out.rglob("*.html"))
    assert len(made) >= 9
    for path in made:
        html5lib.HTMLParser(strict=True).parse(path.read_text(encoding="utf-8"))


def test_what_follows_is_in_the_page_with_its_signatures(concluded, tree, clause):
    ledger = open_ledger(concluded.workspace.ledger)
    summary = summarise(concluded.sitting, concluded.workspace, ledger=ledger)
    ledger.close()
    assert summary.conclusion is not None
    assert summary.conclusion.outcome == clause.outcome
    made = tree(Renderer().page(summary, {}, language="en", made=MADE))
    (row,) = [r for r in made.rows("clauses") if clause.number["en"] in r[0]]
    assert clause.summary["en"] in row[0]
    assert "rests on flags 1" in row[0]
    for name in ("ann", "bob", "eva"):
        assert f"local:{name}" in row[3]


def test_the_letter_names_candidate_clause_penalty_and_signers(concluded, clause):
    ledger = open_ledger(concluded.workspace.ledger)
    summary = summarise(concluded.sitting, concluded.workspace, ledger=ledger)
    ledger.close()
    for language, summary_text in (("en", clause.summary["en"]), ("zh", clause.summary["zh"])):
        content = letter_docx(summary, language=language, made=MADE)
        text = "\n".join(p.text for p in docx.Document(io.BytesIO(content)).paragraphs)
        assert "张三" in text
        assert summary_text in text
        assert "local:eva" in text
        assert "{{" not in text
        assert "{%" not in text


def test_without_a_conclusion_there_is_no_letter(case, tmp_path):
    assert letter_docx(summarise(case.sitting, case.workspace), language="en", made=MADE) is None
    out = tmp_path / "out"
    rows = report(case.session, workspace=case.workspace, out=out, formats=("html", "docx"))
    assert rows.loc[0, "state"] == "done"
    assert list(out.rglob("*.docx")) == []


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("{{ candidate.nmae }}", r"paragraph 3.*candidate\.nmae"),
        ("{% if outcome %} without an end", "endif|unexpected|end of template"),
        ("{{ 1 // 0 }}", "paragraph 3.*1 // 0"),
    ],
)
def test_a_mistake_in_a_word_template_is_named(concluded, tmp_path, tag, said):
    own = tmp_path / "own"
    own.mkdir()
    document = docx.Document()
    for text in ("Letter", "to {{ candidate.name }}", tag, "the end"):
        document.add_paragraph(text)
    document.save(str(own / "letter.en.docx"))
    ledger = open_ledger(concluded.workspace.ledger)
    summary = summarise(concluded.sitting, concluded.workspace, ledger=ledger)
    ledger.close()
    with pytest.raises(RenderError, match=said):
        letter_docx(summary, language="en", made=MADE, templates=own)
    (own / "letter.en.docx").write_bytes(b"no word file")
    with pytest.raises(RenderError, match="a Word file"):
        letter_docx(summary, language="en", made=MADE, templates=own)


def test_the_shipped_letters_are_those_of_the_script():
    for language in ("en", "zh", "both"):
        text = "\n".join(
            p.text for p in docx.Document(SHIPPED / f"letter.{language}.docx").paragraphs
        )
        assert "{{ candidate.name }}" in text


def test_cells_have_types_and_no_text_is_a_formula():
    nasty = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\tx", "x" * 40_000]
    rows = tuple((text, n, n / 4, True) for n, text in enumerate(nasty))
    book = openpyxl.load_workbook(
        io.BytesIO(workbook([Sheet(name="a/b*c", columns=("t", "i", "f", "b"), rows=rows)]))
    )
    page = book.worksheets[0]
    assert page.freeze_panes == "A2"
    for n, text in enumerate(nasty):
        cell = page.cell(n + 2, 1)
        assert cell.data_type == "s"
        assert cell.value[:MOST_LETTERS] == text[:MOST_LETTERS]
        assert bool(cell.quotePrefix) == text.startswith(("=", "+", "-", "@", "\t"))
        assert [page.cell(n + 2, c).data_type for c in (2, 3, 4)] == ["n", "n", "b"]


def test_the_spreadsheet_has_a_row_per_sitting_flag_and_decision(concluded, tmp_path):
    out = tmp_path / "out"
    report(concluded.session, workspace=concluded.workspace, out=out, formats=("xlsx",))
    book = openpyxl.load_workbook(out / "s1/session.xlsx")
    assert book.sheetnames == ["Sittings", "Flags", "Decisions", "About"]
    assert [page.max_row for page in book.worksheets[:3]] == [2, 4, 8]
    assert all(page.freeze_panes == "A2" for page in book.worksheets)


def test_libreoffice_reads_the_same_numbers(case, tmp_path):
    out = tmp_path / "out"
    report(case.session, workspace=case.workspace, out=out, formats=("xlsx",))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", "--headless", profile, "--convert-to",
               "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2",
               "--outdir", str(tmp_path / "csv"), str(out / "s1/session.xlsx")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (made,) = (tmp_path / "csv").glob("*.csv")
    lines = made.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4
    starts = [float(line.split(",")[7]) for line in lines[1:]]
    assert starts == [10.0, 30.0, 50.0]


def test_a_full_copy_is_for_supervisors_and_everything_is_recorded(case, tmp_path, by):
    out = tmp_path / "out"
    given = {"workspace": case.workspace, "out": out, "privacy": "full"}
    with pytest.raises(RenderError, match="not for this role"):
        report(case.session, author=by("ann"), **given)
    assert not out.exists()
    report(case.session, author=by("eva", "supervisor"), **given)
    text = (out / "s1/A001/theory.full.html").read_text(encoding="utf-8")
    assert "110101199003071233" in text
    ledger = open_ledger(case.workspace.ledger)
    entries = ledger.entries(kinds=("exported",))
    assert entries["author"].unique().tolist() == ["eva"]
    assert any("full" in p["what"] for p in entries["payload"])
    ledger.close()


def test_who_is_not_enrolled_exports_nothing(case, tmp_path, by):
    ledger = open_ledger(case.workspace.ledger)
    boss = by("ada", "administrator")
    enrol = {"action": "enrol", "person": boss.person, "roles": ["administrator"],
             "public_key": boss.public_key}  # fmt: skip
    ledger.append("staff", enrol, author=boss)
    out = tmp_path / "out"
    with pytest.raises(LedgerError, match="not enrolled"):
        report(case.session, workspace=case.workspace, out=out, author=by("ann"))
    assert not out.exists()
    ledger.close()


def test_a_copy_for_the_candidate_names_no_reader(concluded, tmp_path, by):
    out = tmp_path / "out"
    report(concluded.session, workspace=concluded.workspace, out=out, privacy="redacted",
           formats=("json",), author=by("ann"))  # fmt: skip
    text = (out / "s1/A001/theory.redacted.json").read_text(encoding="utf-8")
    assert "nnnnn" not in text
    assert "110101199003071233" not in text
    assert Privacy.of("redacted").windows


def test_a_full_disk_leaves_the_reports_as_they_were(case, tmp_path, monkeypatch):
    out = tmp_path / "out"
    report(case.session, workspace=case.workspace, out=out, pictures=0)
    before = (out / "s1/A001/theory.html").read_bytes()

    def full(*_args, **_kwargs):
        raise RenderError("cannot be written", where="theory.html", found="No space left on device")

    monkeypatch.setattr("review.reporting.exporter.write_bytes", full)
    monkeypatch.setattr("review.reporting.exporter.write_text", full)
    with pytest.raises(RenderError, match="No space left"):
        report(case.session, workspace=case.workspace, out=out, pictures=0, formats=("html", "pdf"))
    assert (out / "s1/A001/theory.html").read_bytes() == before
    assert not list(out.rglob("*.pdf"))
    assert not list(out.rglob(".part-*"))


def test_an_export_that_cannot_be_recorded_does_not_stay(case, tmp_path, monkeypatch):
    out = tmp_path / "out"

    def refuse(*_args, **_kwargs):
        raise LedgerError("the ledger is full")

    monkeypatch.setattr("review.ledger.store.Ledger.record", refuse)
    with pytest.raises(LedgerError, match="full"):
        report(case.session, workspace=case.workspace, out=out, pictures=0)
    assert not [p for p in out.rglob("*") if p.is_file()]


def test_a_long_note_is_on_paper_to_its_last_character(concluded):
    ledger = open_ledger(concluded.workspace.ledger)
    summary = summarise(concluded.sitting, concluded.workspace, ledger=ledger)
    ledger.close()
    texts, _ = pages(Paper().pdf(Renderer().page(summary, {}, language="en", made=MADE)))
    assert sum(text.count("n" * 20) for text in texts) >= 10_000 / 200
    assert sum(text.count("n") for text in texts) >= 10_000


@pytest.mark.browser
def test_a_page_opens_without_any_network(case, tmp_path):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium here")
    page = tmp_path / "page.html"
    page.write_text(page_of(case, "both"), encoding="utf-8")
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
               "--no-first-run", "--disable-background-networking", "--disable-component-update",
               "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND",
               f"--user-data-dir={tmp_path}/profile", "--dump-dom", f"file://{page}"]  # fmt: skip
    made = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    assert "审阅报告" in made.stdout
    assert "extra person" in made.stdout
