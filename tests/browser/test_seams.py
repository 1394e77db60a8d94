"""Where the workbench meets what others made: quiet, assignment, the candidate's side, Voilà."""

import json

import driving
import handmade
import numpy as np
import pytest
from driving import acts, panel, press, run_all, seek, settled

from review import tables
from review.ledger import open_ledger

pytestmark = pytest.mark.browser

#: Where the calm sitting is quiet: three seconds after its only flag and log entry.
QUIET = (17.0, 60.0)


@pytest.fixture(scope="module")
def calm(own_lab):
    """The first sitting with one flag and one log entry; its pictures change as they always do."""
    workspace, key = own_lab.workspace, handmade.KEY
    from review.loaders import load_session

    session, _ = load_session(workspace.session_folder(key[0]))
    sitting = session.sitting(*key[1:])
    frames = {name: workspace.read_sitting(name, sitting) for name in tables.SCHEMAS}
    frames["flags"] = frames["flags"].iloc[:1]
    frames["events"] = frames["events"].iloc[:1]
    whole = {"start_s": 0.0, "end_s": 60.0, "state": "recorded"}
    frames["coverage"] = tables.build(
        "coverage", [{"stream": stream, **whole} for stream in handmade.FILES], key=key
    )
    rows = [
        {"stream": stream, "device_s": float(t), "signal": "change", "value": 4.0}
        for stream in handmade.FILES
        for t in np.arange(-5, 65, 0.5)
    ]
    frames["signals"] = tables.build("signals", rows, key=key)
    workspace.write_sitting(sitting, frames)
    return own_lab


@pytest.fixture(scope="module")
def page(browser, calm):
    page = driving.new_page(browser, calm)
    driving.open_sitting(page, handmade.KEY)
    yield page
    page.screenshot(path=str(calm.workspace.folder.parent / "seams.png"))
    page.context.close()


@pytest.fixture(scope="module")
def ledger(calm):
    return open_ledger(calm.workspace.folder / "ledger.sqlite")


def test_playback_skips_what_all_views_show_as_quiet(page):
    seek(page, 15.0)
    settled(page, 15.0, ["front", "screen"])
    button = page.get_by_role("button", name="Skip what is quiet")
    press(page, "q")
    assert button.get_attribute("aria-pressed") == "true"
    page.evaluate(
        """() => { window.seen = []; const p = document.querySelector('.rw-player');
        const look = () => { window.seen.push(p.reviewClock()); requestAnimationFrame(look); };
        look(); }"""
    )
    press(page, "k")
    page.wait_for_function("document.querySelector('.rw-player').reviewClock() > 60.5")
    press(page, "k", "q")
    seen = np.array(page.evaluate("window.seen"))
    assert button.get_attribute("aria-pressed") == "false"
    # What comes before was played; of the quiet only the picture on which it was noticed.
    assert np.sum((seen > 15.0) & (seen < QUIET[0])) > 5
    assert not np.any((seen > QUIET[0] + 1.0) & (seen < QUIET[1] - 0.01))


def test_the_quiet_is_played_when_it_is_not_skipped(page):
    seek(page, 30.0)
    press(page, "k")
    page.wait_for_function("document.querySelector('.rw-player').reviewClock() > 31")
    press(page, "k")
    assert driving.time_of(page) < 50.0


def test_the_candidates_side_is_put_on_record(page, ledger):
    outcome = panel(page, "outcome")
    side = outcome.locator(".rw-procedure")
    side.get_by_text("Nothing is on record.").wait_for()
    side.get_by_label("Step").select_option("invited")
    side.get_by_label("Statement until").fill("2022-12-20")
    side.get_by_role("button").click()
    side.locator("b").get_by_text("invited").wait_for()
    side.get_by_label("Step").select_option("received")
    side.get_by_label("When").fill("2022-12-15T14:05")
    side.get_by_label("What was said").fill("<i>it was my brother</i>")
    side.get_by_role("button").click()
    side.locator("b").get_by_text("received").wait_for()
    assert "<i>it was my brother</i>" in side.inner_text()
    said = [row for row in acts(ledger, handmade.KEY)["payload"] if "form" in row]
    assert [one["form"] for one in said] == ["invited", "received"]
    assert said[1]["held_at"] == "2022-12-15T14:05+08:00"
    panel(page, "flags")


def test_a_clip_of_a_stretch_is_made_while_the_page_goes_on(page, ledger):
    seek(page, 3.0)
    press(page, "i", "Shift+ArrowRight", "Shift+ArrowRight", "o")
    page.locator(".rw-mark").get_by_role("button", name="With a clip").click()
    # The kernel answers other questions meanwhile.
    panel(page, "log").locator(".rw-log-row").first.wait_for()
    panel(page, "flags")
    link = page.locator(".rw-clips a")
    link.wait_for()
    entries = acts(ledger, handmade.KEY)
    assert set(entries["kind"]) >= {"evidence", "exported"}
    with page.expect_download() as fetched:
        link.click()
    assert fetched.value.path().read_bytes()[4:8] == b"ftyp"
    entries = ledger.entries(*handmade.KEY, kinds=["exported"])
    assert entries.iloc[-1]["payload"]["what"] == "clip, fetched by a browser"


def test_a_supervisor_assigns_on_the_worklist(browser, calm, ledger):
    path = calm.workspace.folder / "notebooks" / "list.ipynb"
    path.write_text(json.dumps(notebook('workbench.worklist("WB-1", role="supervisor")')))
    page = driving.new_page(browser, calm)
    driving.open_path(page, "list.ipynb")
    run_all(page, "list.ipynb")
    row = page.locator(f"tr[data-candidate='{handmade.KEY[1]}'][data-subject='theory']")
    row.get_by_label("blind").check()
    row.locator(".rw-assign select").select_option("local:rita")
    row.locator(".rw-people > .rw-quiet").get_by_text("rita").wait_for()
    entry = ledger.entries(*handmade.KEY, kinds=["assignment"]).iloc[-1]
    assert (entry["payload"]["person"], entry["payload"]["blind"]) == ("local:rita", True)
    assert entry["role"] == "supervisor"
    page.context.close()


def notebook(source):
    """A notebook with one cell."""
    cell = {
        "cell_type": "code", "id": "only", "metadata": {}, "outputs": [], "execution_count": None,
        "source": f"from review import workbench\n{source}",
    }  # fmt: skip
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def test_under_voila_a_page_without_code_plays_and_decides(browser, calm, voila, ledger):
    path = calm.workspace.folder / "notebooks" / "review.ipynb"
    path.write_text(json.dumps(notebook(f"workbench.open_candidate(*{list(handmade.KEY)!r})")))
    page = browser.new_context(viewport={"width": 1600, "height": 1000}).new_page()
    page.set_default_timeout(driving.PATIENCE_MS)
    page.goto(f"{voila.address}/voila/render/review.ipynb?token={voila.token}")
    driving.the_desk(page)
    assert "open_candidate" not in page.locator("body").inner_text()
    seek(page, 12.0)
    settled(page, 12.0, ["front", "left_front", "screen"])
    page.locator("[data-flag='f1']").click()
    press(page, "y")
    page.locator("[data-flag='f1'] .rw-confirmed").wait_for()
    assert acts(ledger, handmade.KEY).iloc[-1]["payload"]["verdict"] == "confirmed"
    page.screenshot(path=str(calm.workspace.folder.parent / "voila.png"))
    page.context.close()


def test_the_same_notebook_runs_in_notebook_7(browser, calm, notebook7, ledger):
    path = calm.workspace.folder / "notebooks" / "seven.ipynb"
    path.write_text(json.dumps(notebook(f"workbench.open_candidate(*{list(handmade.KEY)!r})")))
    page = browser.new_context(viewport={"width": 1600, "height": 1000}).new_page()
    page.set_default_timeout(driving.PATIENCE_MS)
    page.goto(f"{notebook7.address}/notebooks/seven.ipynb?token={notebook7.token}")
    page.locator(".jp-Notebook .jp-CodeCell").wait_for()
    page.get_by_text("Python 3 (ipykernel)").first.wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    driving.the_desk(page)
    seek(page, 14.0)
    settled(page, 14.0, ["front", "left_front", "screen"])
    page.locator("[data-flag='f1']").click()
    press(page, "u")
    page.locator("[data-flag='f1'] .rw-unsure").wait_for()
    assert acts(ledger, handmade.KEY).iloc[-1]["payload"]["verdict"] == "unsure"
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == 1  # keys edit no cells here either
    page.screenshot(path=str(calm.workspace.folder.parent / "notebook7.png"))
    page.context.close()
