"""What goes wrong in a reviewer's day: servers, kernels, log-ins, files, names, other people."""

from fractions import Fraction
from types import SimpleNamespace

import driving
import handmade
import pytest
from driving import acts, press, seek, settled

from review.ledger import open_ledger
from review.workbench import presence

pytestmark = pytest.mark.browser

VIEWS = list(handmade.FILES)


@pytest.fixture
def page(browser, own_lab, ledger):
    """The first sitting, opened in a browser that remembers nothing."""
    page = driving.new_page(browser, own_lab)
    driving.open_sitting(page, handmade.KEY)
    yield page
    page.screenshot(path=str(own_lab.workspace.folder.parent / "trouble.png"))
    page.context.close()


@pytest.fixture
def ledger(own_lab):
    """The ledger, and only what a test itself brings into it."""
    ledger = open_ledger(own_lab.workspace.folder / "ledger.sqlite")
    before = ledger.head()
    yield SimpleNamespace(
        record=ledger.record,
        acts=lambda: acts(ledger, handmade.KEY, since=before.seq if before else 0),
    )
    ledger.close()


def typed(page, text):
    note = page.locator(".rw-decisions > textarea")
    note.fill(text)
    page.locator(".rw-decisions").focus()


def test_nothing_is_lost_when_the_kernel_dies(page, ledger):
    page.locator("[data-flag='f1']").click()
    typed(page, "two people")
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.wait_for_function("!jupyterapp.shell.currentWidget.sessionContext.session?.kernel")
    press(page, "y")
    seek(page, 10.0)
    settled(page, 10.0, VIEWS)  # playing needs no kernel
    page.locator(".rw-decisions .rw-status").get_by_text("not saved yet").wait_for()
    assert ledger.acts().empty
    # A note that nobody decided on yet, and marks of a flag that is not there yet.
    page.locator("[data-flag='f3']").click()
    typed(page, "half a sentence")
    press(page, "i")
    page.evaluate("jupyterapp.commands.execute('docmanager:save-all')")
    page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    page.wait_for_function("globalThis.jupyterapp?.shell?.currentWidget?.context?.isReady")
    driving.run_all(page, handmade.KEY[1])
    page.locator("[data-flag='f1'] .rw-confirmed").wait_for()
    (entry,) = ledger.acts().to_dict("records")
    assert (entry["payload"]["verdict"], entry["payload"]["note"]) == ("confirmed", "two people")
    page.locator("[data-flag='f3']").click()
    assert page.locator(".rw-decisions > textarea").input_value() == "half a sentence"
    assert page.locator(".rw-mark.rw-open").count() == 1


def test_nothing_is_lost_when_the_ledgers_database_is_away(page, ledger, own_lab):
    folder = own_lab.workspace.folder
    page.locator("[data-flag='f2']").click()
    press(page, "y")
    page.locator(".rw-decisions").get_by_text("saved in the ledger").wait_for()
    (folder / "ledger.sqlite").rename(folder / "away.sqlite")
    page.locator("[data-flag='f1']").click()
    press(page, "x")
    error = page.locator(".rw-decisions .rw-error")
    error.get_by_text("kept in this page").wait_for()
    assert "ledger" in error.inner_text()
    (folder / "away.sqlite").rename(folder / "ledger.sqlite")
    error.get_by_role("button", name="Try again").click()
    page.locator("[data-flag='f1'] .rw-dismissed").wait_for()
    assert list(ledger.acts()["payload"].map(lambda p: p["flag_id"])) == ["f2", "f1"]


def test_what_is_refused_is_kept_until_it_is_thrown_away(page, ledger, own_lab):
    from review.ledger.identity import current_author
    from review.ledger.payloads import Reopen, SignOff

    sue = current_author(
        role="supervisor", environ={"REVIEW_USER": "sue", "HOME": str(own_lab.workspace.folder)}
    )
    ledger.record(SignOff(), sitting_key=handmade.KEY, author=sue)
    page.locator("[data-flag='f1']").click()
    press(page, "y")
    error = page.locator(".rw-decisions .rw-error")
    error.get_by_text("signed off").wait_for()
    error.get_by_role("button", name="Discard").click()
    error.wait_for(state="hidden")
    assert list(ledger.acts()["kind"]) == ["sign_off"]
    ledger.record(Reopen(reason="for the next test"), sitting_key=handmade.KEY, author=sue)


def test_a_server_that_was_restarted_plays_on(page, own_lab):
    seek(page, 5.0)
    settled(page, 5.0, VIEWS)
    own_lab.stop()
    # The second file of this view was never asked for.
    seek(page, 45.0)
    slate = page.locator("[data-stream='right_rear'] .rw-slate")
    slate.get_by_text("the server does not answer").wait_for()
    own_lab.start()
    settled(page, 45.0, ["right_rear"])


def test_an_expired_login_is_said_in_the_page_and_ends(page, own_lab):
    cookies = page.context.cookies()
    # JupyterLab itself would log in again with the token that it was opened with.
    page.route("**/api/**", lambda route: route.abort())
    page.context.clear_cookies()
    seek(page, 45.0)
    slate = page.locator("[data-stream='right_rear'] .rw-slate")
    slate.get_by_text("log in again").wait_for()
    page.context.add_cookies(cookies)  # logged in again, in another tab
    settled(page, 45.0, ["right_rear"])


def test_a_file_deleted_while_playing_becomes_a_slate(page, own_lab):
    session = own_lab.workspace.session_folder(handmade.KEY[0])
    file = session / "recordings" / handmade.KEY[1] / "theory" / "right_rear" / "2.mp4"
    file.rename(file.with_suffix(".gone"))
    seek(page, 20.0)
    settled(page, 20.0, VIEWS)
    page.locator(".rw-rate").select_option("4")
    press(page, "k")
    slate = page.locator("[data-stream='right_rear'] .rw-slate")
    slate.get_by_text("the file is not there any more").wait_for()
    # The others play on.
    page.wait_for_function("document.querySelector('.rw-player').reviewClock() > 36")
    press(page, "k")
    settled(page, driving.time_of(page), ["front", "left_front", "screen"])
    file.with_suffix(".gone").rename(file)


def test_light_copies_are_made_on_demand_with_progress_and_played(page, own_lab):
    page.get_by_role("button", name="Light copies").click()
    page.get_by_role("button", name="Light copies").wait_for(state="hidden")
    copies = list((own_lab.workspace.folder / "media").glob("**/*-small.mp4"))
    assert len(copies) == 5
    sources = "[...document.querySelectorAll('.rw-view video')].map((v) => v.src)"
    for at_s in (45.0, 12.0):
        seek(page, at_s)
        settled(page, at_s, VIEWS)
        page.wait_for_function(f"({sources}).every((src) => src.includes('light=1'))")


def test_two_reviewers_see_each_other(page, own_lab):
    presence.announce(own_lab.workspace, handmade.KEY, "local:萨姆", "elsewhere")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.locator(".rw-others").get_by_text("萨姆").wait_for()
    assert presence.present(own_lab.workspace, handmade.KEY) == ["local:rita", "local:萨姆"]
    presence.leave(own_lab.workspace, handmade.KEY, "local:萨姆", "elsewhere")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.locator(".rw-others").wait_for(state="hidden")


def test_what_the_other_one_decides_is_seen(page, own_lab, ledger):
    from review.ledger.identity import current_author
    from review.ledger.payloads import Decision

    said = Decision(
        flag_id="f4", label="off_screen", stream="screen", device_start_s=36.0,
        device_end_s=37.2, verdict="dismissed",
    )  # fmt: skip
    sam = current_author(environ={"REVIEW_USER": "sam", "HOME": str(own_lab.workspace.folder)})
    ledger.record(said, sitting_key=handmade.KEY, author=sam)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.locator("[data-flag='f4'] .rw-dismissed").wait_for()


def test_a_name_that_runs_from_right_to_left_leaves_its_neighbours_alone(browser, own_lab):
    folder = own_lab.workspace.session_folder(handmade.KEY[0])
    path = folder / "candidates.csv"
    name = "\u202eمحمد أحمد (ABC)"
    text = path.read_text(encoding="utf-8")
    quoted = handmade.NAME.replace('"', '""')
    assert quoted in text
    path.write_text(text.replace(f'"{quoted}"', name), encoding="utf-8")
    page = driving.new_page(browser, own_lab)
    driving.open_sitting(page, handmade.KEY)
    who = page.locator(".rw-who")
    assert who.inner_text() == name
    assert who.evaluate("(e) => getComputedStyle(e).unicodeBidi") in {"isolate", "plaintext"}
    # What stands after the name stays after it.
    left, right = (page.locator(s).bounding_box() for s in (".rw-who", ".rw-which"))
    assert left["x"] + left["width"] <= right["x"] + 1
    assert page.locator(".rw-which").inner_text().startswith(handmade.KEY[1])
    page.context.close()


def test_a_codec_that_the_browser_refuses_gets_a_light_copy(browser, own_lab):
    spoil(own_lab.workspace)
    page = driving.new_page(browser, own_lab)
    driving.open_sitting(page, handmade.KEY)
    seek(page, 20.0)
    slate = page.locator("[data-stream='front'] .rw-slate")
    slate.get_by_text("codec mpeg4").wait_for()
    slate.get_by_role("button", name="Make the copy").click()
    settled(page, 20.0, ["front"], within_s=0.15)
    page.context.close()


def spoil(workspace):
    """Let the front camera have recorded in a codec that no browser plays."""
    import av
    import pandas as pd

    folder = workspace.session_folder(handmade.KEY[0])
    part = next(workspace.folder.glob("tables/segments/*/*20221210001*.parquet"))
    segments = pd.read_parquet(part)
    mine = segments["stream"] == "front"
    path = folder / segments.loc[mine, "file"].item()
    spoilt = path.with_suffix(".avi")
    base = Fraction(1, 25)
    with av.open(str(path)) as source, av.open(str(spoilt), "w") as out:
        target = out.add_stream("mpeg4", rate=25, options={"qscale": "2"})
        target.width, target.height, target.pix_fmt = handmade.WIDTH, handmade.HEIGHT, "yuv420p"
        for n, frame in enumerate(source.decode(video=0)):
            frame.pts, frame.time_base = n, base
            frame.pict_type = 0
            out.mux(target.encode(frame))
        out.mux(target.encode(None))
    path.unlink()
    segments.loc[mine, "file"] = str(spoilt.relative_to(folder))
    segments.loc[mine, ["video_codec", "container"]] = ["mpeg4", "avi"]
    segments.loc[mine, "size_bytes"] = spoilt.stat().st_size
    segments.to_parquet(part)
