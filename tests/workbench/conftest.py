"""The hand-made session, once for all tests of the workbench (they only read it)."""

import importlib.util
import sys
from pathlib import Path

import pytest


def _load():
    path = Path(__file__).with_name("handmade.py")
    spec = importlib.util.spec_from_file_location("handmade", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["handmade"] = module
    spec.loader.exec_module(module)
    return module


handmade = _load()
