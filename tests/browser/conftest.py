"""A real browser on a real JupyterLab over the hand-made session."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[1] / "workbench"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: No GPU, no sandbox (root), and nothing that would look for a network of its own.
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def load(name):
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, BESIDE / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


handmade, serving = load("handmade"), load("serving")


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium: Playwright's own build plays no H.264."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """JupyterLab as ``review lab`` starts it: address, log, workspace, ledger."""
    from types import SimpleNamespace

    from review.loaders import load_session
    from review.workbench.lab import lab_command

    base = tmp_path_factory.mktemp("browser")
    session, _ = load_session(handmade.make_session(base / "session"))
    workspace = handmade.make_workspace(base / "workspace", session)
    port = serving.free_port()
    command, environment = lab_command(
        workspace,
        session=session.id,
        port=port,
        open_browser=False,
        options=["--ServerApp.port_retries=0", f"--IdentityProvider.token={serving.TOKEN}"],
    )
    environment = {**environment, "REVIEW_USER": "rita"}
    environment.pop("REVIEW_LEDGER", None)
    (base / "home").mkdir()
    with serving.serving(command, environment, base / "home") as (address, log):
        yield SimpleNamespace(
            address=address, log=log, workspace=workspace, shots=base, token=serving.TOKEN
        )
