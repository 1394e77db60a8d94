"""The reviewer's way in a real browser: worklist, open, play, jump, decide, conclude, again."""

import re
from pathlib import Path

import driving
import handmade
import pytest
from driving import (
    acts,
    at_time,
    jump_ms,
    panel,
    player,
    press,
    run_all,
    seek,
    settled,
    the_desk,
    time_of,
)

from review.ledger import open_ledger

pytestmark = pytest.mark.browser

VIEWS = list(handmade.FILES)


@pytest.fixture(scope="module")
def page(browser, lab):
    page = driving.new_page(browser, lab)
    yield page
    page.screenshot(path=str(lab.shots / "last.png"))
    page.context.close()


@pytest.fixture(scope="module")
def desk(page):
    """The candidate's notebook, opened from the worklist, which runs it."""
    driving.open_path(page, "session_scoring+WB-1.ipynb")
    run_all(page, "session_scoring")
    candidate = page.locator("tr[data-candidate='20221210001'][data-subject='theory']")
    candidate.get_by_role("link").click()
    return the_desk(page)


@pytest.fixture(scope="module")
def ledger(lab):
    return open_ledger(lab.workspace.folder / "ledger.sqlite")


def test_the_worklist_leads_to_the_candidates_own_notebook(desk, lab):
    assert lab.workspace.folder.joinpath("notebooks", "WB-1+20221210001+theory.ipynb").exists()
    assert not lab.workspace.folder.joinpath("notebooks", "WB-1+20221210002+theory.ipynb").exists()


def test_a_name_that_contains_markup_is_only_text(page, desk):
    assert handmade.NAME in player(page).inner_text()
    assert page.evaluate("window.pwned") is None


# --- playing


@pytest.mark.parametrize("rate", ["1", "2"])
def test_four_views_play_as_one(page, desk, rate):
    seek(page, 5.0)
    settled(page, 5.0, VIEWS)
    page.locator(".rw-rate").select_option(rate)
    press(page, "k")
    page.wait_for_function("document.querySelector('.rw-player').reviewClock() > 7")
    found = page.evaluate(driving.SPREAD, 20)
    page.keyboard.press("k")
    page.locator(".rw-rate").select_option("1")
    spreads = found["spreads"]
    median_s, p95_s = (spreads[int(share * len(spreads))] for share in (0.5, 0.95))
    said = (
        f"median {median_s * 1000:.0f} ms, 95 % {p95_s * 1000:.0f} ms, {len(spreads)} moments, "
        f"{found['frames']:.0f} pictures of the page a second, {found['dropped']:.1%} dropped"
    )
    # Only moments at which all four were running are counted.
    assert len(spreads) > 10, said
    # 40 ms is what is asked for 95 % of the moments; `python -m benchmarks workbench` holds a quiet
    # machine to it. Here others may be at work. A page that draws ten times a second knows a
    # video's clock to a tenth of a second only, so the median is held to a picture of the page.
    starved = found["frames"] < 30 or found["dropped"] > 0.02
    assert median_s <= max(0.04, 1 / found["frames"]), said
    assert starved or p95_s <= 0.1, said
    at_s = time_of(page)
    # At 1x it ends in the gap of the fourth view.
    shown = settled(page, at_s, ["front", "left_front", "screen"])
    shown = {stream: seen for stream, seen in shown.items() if seen is not None}
    # The slowest view has a picture every 0.2 s.
    assert max(shown.values()) - min(shown.values()) <= 0.25


@pytest.mark.parametrize("at_s", [40.0, 5.0, 33.4])
def test_after_a_jump_every_view_shows_the_right_picture(page, desk, at_s):
    assert jump_ms(page, at_s, VIEWS) < 20_000
    seen = page.evaluate(driving.READ)
    rates = {stream: files[0][3] for stream, files in handmade.FILES.items()}
    for stream, shown in seen.items():
        # The picture that was on at the time: not later, and at most one picture earlier.
        assert at_s - 1 / rates[stream] - 0.002 <= shown <= at_s + 0.002


def test_a_gap_shows_a_slate_with_its_times(page, desk):
    seek(page, 27.0)
    settled(page, 27.0, ["front", "left_front", "screen"])
    slate = page.locator("[data-stream='right_rear'] .rw-slate")
    slate.wait_for()
    assert "00:00:24.5 – 00:00:31.5" in slate.inner_text()


def test_playing_goes_on_through_a_gap_into_the_next_file(page, desk):
    seek(page, 30.5)
    press(page, "k")
    page.wait_for_function("document.querySelector('.rw-player').reviewClock() > 32.5")
    page.keyboard.press("k")
    settled(page, time_of(page), VIEWS)


def test_both_clocks_are_on_the_screen(page, desk):
    seek(page, 12.0)
    page.locator(".rw-now").get_by_text("00:00:12.00").wait_for()
    assert page.locator(".rw-wall").inner_text() == "08:30:12"


def test_above_four_times_pictures_still_come(page, desk):
    seek(page, 3.0)
    settled(page, 3.0, VIEWS)
    page.locator(".rw-rate").select_option("8")
    page.evaluate(
        """() => { window.shown = 0;
        const video = document.querySelector("[data-stream='front'] video");
        const count = () => { window.shown += 1; video.requestVideoFrameCallback(count); };
        video.requestVideoFrameCallback(count); }"""
    )
    press(page, "k")
    page.wait_for_function("document.querySelector('.rw-player').reviewClock() > 40")
    page.keyboard.press("k")
    page.locator(".rw-rate").select_option("1")
    # 37 s at 8x are 4.6 s; the figure asked for, five a second, is the benchmark's.
    assert page.evaluate("window.shown") >= 5


@pytest.mark.parametrize(
    ("keys", "from_s", "to_s"),
    [
        (["Period"], 20.0, 20.04),
        (["Comma"], 20.0, 19.96),
        (["ArrowRight"], 20.0, 25.0),
        (["Shift+ArrowLeft"], 20.0, 19.0),
        (["BracketRight"], 20.0, 60.0),
        (["BracketLeft"], 20.0, 0.0),
        (["Shift+N"], 20.0, 36.0),
        (["Shift+N", "Shift+N"], 20.0, 37.2),
        (["Shift+P"], 20.0, 0.2),
    ],
)
def test_keys_go_by_picture_by_event_and_by_minute(page, desk, keys, from_s, to_s):
    seek(page, from_s)
    at_time(page, from_s, near_s=0.001)
    press(page, *keys)
    at_time(page, to_s, near_s=0.002)


def test_a_flag_is_looped(page, desk):
    page.locator("[data-flag='f4']").click()  # 36.0 to 37.2
    press(page, "r")
    # It has run through once when the clock has gone back.
    page.evaluate(
        """() => { const p = document.querySelector('.rw-player'); let last = -1;
        window.looped = 0; const look = () => { const now = p.reviewClock();
        if (now < last - 0.5) window.looped += 1;
        last = now;
        requestAnimationFrame(look); }; look(); }"""
    )
    page.wait_for_function("window.looped >= 2")
    press(page, "k", "r")
    assert 36.0 <= time_of(page) <= 37.4


def test_views_are_turned_brightened_swapped_and_enlarged(page, desk):
    view = page.locator("[data-stream='front']")
    view.click(position={"x": 20, "y": 60})
    press(page, "t", "b", "b")
    assert view.get_attribute("data-turn") == "90"
    assert view.evaluate("(v) => getComputedStyle(v.querySelector('video')).filter") == (
        "brightness(2.2)"
    )
    order = "[...document.querySelectorAll('.rw-view')].map((v) => v.dataset.stream)"
    before = page.evaluate(order)
    press(page, "w")
    after = page.evaluate(order)
    assert after[:2] == [before[1], before[0]]
    press(page, "Shift+Digit1")
    assert "rw-large" in view.get_attribute("class")
    press(page, "Shift+Digit0", "w", "w", "w", "t", "t", "t", "b", "b")
    assert view.get_attribute("data-turn") == "0"
    assert "rw-large" not in view.get_attribute("class")
    settled(page, time_of(page), ["front", "left_front", "screen"])


def test_sound_comes_from_any_view_that_has_it(page, desk):
    muted = "[...document.querySelectorAll('.rw-view video')].map((v) => v.muted)"
    heard = page.evaluate(muted)
    press(page, "s")
    assert page.evaluate(muted) != heard
    press(page, "s")
    assert page.evaluate(muted) == heard


# --- the timeline


def test_a_click_on_the_timeline_goes_there(page, desk):
    press(page, "f")
    box = page.locator(".rw-canvas").bounding_box()
    # The whole sitting is shown from 136 px to the right edge.
    first, last = page.evaluate("document.querySelector('.rw-player').reviewExtent()")
    x = 136 + (20.0 - first) / (last - first) * (box["width"] - 136)
    page.mouse.click(box["x"] + x, box["y"] + 12)
    at_time(page, 20.0, near_s=0.2)
    settled(page, time_of(page), VIEWS)


def test_a_thumbnail_of_the_moment_under_the_pointer(page, desk, lab):
    box = page.locator(".rw-canvas").bounding_box()
    page.mouse.move(box["x"] + 500, box["y"] + 45)
    picture = page.locator(".rw-tip img")
    picture.wait_for()
    assert re.search(r"review/still/WB-1/20221210001/theory/\w+\?t=", picture.get_attribute("src"))
    assert picture.evaluate("(i) => i.naturalWidth") == 208
    page.mouse.move(box["x"] + 500, box["y"] - 200)


def test_the_timeline_zooms_from_the_whole_to_a_second(page, desk):
    shown = """() => { const c = document.querySelector('.rw-canvas');
      return Number(c.getAttribute('aria-valuemax')) - Number(c.getAttribute('aria-valuemin')); }"""
    assert page.evaluate(shown) > 60
    before = page.evaluate("document.querySelector('.rw-timeline').reviewDrawn()")
    span = page.evaluate(
        """() => new Promise((resolve) => { const t = document.querySelector('.rw-timeline');
        t.dispatchEvent(new CustomEvent('review-show', { detail: [20, 20.2] }));
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(t.reviewShown()))); })"""
    )
    assert span == pytest.approx([20.0, 21.0])
    assert page.evaluate("document.querySelector('.rw-timeline').reviewDrawn()") > before
    press(page, "f")


# --- deciding


def test_keys_choose_decide_and_take_back_and_the_ledger_has_it(page, desk, ledger):
    page.locator("[data-flag='f2']").click()
    page.locator("[data-flag='f2'][aria-selected='true']").wait_for()
    press(page, "y")
    page.locator("[data-flag='f2'] .rw-confirmed").wait_for()
    page.locator(".rw-decisions").get_by_text("saved in the ledger").wait_for()
    (entry,) = acts(ledger, handmade.KEY).to_dict("records")
    assert (entry["kind"], entry["author"]) == ("decision", "rita")
    assert (entry["payload"]["flag_id"], entry["payload"]["verdict"]) == ("f2", "confirmed")
    press(page, "z")
    page.locator("[data-flag='f2'] .rw-open").wait_for()
    assert list(acts(ledger, handmade.KEY)["kind"]) == ["decision", "retraction"]
    press(page, "u")
    page.locator("[data-flag='f2'] .rw-unsure").wait_for()


def test_an_own_flag_by_keys_alone(page, desk, ledger):
    page.locator("[data-stream='left_front']").click(position={"x": 20, "y": 60})
    seek(page, 10.0)
    at_time(page, 10.0)
    press(page, "i", "ArrowRight", "o")
    page.wait_for_function(
        "text => document.querySelector('.rw-mark').innerText.includes(text)",
        arg="00:00:10.0 – 00:00:15.0",
    )
    press(page, "3")
    own = page.locator(".rw-flag .rw-human")
    own.wait_for()
    last = acts(ledger, handmade.KEY).iloc[-1]
    assert (last["kind"], last["payload"]["label"]) == ("own_flag", "headphones")
    assert last["payload"]["stream"] == "left_front"
    press(page, "z")
    own.wait_for(state="detached")


def test_an_outcome_under_a_clause_with_what_is_lacking(page, desk, ledger):
    press(page, "d")
    outcome = page.locator(".rw-outcome")
    outcome.get_by_text("no outcome yet").wait_for()
    box = outcome.locator(".rw-clause input").first
    clause = box.get_attribute("value")
    box.check()
    preview = outcome.locator(f".rw-preview [data-clause='{clause}']")
    preview.wait_for()
    assert "lacking" in preview.inner_text()
    outcome.get_by_label("Why", exact=True).fill("seen on two views")
    outcome.get_by_role("button", name="Record the outcome").click()
    outcome.locator(".rw-said").get_by_text("rita").wait_for()
    last = acts(ledger, handmade.KEY).iloc[-1]
    assert (last["kind"], last["payload"]["clauses"]) == ("outcome", [clause])
    assert last["payload"]["note"] == "seen on two views"
    press(page, "z")
    page.wait_for_function("!document.querySelector('.rw-said').textContent.includes('rita')")
    press(page, "d")


def test_undo_takes_back_what_is_still_on_its_way(page, desk, ledger):
    page.locator("[data-flag='f1']").click()
    press(page, "x", "z")
    page.wait_for_function(
        "document.querySelector('.rw-decisions .rw-status').textContent === 'saved in the ledger'"
    )
    page.locator("[data-flag='f1'] .rw-open").wait_for()
    page.locator("[data-flag='f2'] .rw-unsure").wait_for()
    assert list(acts(ledger, handmade.KEY)["kind"])[-2:] == ["decision", "retraction"]


def test_keys_of_the_workbench_do_not_edit_the_notebook(page, desk):
    cells = "jupyterapp.shell.currentWidget.content.widgets.length"
    before = page.evaluate(cells)
    press(page, "x", "z", "j", "k", "n", "p", "a", "c", "Shift+Slash", "Escape", "Escape")
    assert page.evaluate(cells) == before


def test_a_question_mark_shows_the_keys(page, desk):
    press(page, "Shift+Slash")
    help_ = page.get_by_role("dialog", name="Keys")
    assert "next candidate" in help_.inner_text()
    page.keyboard.press("Escape")
    assert not help_.is_visible()


# --- beside the player


@pytest.mark.parametrize(
    ("name", "selector"),
    [
        ("identity", ".rw-faces table"),
        ("place", ".rw-map"),
        ("signals", ".js-plotly-plot .main-svg >> nth=0"),
        ("log", ".rw-log-row >> nth=0"),
        ("clocks", ".js-plotly-plot .main-svg >> nth=0"),
    ],
)
def test_a_panel_is_filled_when_it_is_opened(page, desk, lab, name, selector):
    shown = panel(page, name)
    shown.locator(selector).wait_for()
    page.screenshot(path=str(lab.shots / f"{name}.png"))
    panel(page, "flags")
    assert not shown.is_visible()


def test_the_log_follows_the_player_and_a_click_goes_there(page, desk):
    log = panel(page, "log")
    seek(page, 38.0)
    log.locator("[aria-current]").get_by_text("focus_gained").wait_for()
    assert "<b>notes</b>" in log.inner_text()  # the log's words, not the page's
    log.get_by_text("warning").click()
    at_time(page, 42.0)
    panel(page, "flags")


def test_the_map_moves_with_the_time(page, desk):
    place = panel(page, "place")
    seek(page, 20.0)
    place.get_by_text("0 s ago").first.wait_for()
    seek(page, 59.0)
    # Phone 2 fell silent at 32 s.
    place.get_by_text("27 s ago").wait_for()
    panel(page, "flags")


# --- languages, and for everybody


def test_the_language_is_switched_in_place(page, desk):
    player(page).get_by_role("button", name="中文").click()
    page.locator(".rw-decisions").get_by_text("撤销").wait_for()
    assert "extra person" not in page.locator(".rw-flags").inner_text()
    assert page.locator(".rw-player").get_attribute("lang") == "zh-CN"
    player(page).get_by_role("button", name="English").click()
    page.locator(".rw-decisions").get_by_text("Undo").wait_for()


@pytest.mark.parametrize("name", ["flags", "outcome", "identity", "place", "log"])
@pytest.mark.parametrize("language", ["English", "中文"])
def test_axe_finds_no_serious_fault(page, desk, name, language):
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    current = "English" if page.locator(".rw-player").get_attribute("lang") == "en" else "中文"
    if current != language:
        player(page).get_by_role("button", name=language).click()
    panel(page, name)
    page.add_script_tag(content=Path(axe.__file__).with_name("axe.min.js").read_text())
    found = page.evaluate("axe.run('.rw-desk').then((found) => found.violations)")
    grave = [
        (one["id"], [node["target"] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
    assert grave == []
    panel(page, "flags")
    if language == "中文":
        player(page).get_by_role("button", name="English").click()


def test_everything_is_reached_by_the_keyboard_alone(page, desk):
    player(page).focus()
    seen = set()
    for _ in range(90):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                """() => { const e = document.activeElement;
                if (!e.closest('.rw-desk')) return '';
                return (e.getAttribute('aria-label') || e.innerText || '').trim(); }"""
            ).split("\n")[0]
        )
    assert {"Keys", "Play or pause", "Next flag", "Speed", "Timeline", "Flags"} <= seen
    page.locator("[role=tab][data-panel=flags]").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("[role=tab][data-panel=outcome]").get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowLeft")


# --- what was watched, and coming back


def test_what_was_watched_is_in_the_ledger(page, desk, ledger):
    seek(page, 5.0)
    settled(page, 5.0, VIEWS)
    press(page, "k")
    page.wait_for_function("document.querySelector('.rw-player').reviewClock() > 7")
    page.keyboard.press("k")
    page.evaluate("document.querySelector('.rw-player').dispatchEvent(new Event('review-tell'))")
    page.wait_for_function(
        "!Object.keys(localStorage).some((k) => k.startsWith('review.watched/'))"
    )
    entries = ledger.entries(*handmade.KEY, kinds=["watched"])
    opened = [p for p in entries["payload"] if "start_s" not in p]
    played = [p for p in entries["payload"] if "start_s" in p]
    assert {stream for p in opened for stream in p["streams"]} == set(VIEWS)
    assert any(p["start_s"] <= 5.1 and p["end_s"] >= 6.9 for p in played)


def test_after_a_reload_the_decisions_are_still_there(page, desk, lab):
    page.evaluate("jupyterapp.commands.execute('docmanager:save-all')")
    page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    page.wait_for_function("globalThis.jupyterapp?.shell?.currentWidget?.context?.isReady")
    driving.open_path(page, "WB-1+20221210001+theory.ipynb")
    run_all(page, "20221210001")
    page.locator("[data-flag='f2'] .rw-unsure").wait_for()


def test_one_key_opens_the_next_candidate(page, desk, lab):
    the_desk(page)
    press(page, "g")
    page.wait_for_function(
        "jupyterapp.shell.currentWidget?.context?.path === 'WB-1+20221210002+theory.ipynb'"
    )
    assert lab.workspace.folder.joinpath("notebooks", "WB-1+20221210002+theory.ipynb").exists()
    # anywidget gives a model two seconds and then says this, also when it comes in the third, as
    # it may while the rest of the test run keeps the machine busy. What does not come at all is
    # missed by the tests above.
    slow = "[anywidget] Failed to initialize model."
    assert [problem for problem in page.problems if problem != slow] == []
