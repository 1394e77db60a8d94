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


def load(name, folder=BESIDE):
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


handmade, serving, forty = load("handmade"), load("serving"), load("forty")
load("driving", Path(__file__).parent)


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

    base = tmp_path_factory.mktemp("browser")
    workspace = hand_made(base)
    command, environment = lab_at(workspace, serving.free_port())
    with serving.serving(command, environment, base / "home") as (address, log):
        yield SimpleNamespace(
            address=address, log=log, workspace=workspace, shots=base, token=serving.TOKEN
        )


def hand_made(base):
    """Make the hand-made session and its workspace in a folder."""
    from review.loaders import load_session

    (base / "home").mkdir()
    session, _ = load_session(handmade.make_session(base / "session"))
    return handmade.make_workspace(base / "workspace", session)


def lab_at(workspace, port):
    """The command of a JupyterLab over the hand-made session, and its environment."""
    from review.workbench.lab import lab_command

    command, environment = lab_command(
        workspace,
        session=handmade.KEY[0],
        port=port,
        open_browser=False,
        options=["--ServerApp.port_retries=0", f"--IdentityProvider.token={serving.TOKEN}"],
    )
    environment = {**environment, "REVIEW_USER": "rita"}
    environment.pop("REVIEW_LEDGER", None)
    return command, environment


@pytest.fixture(scope="module")
def own_lab(tmp_path_factory):
    """The same for one file of tests, which may stop and start it: ``start()`` and ``stop()``."""
    from types import SimpleNamespace

    base = tmp_path_factory.mktemp("trouble")
    workspace = hand_made(base)
    port = serving.free_port()
    made = SimpleNamespace(workspace=workspace, token=serving.TOKEN, running=None)

    def start():
        command, environment = lab_at(workspace, port)
        made.running = serving.serving(command, environment, base / "home")
        made.address, made.log = made.running.__enter__()

    def stop():
        running, made.running = made.running, None
        if running is not None:
            running.__exit__(None, None, None)

    made.start, made.stop = start, stop
    start()
    yield made
    stop()


@pytest.fixture(scope="module")
def voila(own_lab, tmp_path_factory):
    """Voilà over the same workspace, as docs/workbench.md starts it; address and token."""
    from types import SimpleNamespace

    pytest.importorskip("voila", reason="voila is not installed (it is no dependency)")
    command, environment = lab_at(own_lab.workspace, serving.free_port())
    kept = ("--ServerApp.port=", "--ServerApp.port_retries", "--IdentityProvider", "--allow-root")
    extensions = {"voila.server_extension": True, "review.workbench.media": True}
    command = [
        command[0], "-m", "jupyter_server", *(o for o in command if o.startswith(kept)),
        f"--ServerApp.root_dir={own_lab.workspace.folder / 'notebooks'}",
        f"--ServerApp.jpserver_extensions={extensions}", "--ServerApp.open_browser=False",
    ]  # fmt: skip
    home = tmp_path_factory.mktemp("voila")
    with serving.serving(command, environment, home) as (address, log):
        yield SimpleNamespace(address=address, log=log, token=serving.TOKEN)


@pytest.fixture(scope="module")
def notebook7(own_lab, tmp_path_factory):
    """Notebook 7 over the same workspace; address and token."""
    from types import SimpleNamespace

    pytest.importorskip("notebook", reason="Notebook 7 is not installed (it is no dependency)")
    command, environment = lab_at(own_lab.workspace, serving.free_port())
    command = [
        command[0], "-m", "notebook", *(o for o in command[3:] if not o.startswith("--LabApp")),
    ]  # fmt: skip
    home = tmp_path_factory.mktemp("notebook7")
    with serving.serving(command, environment, home) as (address, log):
        yield SimpleNamespace(address=address, log=log, token=serving.TOKEN)
