#!/bin/sh
# Virtual environment from the hashed lock file. REVIEW_WHEELS=<folder> installs without a network.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-}
if [ -z "$python" ]; then
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
       "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null; then
      python=$candidate; break
    fi
  done
fi
[ -n "$python" ] || { echo "setup: no Python 3.11 to 3.14 found; install python3 or set PYTHON=/path/to/python" >&2; exit 2; }

say() { echo "setup: $*"; }
sh scripts/system.sh --base
"$python" -c 'import ensurepip, venv' 2>/dev/null || {
  echo "setup: $python cannot make virtual environments; install the package python3-venv" >&2; exit 2; }

[ -x .venv/bin/python ] || { say "making .venv with $($python --version)"; "$python" -m venv .venv; }
source_options=""
[ -z "${REVIEW_WHEELS:-}" ] || source_options="--no-index --find-links $REVIEW_WHEELS"
install() { .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps $source_options "$@"; }

say "installing the locked packages (about 1 GB, once)"
install --require-hashes -r requirements-build.lock
# Everything is in the lock, so nothing is resolved; sdists are built with the tools just installed.
install --require-hashes --no-build-isolation -r requirements.lock
install --no-build-isolation -e .

if ! .venv/bin/python -c 'import cv2' 2>/dev/null; then
  # The full OpenCV needs libGL. Where it cannot be installed, the same release without windows serves.
  say "OpenCV cannot load libGL (Debian/Ubuntu package libgl1); using its headless build instead"
  .venv/bin/python -m pip uninstall -q -y opencv-python
  install --require-hashes -r requirements-headless.lock
  .venv/bin/python -c 'import cv2'
fi
touch .venv/.ready
say "ready"
