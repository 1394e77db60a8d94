"""The commands as plain calls."""

import importlib
import subprocess
import sys

import pytest

import review


@pytest.mark.parametrize("name", [n for n in review.__all__ if n != "__version__"])
def test_a_call_stays_a_call_when_everything_is_imported(name):
    for part in ("batch", "demo", "reporting", "simulate", "trends", "workbench", "workbench.lab"):
        importlib.import_module(f"review.{part}")
    assert callable(getattr(review, name))


def test_importing_the_package_imports_nothing_else():
    code = "import sys, review; print([m for m in sys.modules if m in ('pandas', 'cv2', 'av')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_call_is_no_attribute():
    with pytest.raises(AttributeError, match="judge"):
        _ = review.judge
