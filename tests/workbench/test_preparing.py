"""Copies made before a review, and the same workbench without JupyterLab's shell."""

import json

import handmade
import pytest
from click.testing import CliRunner

from review.cli import main
from review.errors import SessionError
from review.workbench.preparing import prepare


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A hand-made session of this file's own: copies are written."""
    from review.loaders import load_session

    base = tmp_path_factory.mktemp("copies")
    session, _ = load_session(handmade.make_session(base / "session"))
    return handmade.make_workspace(base / "workspace", session)


def test_light_copies_are_made_once_and_then_played(own, own_ledger):
    from review.workbench.candidate import open_candidate

    assert not open_candidate(*handmade.KEY, workspace=own).player.data["light"]
    told = []
    first = prepare("WB-1", workspace=own, progress=lambda _, share: told.append(share))
    assert set(first["state"]) == {"made"}
    assert len(first) == 5
    assert max(told) == 1.0
    again = CliRunner().invoke(main, ["copies", "WB-1", "--workspace", str(own.folder), "--json"])
    assert again.exit_code == 0
    assert {row["state"] for row in json.loads(again.output)} == {"there"}
    # They are taken from now on without being asked for.
    data = open_candidate(*handmade.KEY, workspace=own).player.data
    assert data["light"]
    spans = [span for view in data["views"] for span in view["spans"]]
    assert all(span["ready"] and span["light"] for span in spans)


def test_nothing_is_copied_that_plays_as_it_is(own):
    assert set(prepare("WB-1", workspace=own, needed_only=True)["state"]) == {"there"}


def test_an_unknown_session_is_said(own):
    with pytest.raises(SessionError, match="not in the workspace"):
        prepare("OTHER", workspace=own)
