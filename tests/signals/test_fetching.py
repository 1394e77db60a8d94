"""Model files over a local server: only the right bytes are kept, and what goes wrong is said."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from review import cli
from review.errors import ModelError
from review.signals import fetching
from review.signals import models as m

GOOD = b"the only version that is used" * 5000


@pytest.fixture
def server():
    """Serves what ``answers`` holds: path -> (status, body, length that is claimed)."""
    answers = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body, claimed = answers.get(self.path, (404, b"", 0))
            self.send_response(status)
            self.send_header("Content-Length", str(claimed))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    made.answers = answers
    made.base = f"http://127.0.0.1:{made.server_port}"
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def offered(monkeypatch, server, tmp_path):
    """One optional model file, offered by the server; nothing is there yet."""
    model = m.ModelFile(
        name="toy", purpose="test", adds="nothing", file="toy.onnx", source="here", licence="x",
        sha256=hashlib.sha256(GOOD).hexdigest(), input="", output="", url=f"{server.base}/toy.onnx",
    )  # fmt: skip
    packaged = m.ModelFile(
        name="inside", purpose="test", adds="nothing", file="x", source="here", licence="CC0-1.0",
        sha256="0", input="", output="", package="no_such_package",
    )  # fmt: skip
    monkeypatch.setattr(m, "MODELS", (model, packaged))
    monkeypatch.delenv("REVIEW_MODELS_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return model


def everything_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_is_fetched_once_and_then_found(offered, server, tmp_path):
    server.answers["/toy.onnx"] = (200, GOOD, len(GOOD))
    told = []
    first = fetching.fetch_models(progress=lambda name, share: told.append((name, share)))
    assert first["state"].tolist() == ["fetched"]
    path = m.user_folder() / "toy.onnx"
    assert path.read_bytes() == GOOD
    assert first["path"].tolist() == [str(path)]
    assert told[-1] == ("toy", 1.0)
    server.answers.clear()
    assert fetching.fetch_models()["state"].tolist() == ["present"]
    assert everything_in(tmp_path) == ["toy.onnx"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, GOOD[:-1] + b"?", len(GOOD)), "another version"),
        ((200, GOOD[:1000], len(GOOD)), ""),
        ((200, b"<html>log in first</html>", 25), "another version"),
        ((404, b"", 0), "404"),
        ((500, b"", 0), "500"),
    ],
)
def test_nothing_but_the_right_bytes_is_put_in_place(offered, server, tmp_path, answer, said):
    server.answers["/toy.onnx"] = answer
    (row,) = fetching.fetch_models().itertuples()
    assert row.state == "failed"
    assert said in row.problem
    assert "model toy" in row.problem
    assert "\n" not in row.problem
    assert everything_in(tmp_path) == []


def test_a_damaged_file_that_is_there_is_named_and_replaced(offered, server):
    path = m.user_folder() / "toy.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"an older version")
    assert "toy.onnx" in m.find_models().refused["toy"]
    server.answers["/toy.onnx"] = (200, b"worse", 5)
    fetching.fetch_models()
    assert path.read_bytes() == b"an older version"
    server.answers["/toy.onnx"] = (200, GOOD, len(GOOD))
    assert fetching.fetch_models()["state"].tolist() == ["fetched"]
    assert "toy" in m.find_models()


def test_without_a_network_it_says_so(offered, server, tmp_path):
    server.shutdown()
    server.server_close()
    (row,) = fetching.fetch_models().itertuples()
    assert row.state == "failed"
    assert "no network" in row.problem
    assert "REVIEW_MODELS_DIR" in row.problem
    assert everything_in(tmp_path) == []


def test_names_are_checked(offered):
    with pytest.raises(ModelError, match="comes with an installed package"):
        fetching.fetch_models(["inside"])
    with pytest.raises(ModelError, match="no such model file"):
        fetching.fetch_models(["yolo"])


def test_every_optional_file_of_the_registry_has_an_address_of_one_version():
    optional = [model for model in m.MODELS if model.package is None]
    assert {model.name for model in optional} >= {"yunet", "yolox_nano"}
    for model in optional:
        assert model.url.startswith("https://")
        commit = model.source.split("commit ")[1].split(",")[0]
        assert f"/{commit}/" in model.url
        assert model.url.endswith(model.file)


def test_the_command_reports_and_fails_where_a_file_could_not_be_had(offered, server, tmp_path):
    run = CliRunner().invoke
    arguments = ["models", "fetch", "--json", "--workspace", str(tmp_path / "space")]
    failed = run(cli.main, arguments)
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)[0]["state"] == "failed"
    server.answers["/toy.onnx"] = (200, GOOD, len(GOOD))
    done = run(cli.main, arguments)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)[0]["state"] == "fetched"
