"""Imports go down only, and each library stays behind its fence."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "review"
#: From the top down. A part may import its own floor only within itself, and every floor below.
FLOORS = (
    ("cli", "commands", "demo", "workbench", "__main__"),
    ("batch", "offsets"),
    ("pipeline", "playback", "simulate", "reporting", "trends"),
    ("figures", "scoring", "ledger", "rules"),
    ("detectors",),
    ("timeline",),
    ("signals",),
    ("loaders",),
    ("workspace", "compaction", "analysed"),
    ("session", "tables", "errors", "words", "plugins", "processes"),
)
LEVEL = {part: len(FLOORS) - n for n, floor in enumerate(FLOORS) for part in floor}
FENCES = {
    "ipywidgets": {"workbench"},
    "anywidget": {"workbench"},
    "IPython": {"workbench"},
    "jupyter_server": {"workbench"},
    "tornado": {"workbench"},
    "av": {"loaders", "playback", "simulate"},
    "cv2": {"loaders", "signals", "reporting", "simulate"},
    "moviepy": {"reporting", "simulate"},
    "plotly": {"figures"},
    "duckdb": {"trends", "workspace"},
    "dask": {"batch"},
    "distributed": {"batch"},
    "sklearn": {"scoring", "signals"},
    "sqlalchemy": {"ledger"},
    "onnxruntime": {"signals"},
    "dlib": {"signals"},
    "faster_whisper": {"signals"},
}
#: Parts of the same floor that may see each other, one way.
BESIDE = {
    ("cli", "commands"), ("commands", "demo"), ("commands", "workbench"), ("__main__", "cli"),
    ("demo", "workbench"),
    ("session", "errors"), ("plugins", "errors"), ("tables", "errors"), ("scoring", "rules"),
    ("figures", "rules"), ("ledger", "rules"), ("workspace", "session"), ("trends", "reporting"),
    ("workspace", "compaction"), ("analysed", "workspace"),
}  # fmt: skip


def part_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FILES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down_only_and_stay_behind_their_fences(path):
    part = part_of(path)
    assert part in LEVEL, f"{part} has no floor"
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "review":
            other = rest.split(".")[0]
            if other in LEVEL and other != part:
                allowed = LEVEL[other] < LEVEL[part] or (part, other) in BESIDE
                assert allowed, f"{part} imports {other}, which is not below it"
        elif top in FENCES:
            assert part in FENCES[top], f"{top} belongs to {FENCES[top]}, not to {part}"
