"""Where the speech-to-text model is looked for, and what is said where it is not."""

import hashlib
import math
import subprocess
import sys
from types import SimpleNamespace

import faster_whisper
import numpy as np
import pytest

from review.errors import ModelError
from review.signals import whisper as w
from review.workspace import Workspace

FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No folder of optional models, no user's cache."""
    monkeypatch.delenv("REVIEW_MODELS_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def put(folder, *, without=()):
    folder.mkdir(parents=True)
    for name in FILES:
        if name not in without:
            (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def network(monkeypatch):
    """Stand in for the network; it keeps what it was asked."""
    asked = SimpleNamespace(made=None, heard=None)

    class Network:
        supported_languages = ("zh", "en")

        def __init__(self, *where, **options):
            asked.made = (where, options)

        def transcribe(self, _, **options):
            asked.heard = options
            line = SimpleNamespace(start=0.5, end=1.5, text="你好", avg_logprob=math.log(0.8))
            return iter([line]), SimpleNamespace(language=options["language"] or "en")

    monkeypatch.setattr(faster_whisper, "WhisperModel", Network)
    return asked


def test_without_a_model_one_line_says_what_it_adds_and_where_it_goes(nowhere):
    with pytest.raises(ModelError) as error:
        w.whisper(workspace=Workspace(nowhere / "space"))
    text = str(error.value)
    assert "\n" not in text
    for part in ("transcript", w.SOURCE, "MIT", "--model", str(nowhere / "cache")):
        assert part in text
    assert not w.listed().loc[0, "present"]
    assert w.listed().loc[0, "adds"]


def test_it_is_looked_for_as_the_other_models_are(nowhere, monkeypatch):
    space = Workspace(nowhere / "space")
    cache = put(nowhere / "cache" / "review" / "models" / "whisper")
    assert w.find_whisper(space) == cache
    near = put(space.models / "whisper")
    assert w.find_whisper(space) == near
    # A folder that is not whole is passed over: its tokenizer would be fetched from elsewhere.
    put(nowhere / "own" / "whisper", without=["tokenizer.json"])
    monkeypatch.setenv("REVIEW_MODELS_DIR", str(nowhere / "own"))
    assert w.find_whisper(space) == near
    assert w.listed(space).loc[0, "path"] == str(near)


@pytest.mark.parametrize("name", FILES)
def test_a_folder_that_is_not_whole_is_refused_by_what_it_lacks(nowhere, name):
    folder = put(nowhere / "model", without=[name])
    with pytest.raises(ModelError, match=f"without {name}"):
        w.whisper(folder)


def test_a_damaged_model_is_refused(nowhere):
    with pytest.raises(ModelError, match="cannot be loaded"):
        w.whisper(put(nowhere / "model"))


def test_nothing_is_fetched_and_what_was_used_is_known_by_its_hashes(nowhere, network):
    folder = put(nowhere / "faster-whisper-small")
    machine = w.whisper(folder, language="zh")
    where, options = network.made
    assert where == (str(folder),)
    assert options["local_files_only"] is True
    assert machine.model == "faster-whisper-small"
    assert machine.hashes == {n: hashlib.sha256(n.encode()).hexdigest() for n in FILES}
    assert machine.model_sha256 == machine.hashes["model.bin"]


def test_lines_come_with_a_probability_and_their_language(nowhere, network):
    machine = w.whisper(put(nowhere / "model"))
    (line,) = machine.hear(np.zeros(16000, np.float32))
    assert (line.start_s, line.end_s, line.text, line.language) == (0.5, 1.5, "你好", "en")
    assert line.confidence == pytest.approx(0.8)
    # Without chance and without memory: the same sound gives the same lines.
    assert network.heard["temperature"] == 0.0
    assert network.heard["condition_on_previous_text"] is False


def test_a_network_that_fails_is_an_error_of_the_project(nowhere, network, monkeypatch):
    machine = w.whisper(put(nowhere / "model"))

    def fail(*_, **__):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(machine._network, "transcribe", fail)
    with pytest.raises(ModelError, match="out of memory"):
        list(machine.hear(np.zeros(16000, np.float32)))


def test_a_language_that_the_model_does_not_know_is_refused(nowhere, network):
    with pytest.raises(ModelError, match="zh, en"):
        w.whisper(put(nowhere / "model"), language="tlh")


def test_who_transcribes_nothing_loads_nothing():
    code = "import sys, review.batch.transcribing; print('faster_whisper' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
