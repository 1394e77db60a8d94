"""Write environment.yml for conda users from the lock file: the same releases."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = """\
# For conda users: the same releases as requirements.lock (written by `make lock`; do not edit).
name: review
channels:
  - conda-forge
dependencies:
  - python>=3.11,<3.15
  - pip
  - pip:
"""


def locked(lock: str) -> list[str]:
    """Return the requirements of a lock file without their hashes, in its order."""
    lines = (line.rstrip(" \\") for line in lock.splitlines())
    return [line for line in lines if line and not line.startswith((" ", "#"))]


def environment(lock: str) -> str:
    """Return the text of environment.yml for the text of a lock file."""
    entries = [*locked(lock), "--editable ."]
    return HEAD + "".join(f'      - "{entry}"\n' for entry in entries)


if __name__ == "__main__":
    text = environment((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    (ROOT / "environment.yml").write_text(text, encoding="utf-8")
