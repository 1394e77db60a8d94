"""A supervisor's way in a real browser: the list, filters, assigning, bulk dismissal, sign-off."""

import os
from pathlib import Path
from types import SimpleNamespace

import driving
import forty
import pytest
import serving

from review.ledger import current_author, open_ledger
from review.ledger.payloads import Decision, Outcome
from review.workbench.lab import lab_command

pytestmark = pytest.mark.browser

NAME = "session_scoring+WB-1.ipynb"
PEOPLE = ("local:ann", "local:bob")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A lab of a supervisor over forty sittings, and the ledger as its reviewers write it."""
    base = tmp_path_factory.mktemp("supervising")
    space, flags = forty.make_forty(base)
    home = base / "home"
    home.mkdir()
    command, environment = lab_command(
        space, session="WB-1", port=serving.free_port(), open_browser=False,
        options=["--ServerApp.port_retries=0", f"--IdentityProvider.token={serving.TOKEN}"],
    )  # fmt: skip
    environment = {**environment, "REVIEW_USER": "sue", "REVIEW_ROLE": "supervisor"}
    environment.pop("REVIEW_LEDGER", None)
    ledger = open_ledger(str(space.folder / "ledger.sqlite"))
    made = SimpleNamespace(space=space, flags=flags, ledger=ledger, token=serving.TOKEN, base=base)
    for person in ("ann", "bob"):
        dismiss(made, forty_flag(made, "c39", "extra_person"), person)
    with serving.serving(command, environment, home) as (address, log):
        made.address, made.log = address, log
        yield made
    ledger.close()


@pytest.fixture(scope="module")
def page(browser, desk):
    page = driving.new_page(browser, desk)
    driving.open_path(page, NAME)
    driving.run_all(page, "session_scoring")
    the_list(page).wait_for()
    page.evaluate("document.querySelector('.rw-super').scrollIntoView({ block: 'start' })")
    yield page
    page.screenshot(path=str(desk.base / "supervising.png"))
    page.context.close()


def author(name):
    return current_author(role="reviewer", environ={**os.environ, "REVIEW_USER": name})


def forty_flag(made, candidate, label):
    flags = made.flags
    return flags[(flags["candidate_id"] == candidate) & (flags["label"] == label)].iloc[0]


def dismiss(made, flag, person="ann"):
    said = Decision(
        flag_id=flag["flag_id"], label=flag["label"], stream="front", verdict="dismissed",
        device_start_s=5.0, device_end_s=9.0,
    )  # fmt: skip
    key = ("WB-1", flag["candidate_id"], "theory")
    made.ledger.record(said, sitting_key=key, author=author(person))


def entries(made, kind):
    return made.ledger.entries("WB-1", kinds=[kind])


def the_list(page):
    return page.locator(".rw-super tbody tr[data-candidate]").first


def act(page, name):
    page.locator(f".rw-super [data-act='{name}']").click()


def shown(page):
    return page.locator(".rw-super header [role=status]").inner_text()


def filtered(page, name, value):
    field = page.locator(f".rw-super [data-filter='{name}']")
    if field.evaluate("(f) => f.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


def choose(page, *candidates):
    for candidate in candidates:
        filtered(page, "search", candidate)
        page.locator(f"tr[data-candidate='{candidate}'] input[type=checkbox]").check()
    filtered(page, "search", "")


def said(page, text):
    page.locator(".rw-super").get_by_text(text).first.wait_for()


def refused(page, text):
    page.locator(".rw-super .rw-error").get_by_text(text).wait_for()


def test_only_the_rows_in_sight_are_drawn_the_riskiest_first(page):
    assert the_list(page).get_attribute("data-candidate") == f"c{forty.COUNT - 1}"
    assert page.locator(".rw-super tbody tr[data-candidate]").count() < forty.COUNT
    assert page.locator(".rw-super table").get_attribute("aria-rowcount") == str(forty.COUNT)
    page.evaluate("document.querySelector('.rw-sight').scrollTop = 1e6")
    page.locator("tr[data-candidate='c00']").wait_for()
    page.evaluate("document.querySelector('.rw-sight').scrollTop = 0")


@pytest.mark.parametrize(
    ("name", "value", "count", "back"),
    [
        ("search", "C07", 1, ""),
        ("state", "in_progress", 1, "all"),
        ("label", "looking_away", forty.COUNT, ""),
        ("risk", "30", 10, ""),
        ("unseen", "50", 0, ""),
    ],
)
def test_filters_leave_what_they_name(page, name, value, count, back):
    filtered(page, name, value)
    assert shown(page).startswith(f"{count} of {forty.COUNT} ")
    filtered(page, name, back)
    assert shown(page).startswith(f"{forty.COUNT} of ")


def test_the_language_of_list_panels_and_tables_is_switched_in_place(page):
    heads = page.locator(".rw-super thead th")
    sheet = page.locator(".rw-sheet").filter(has_text="local:ann").first
    sheet.wait_for(state="attached")
    english = (heads.all_inner_texts(), sheet.locator("thead th").all_inner_texts())
    assert "Decided" in english[0]
    assert "Finished" in english[1]
    page.locator(".rw-super").get_by_role("button", name="中文").click()
    page.locator(".rw-super").get_by_text("工作列表").first.wait_for()
    chinese = (heads.all_inner_texts(), sheet.locator("thead th").all_inner_texts())
    assert "已判定" in chinese[0]
    assert "已完成" in chinese[1]
    assert not {*english[0], *english[1]} & {*chinese[0], *chinese[1]} - {""}
    assert page.locator(".rw-super summary").first.inner_text() == "批量排除"
    page.locator(".rw-super").get_by_role("button", name="English").click()
    page.locator(".rw-super").get_by_text("Worklist").first.wait_for()
    assert heads.all_inner_texts() == english[0]


def test_sittings_are_assigned_in_turn(page, desk):
    choose(page, "c05", "c07", "c06")
    act(page, "assign")
    refused(page, "nobody to assign to")
    page.locator(".rw-who-many").select_option(list(PEOPLE))
    act(page, "assign")
    said(page, "3 assigned")
    given = entries(desk, "assignment")
    assert [p["person"] for p in given["payload"]] == ["local:ann", "local:bob", "local:ann"]
    # In the order of work: by risk.
    assert given["candidate_id"].tolist() == ["c07", "c06", "c05"]
    filtered(page, "person", "local:bob")
    page.wait_for_function("document.querySelectorAll('tr[data-candidate]').length === 1")
    assert "bob" in page.locator("tr[data-candidate='c06']").inner_text()
    filtered(page, "person", "")


def test_bulk_dismissal_keeps_to_its_guard_rails(page, desk):
    panel = page.locator(".rw-super details").first
    panel.locator("summary").click()
    label, below = panel.locator("select"), panel.locator("input[type=number]")
    label.select_option("extra_person")
    act(page, "plan")
    refused(page, "this grave")
    label.select_option("looking_away")
    below.fill("0.9")
    act(page, "plan")
    refused(page, "this sure")
    below.fill("0.3")
    act(page, "plan")
    said(page, "40 open flags; 25 to look at, 25 of them left.")
    button = page.locator("[data-act='dismiss']")
    assert button.is_disabled()
    assert entries(desk, "bulk").empty
    listed = panel.locator(".rw-sample li .rw-mono").all_inner_texts()
    for line in listed:
        dismiss(desk, forty_flag(desk, line.split()[0], "looking_away"))
    act(page, "plan")
    said(page, "15 open flags; 25 to look at, 0 of them left.")
    # Another score is another sample: what was looked at does not hold for it.
    below.fill("0.25")
    assert button.is_disabled()
    below.fill("0.3")
    act(page, "plan")
    page.wait_for_function("!document.querySelector(\"[data-act='dismiss']\").disabled")
    button.click()
    said(page, "15 flags dismissed")
    assert len(entries(desk, "bulk")) == 15


def test_choices_stay_with_their_sittings_when_the_list_is_read_again(page, desk):
    choose(page, "c01", "c00")
    for candidate in ("c00", "c01"):
        said_of = Outcome(outcome="cleared", rulebook="itmc-2022")
        key = ("WB-1", candidate, "theory")
        desk.ledger.record(said_of, sitting_key=key, author=author("ann"))
    act(page, "refresh")
    page.wait_for_function("document.querySelector('.rw-super').innerText.includes('2 chosen')")
    choose(page, "c02")
    act(page, "sign_off")
    said(page, "2 signed off")
    refused(page, "WB-1/c02/theory")
    assert sorted(entries(desk, "sign_off")["candidate_id"]) == ["c00", "c01"]
    filtered(page, "search", "c00")
    page.locator("tr[data-candidate='c00']").get_by_text("signed off").wait_for()
    filtered(page, "search", "")


@pytest.mark.parametrize("language", ["English", "中文"])
def test_axe_finds_no_serious_fault(page, language):
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    if page.locator(".rw-super").get_attribute("lang") != (
        "en" if language == "English" else "zh-CN"
    ):
        page.locator(".rw-super").get_by_role("button", name=language).click()
    page.add_script_tag(content=Path(axe.__file__).with_name("axe.min.js").read_text())
    found = page.evaluate("axe.run('.rw-super').then((found) => found.violations)")
    grave = [
        (one["id"], [node["target"] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
    assert grave == []


def test_nothing_went_wrong_in_the_page(page):
    slow = "[anywidget] Failed to initialize model."
    assert [problem for problem in page.problems if problem != slow] == []
