"""The media handler, asked by HTTP as a browser and as an attacker would."""

import shutil
import urllib.error
import urllib.request
from pathlib import Path

import pandas as pd
import pytest

from review.workbench.lab import lab_command
from review.workbench.media import byte_range
from review.workspace import Workspace

SITTING = "WB-1/20221210001/theory"


@pytest.fixture(scope="module")
def server(hand, tmp_path_factory):
    """A server over a copy of the workspace whose table names two files it must not give."""
    import serving

    base = tmp_path_factory.mktemp("server")
    workspace = Workspace(base / "workspace")
    shutil.copytree(hand.workspace.folder, workspace.folder)
    (base / "secret.mp4").write_bytes(b"not a recording of this session")
    part = next(workspace.folder.glob("tables/segments/*/*.parquet"))
    segments = pd.read_parquet(part)
    outside = [str(Path("..", "..", "..", "secret.mp4")), str(base / "secret.mp4")]
    bad = (
        segments[segments["stream"] == "front"]
        .iloc[[0, 0]]
        .assign(file=outside, device_start_s=[1000.0, 2000.0])
    )
    pd.concat([segments, bad]).to_parquet(part)
    _, environment = lab_command(workspace, open_browser=False)
    command, environment = serving.bare_server(environment, root=base)
    (base / "home").mkdir()
    with serving.serving(command, environment, base / "home") as (address, log):
        yield f"{address}/exam/", log


def get(server, path, *, headers=(), token=True, method="GET"):
    """Status, headers and body; the token goes in a header, as no page could forge it."""
    import serving

    known = {"Authorization": f"token {serving.TOKEN}"} if token else {}
    request = urllib.request.Request(  # noqa: S310 - our own server
        server[0] + path, headers={**known, **dict(headers)}, method=method
    )
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture(scope="module")
def front(hand):
    return (hand.sitting.folder / "front" / "a.mp4").read_bytes()


def test_a_whole_file_is_given_as_it_is(server, front):
    status, headers, body = get(server, f"review/media/{SITTING}/front/0")
    assert (status, body) == (200, front)
    assert headers["Content-Type"] == "video/mp4"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-99", slice(0, 100)),
        ("bytes=1000-", slice(1000, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=5-99999999", slice(5, None)),
    ],
)
def test_a_range_is_given_as_a_range(server, front, wanted, part):
    status, headers, body = get(
        server, f"review/media/{SITTING}/front/0", headers={"Range": wanted}
    )
    first = part.indices(len(front))[0]
    assert (status, body) == (206, front[part])
    assert headers["Content-Range"] == f"bytes {first}-{first + len(body) - 1}/{len(front)}"
    assert headers["Content-Length"] == str(len(body))


def test_a_range_beyond_the_file_is_refused_with_its_size(server, front):
    status, headers, body = get(
        server, f"review/media/{SITTING}/front/0", headers={"Range": f"bytes={len(front)}-"}
    )
    assert (status, body) == (416, b"")
    assert headers["Content-Range"] == f"bytes */{len(front)}"


@pytest.mark.parametrize("wanted", ["bytes=9-3", "bytes=-", "pages=1-2", "bytes=0-1,4-5"])
def test_a_range_that_means_nothing_gives_the_whole(server, front, wanted):
    status, _, body = get(server, f"review/media/{SITTING}/front/0", headers={"Range": wanted})
    assert (status, len(body)) == (200, len(front))


def test_head_says_the_same_without_the_file(server, front):
    status, headers, body = get(server, f"review/media/{SITTING}/front/0", method="HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", str(len(front)))


def test_a_changed_file_is_not_given_for_its_old_address(server):
    status, _, _ = get(server, f"review/media/{SITTING}/front/0?v=000000000000")
    assert status == 404


def test_a_part_of_an_old_version_is_answered_with_the_new_whole(server, front):
    headers = {"Range": "bytes=0-9", "If-Range": '"older"'}
    status, _, body = get(server, f"review/media/{SITTING}/front/0", headers=headers)
    assert (status, len(body)) == (200, len(front))


def test_nobody_watches_without_logging_in(server):
    for path in (f"review/media/{SITTING}/front/0", f"review/photo/{SITTING}/id_photo"):
        assert get(server, path, token=False)[0] == 403
    status, _, body = get(server, f"review/open/{SITTING}?as=json", token=False)
    assert status == 200  # the log-in page that the browser is sent to
    assert b"ipynb" not in body


@pytest.mark.parametrize("number", [1, 2])
def test_a_table_that_names_a_file_outside_is_refused_and_logged(server, number):
    before = len(server[1])
    status, _, body = get(server, f"review/media/{SITTING}/front/{number}")
    assert status == 403
    assert b"not a recording" not in body
    assert "secret.mp4" in server[1].wait_for("refused to", since=before)


@pytest.mark.parametrize(
    "path",
    [
        "review/media/OTHER/20221210001/theory/front/0",
        "review/media/WB-1/nobody/theory/front/0",
        f"review/media/{SITTING}/front/99",
        f"review/media/{SITTING}/front/a.mp4",
        f"review/media/{SITTING}/identity/0",
        f"review/photo/{SITTING}/session",
        f"review/still/{SITTING}/front?t=99999",
    ],
)
def test_what_is_no_row_of_the_table_is_not_there(server, path):
    status, _, body = get(server, path)
    assert status == 404
    assert b"format = 1" not in body


@pytest.mark.parametrize(
    "path",
    [
        "review/media/..%2f..%2fsecret.mp4/20221210001/theory/front/0",
        "review/media/WB-1/..%2f..%2f..%2fsecret/theory/front/0",
        f"review/media/{SITTING}/..%2f..%2fsession.toml/0",
        f"review/media/{SITTING}/front/..%2fa.mp4",
        f"review/media/{SITTING}/front/0%00",
        "review/media/WB-1/20221210001/%2e%2e/front/0",
        f"review/photo/{SITTING}/..%2f..%2fsession.toml",
        f"review/still/{SITTING}/..%5c..%5csession.toml?t=1",
        "review/open/WB-1/..%2f..%2fsecret/theory",
    ],
)
def test_an_address_that_leads_out_is_refused_and_logged(server, path):
    before = len(server[1])
    status, _, body = get(server, path)
    assert status == 403
    assert b"format = 1" not in body
    assert "leads elsewhere" in server[1].wait_for("refused to", since=before)


def test_no_bytes_at_all_are_no_range():
    with pytest.raises(ValueError, match="no byte"):
        byte_range("bytes=0-0", 0)
