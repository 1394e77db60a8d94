"""Run benchmarks: ``python -m benchmarks [name ...] [-- options]``; without names, all of them."""

import subprocess
import sys
from pathlib import Path


def available() -> list[str]:
    """Return the names of the benchmarks: modules of this folder that have a ``main``."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [
        path.stem
        for path in files
        if not path.stem.startswith("_") and "def main(" in path.read_text(encoding="utf-8")
    ]


def run(arguments: list[str]) -> int:
    """Run each benchmark in a process of its own, so that one's memory is not another's."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    names, options = arguments[:cut], arguments[cut + 1 :]
    unknown = set(names) - set(available())
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {available()}")
        return 2
    status = 0
    for name in names or available():
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        status = max(status, subprocess.run(command, check=False).returncode)
    return status


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
