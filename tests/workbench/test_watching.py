"""Who may watch, what is recorded of it, and who else is here: asked by HTTP."""

import io
import json
import shutil
import urllib.error
import urllib.request

import handmade
import numpy as np
import pytest
from PIL import Image

from review.ledger import open_ledger
from review.ledger.identity import current_author
from review.workbench import presence
from review.workbench.gate import Gate
from review.workbench.lab import lab_command
from review.workspace import Workspace

SITTING = "/".join(handmade.KEY)


@pytest.fixture(scope="module")
def server(hand, tmp_path_factory):
    """A server over a copy of the workspace, with a ledger of its own."""
    from types import SimpleNamespace

    import serving

    base = tmp_path_factory.mktemp("watching")
    workspace = Workspace(base / "workspace")
    shutil.copytree(hand.workspace.folder, workspace.folder)
    _, environment = lab_command(workspace, open_browser=False)
    environment = {**environment, "REVIEW_USER": "rita"}
    environment.pop("REVIEW_LEDGER", None)
    command, environment = serving.bare_server(environment, root=workspace.folder / "notebooks")
    (base / "home").mkdir()
    with serving.serving(command, environment, base / "home") as (address, log):
        yield SimpleNamespace(
            address=f"{address}/exam/",
            log=log,
            workspace=workspace,
            ledger=open_ledger(workspace.folder / "ledger.sqlite"),
        )


def ask(server, path, body=None, *, token=True):
    """Status, kind and content of an answer."""
    import serving

    headers = {"Authorization": f"token {serving.TOKEN}"} if token else {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.address + path, data=data, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read()


def watched(server):
    entries = server.ledger.entries(*handmade.KEY, kinds=["watched"])
    return list(entries["payload"])


def test_opening_a_stream_is_an_entry_once_before_the_first_byte(server):
    assert watched(server) == []
    for _ in range(2):
        assert ask(server, f"review/media/{SITTING}/front/0")[0] == 200
    assert watched(server) == [{"streams": ["front"]}]
    assert server.ledger.entries(kinds=["watched"])["author"].tolist() == ["rita"]


def test_what_was_played_is_an_entry_an_interval(server):
    before = len(watched(server))
    intervals = [
        {"streams": ["front", "screen"], "start_s": 4.0, "end_s": 9.5},
        {"streams": ["front"], "start_s": 24.25, "end_s": 31.0},
    ]
    status, _, body = ask(server, f"review/watched/{SITTING}", {"intervals": intervals})
    assert (status, json.loads(body)) == (200, {"entries": 2})
    assert watched(server)[before:] == intervals


@pytest.mark.parametrize(
    "body",
    [
        {"intervals": [{"streams": ["front"], "start_s": 9.0, "end_s": 9.0}]},
        {"intervals": [{"streams": ["kitchen"], "start_s": 1.0, "end_s": 2.0}]},
        {"intervals": [{"streams": ["front"], "start_s": "1", "end_s": 2.0}]},
        {"intervals": "all of it"},
        {"intervals": [7]},
        [],
    ],
)
def test_an_interval_that_cannot_be_is_refused_whole(server, body):
    before = watched(server)
    assert ask(server, f"review/watched/{SITTING}", body)[0] == 400
    assert watched(server) == before


def test_nobody_says_they_watched_without_logging_in(server):
    before = watched(server)
    status, _, _ = ask(server, f"review/watched/{SITTING}", {"intervals": []}, token=False)
    assert status == 403
    assert ask(server, f"review/here/{SITTING}", {"page": "p"}, token=False)[0] == 403
    assert watched(server) == before


def test_two_on_one_sitting_see_each_other(server):
    presence.announce(server.workspace, handmade.KEY, "local:sam", "page-2")
    status, _, body = ask(server, f"review/here/{SITTING}", {"page": "page-1"})
    assert status == 200
    assert json.loads(body)["others"] == ["local:sam"]
    assert presence.present(server.workspace, handmade.KEY) == ["local:rita", "local:sam"]
    ask(server, f"review/here/{SITTING}", {"page": "page-1", "leaving": True})
    presence.leave(server.workspace, handmade.KEY, "local:sam", "page-2")
    assert presence.present(server.workspace, handmade.KEY) == []


def test_who_has_not_been_heard_of_is_gone(tmp_path):
    workspace = Workspace(tmp_path)
    presence.announce(workspace, handmade.KEY, "local:sam", "p")
    (file,) = tmp_path.glob("presence/**/*.json")
    at = file.stat().st_mtime
    assert presence.present(workspace, handmade.KEY, now=at + 44) == ["local:sam"]
    assert presence.present(workspace, handmade.KEY, now=at + 46) == []
    assert not file.exists()


def test_presence_says_when_something_was_entered(server):
    from review.ledger.payloads import Decision

    path = f"review/here/{SITTING}"
    before = json.loads(ask(server, path, {"page": "p"})[2])["head"]
    said = Decision(
        flag_id="f1", label="absent", stream="front", device_start_s=8.0, device_end_s=14.0,
        verdict="unsure",
    )  # fmt: skip
    author = current_author(environ={"REVIEW_USER": "sam", "HOME": str(server.workspace.folder)})
    entry = server.ledger.record(said, sitting_key=handmade.KEY, author=author)
    assert json.loads(ask(server, path, {"page": "p"})[2])["head"] == entry.seq > before


def shown_at(picture):
    """The session time that a picture of the hand-made session carries."""
    image = np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
    bits = [image[8, bit * handmade.CELL + 8] > 128 for bit in range(handmade.BITS)]
    return int("".join("1" if bit else "0" for bit in bits), 2) / 1000 - 100


@pytest.mark.parametrize(
    ("stream", "time_s", "rate"), [("front", 20.3, 25), ("right_rear", 40.1, 15)]
)
def test_a_still_shows_the_moment(server, stream, time_s, rate):
    query = f"?t={time_s}&w={handmade.WIDTH}&exact=1"
    status, kind, body = ask(server, f"review/still/{SITTING}/{stream}{query}")
    assert (status, kind) == (200, "image/jpeg")
    assert time_s - 1 / rate - 0.002 <= shown_at(body) <= time_s + 0.002
    assert ask(server, f"review/still/{SITTING}/{stream}{query}")[2] == body


def test_a_thumbnail_is_near_enough_and_a_box_is_a_part(server):
    _, _, body = ask(server, f"review/still/{SITTING}/front?t=30.2&w=320")
    assert abs(shown_at(body) - 30.2) <= 1.05
    _, _, part = ask(server, f"review/still/{SITTING}/front?t=30.2&w=320&exact=1&box=0,0,160,90")
    assert Image.open(io.BytesIO(part)).size == (160, 90)


@pytest.mark.parametrize("query", ["", "?t=soon", "?t=1&box=1,2,3", "?t=1&box=0,0,0,5"])
def test_a_still_that_is_not_asked_for_properly_is_refused(server, query):
    assert ask(server, f"review/still/{SITTING}/front{query}")[0] == 400


def test_the_next_sitting_has_its_own_notebook(server):
    _, _, body = ask(server, f"review/next/{SITTING}?as=json")
    path = json.loads(body)["path"]
    assert path == "WB-1+20221210002+theory.ipynb"
    assert (server.workspace.folder / "notebooks" / path).exists()


def test_only_those_who_are_enrolled_watch_once_the_ledger_is_closed(own_ledger, monkeypatch):
    workspace = Workspace(own_ledger.parent)
    Gate(workspace).opened(handmade.KEY, "front")
    monkeypatch.setenv("REVIEW_USER", "ada")
    admin = current_author(role="administrator")
    open_ledger(own_ledger).append(
        "staff",
        {"action": "enrol", "person": admin.person, "roles": ["administrator"],
         "public_key": admin.public_key},
        author=admin,
    )  # fmt: skip
    Gate(workspace).opened(handmade.KEY, "front")
    monkeypatch.setenv("REVIEW_USER", "stranger")
    with pytest.raises(PermissionError, match="not enrolled"):
        Gate(workspace).opened(handmade.KEY, "front")
    assert set(open_ledger(own_ledger).entries(kinds=["watched"])["author"]) == {"rita", "ada"}


def test_what_cannot_be_recorded_is_not_shown(tmp_path, monkeypatch):
    from review.errors import LedgerError

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("REVIEW_LEDGER", raising=False)
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(LedgerError):
        Gate(Workspace(tmp_path)).opened(handmade.KEY, "front")
