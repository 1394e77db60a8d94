"""The widgets as the kernel sees them: assembly, copies, worklist, words."""

import re
from pathlib import Path

import handmade
import pandas as pd
import pytest

from review.playback import make_copy, plan
from review.workbench import assets
from review.workbench.candidate import open_candidate
from review.workbench.listing import worklist_data

FOLDER = Path(assets.__file__).parent
MODULES = [path.stem for path in sorted(FOLDER.glob("*.js")) if path.stem != "shared"]


def test_the_desk_holds_one_sitting(hand, own_ledger):
    desk = open_candidate(*handmade.KEY, workspace=hand.workspace, language="zh")
    keys = {widget.data["key"] for widget in (desk.player, desk.timeline, desk.decisions)}
    assert keys == {"WB-1/20221210001/theory"}
    assert desk.player.language == "zh"


@pytest.mark.parametrize("name", MODULES)
def test_every_word_of_the_front_end_is_in_the_table(name):
    source = assets.module(name)
    used = set(re.findall(r'"((?:ui)\.[a-z_0-9]+)"', source))
    assert used
    assert used <= set(assets.texts())


@pytest.mark.parametrize("name", [*MODULES, "shared"])
def test_no_text_ever_goes_in_as_markup_and_nothing_comes_from_the_network(name):
    source = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    found = re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?://(?!www\.w3\.org)",
        source,
    )
    assert found == []


def test_a_copy_is_made_when_the_page_asks_for_one(hand, own_ledger):
    desk = open_candidate(*handmade.KEY, workspace=hand.workspace)
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


def test_no_copy_of_what_is_not_in_the_sitting(hand, own_ledger):
    desk = open_candidate(*handmade.KEY, workspace=hand.workspace)
    answer = desk.player.handle({"id": 7, "kind": "copy", "file": "../../etc/passwd"})
    assert not answer["ok"]
    assert "no such file" in answer["error"]


def test_the_worklist_says_what_is_left_and_why(hand):
    rows = pd.DataFrame(
        [
            {
                "candidate_id": "20221210001", "subject_id": "theory", "analysis": "analysed",
                "reason": None, "risk": 71.5, "unseen": 0.12, "flags": 5, "open_flags": 2,
                "labels": {"absent": 3, "speech": 2},
            },
            {
                "candidate_id": "20221210002", "subject_id": "theory", "analysis": "failed",
                "reason": "front/a.mp4: truncated", "risk": float("nan"), "unseen": 1.0,
                "flags": 0, "open_flags": 0, "labels": {},
            },
        ]
    )  # fmt: skip
    first, second = worklist_data(hand.session, rows)["rows"]
    assert (first["decided"], first["flags"]) == (3, 5)
    assert first["why"] == {"en": "absent × 3, speech × 2", "zh": "不在画面中 × 3、说话 × 2"}
    assert second["risk"] is None
    assert second["why"]["en"] == "front/a.mp4: truncated"


def test_what_notebooks_call_is_callable_whatever_was_imported_before():
    import pkgutil

    from review import workbench

    modules = {found.name for found in pkgutil.iter_modules(workbench.__path__)}
    assert modules.isdisjoint(workbench.__all__)
    assert all(callable(getattr(workbench, name)) for name in workbench.__all__)
