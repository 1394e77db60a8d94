"""The widgets as the kernel sees them: assembly, copies, panels, words."""

import re
from collections import Counter
from pathlib import Path

import handmade
import pytest

from review.playback import make_copy, plan
from review.workbench import assets
from review.workbench.candidate import open_candidate

FOLDER = Path(assets.__file__).parent / "front"
SOURCES = [path.stem for path in sorted(FOLDER.glob("*.js"))]
WIDGETS = [name for name in SOURCES if "export default" in assets.source(name)]


@pytest.fixture
def desk(hand, own_ledger):
    return open_candidate(*handmade.KEY, workspace=hand.workspace, language="zh")


def test_the_desk_holds_one_sitting(desk):
    widgets = (desk.player, desk.timeline, desk.decisions, desk.conclusion, desk.panels)
    assert {widget.data["key"] for widget in widgets} == {"WB-1/20221210001/theory"}
    assert desk.player.language == "zh"


def test_there_is_one_module_a_widget():
    assert set(WIDGETS) == {
        "decisions", "faces", "listing", "logbook", "outcome", "panels", "player", "sheet",
        "supervision", "timeline", "whereabouts",
    }  # fmt: skip


@pytest.mark.parametrize("name", WIDGETS)
def test_a_module_brings_all_it_imports_and_every_name_once(name):
    source = assets.module(name)
    assert not re.search(r"^import ", source, re.MULTILINE)
    assert source.count("export ") == 1
    names = re.findall(r"^(?:async )?(?:const|class|function\*?) (\w+)", source, re.MULTILINE)
    assert [one for one, n in Counter(names).items() if n > 1] == []
    parts = assets.parts(name)
    assert parts[-1] == name
    assert len(parts) == len(set(parts))


@pytest.mark.parametrize("name", WIDGETS)
def test_every_word_of_the_front_end_is_in_the_table(name):
    source = assets.module(name)
    used = set(re.findall(r'["`](ui\.[a-z_0-9]+)["`]', source))
    assert used
    assert used <= set(assets.texts())


def test_every_key_that_the_help_shows_has_its_words():
    shown = re.findall(r'\], "([a-z_]+)"\]', assets.source("keys"))
    assert len(shown) > 20
    assert {f"ui.key_{word}" for word in shown} <= set(assets.texts())


@pytest.mark.parametrize("name", SOURCES)
def test_no_text_ever_goes_in_as_markup_and_nothing_comes_from_the_network(name):
    source = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    found = re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?://(?!www\.w3\.org)",
        source,
    )
    assert found == []


def test_a_copy_is_made_when_the_page_asks_for_one(hand, desk):
    segments = hand.workspace.read_sitting("segments", hand.sitting)
    file = segments.loc[segments["origin_pts_s"] == 5.0, "file"].item()
    told = []
    answer = desk.player.handle(
        {"id": 7, "kind": "copy", "file": file, "light": True}, progress=told.append
    )
    assert answer["ok"]
    # The copy's clock begins where the original's first picture is.
    assert answer["media_shift_s"] == -5.0
    items = plan(
        segments,
        folder=hand.session.folder,
        copies=hand.workspace.media(hand.sitting),
        light=True,
    )
    (item,) = [one for one in items if one.file == file]
    assert item.ready
    assert make_copy(item, folder=hand.session.folder) == item.path
    assert f"v={item.version}&light=1" in answer["url"]


def test_no_copy_of_what_is_not_in_the_sitting(desk):
    answer = desk.player.handle({"id": 7, "kind": "copy", "file": "../../etc/passwd"})
    assert not answer["ok"]
    assert "no such file" in answer["error"]


@pytest.mark.parametrize("name", ["identity", "place", "signals", "log", "clocks"])
def test_a_panel_is_empty_until_it_is_opened(desk, name):
    assert desk.panels.boxes[name].children == ()
    answer = desk.panels.handle({"id": 1, "kind": "open", "panel": name, "language": "zh"})
    assert answer == {"id": 1, "ok": True}
    assert len(desk.panels.boxes[name].children) == 1


def test_a_panel_that_cannot_be_made_says_why(desk):
    answer = desk.panels.handle({"id": 1, "kind": "open", "panel": "kitchen"})
    assert not answer["ok"]
    assert "no such panel" in answer["error"]


def test_figures_in_a_panel_hold_no_script(desk):
    desk.panels.handle({"id": 1, "kind": "open", "panel": "signals"})
    (output,) = desk.panels.boxes["signals"].children
    assert set(output.outputs[0]["data"]) == {"application/vnd.plotly.v1+json", "text/plain"}


def test_what_notebooks_call_is_callable_whatever_was_imported_before():
    import pkgutil

    from review import workbench

    modules = {found.name for found in pkgutil.iter_modules(workbench.__path__)}
    assert modules.isdisjoint(workbench.__all__)
    assert all(callable(getattr(workbench, name)) for name in workbench.__all__)
