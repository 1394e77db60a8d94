"""The supervisor's notebook over 10,000 sittings, in Chromium and a real JupyterLab.

How long it takes from running all cells, the kernel being up, until the list of sittings is drawn,
how much of a processor the kernel's part of it takes, and how long each filter takes from its
change to the next picture of the page.

Run it as ``python -m benchmarks session_notebook [-- --sittings 10000] [--keep FOLDER]
[--picture FILE]``.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.quality import make_session
from benchmarks.workbench import TOKEN, browser, lab
from review.loaders import load_session
from review.workspace import Workspace

#: Change a filter and wait for the picture after it, in milliseconds.
FILTER = """([name, value]) => new Promise((resolve) => {
  const field = document.querySelector(`.rw-super [data-filter='${name}']`);
  const from = performance.now();
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - from)));
})"""
#: Filters and values that are tried, each followed by taking it back.
TRIED = (
    ("search", "2022121000"), ("state", "undecided"), ("label", "extra_person"), ("risk", "60"),
    ("unseen", "20"), ("incident", "I1"), ("search", "考生77"),
)  # fmt: skip

#: What the notebook's cells do up to the list, in a process that has what every kernel has.
UP_TO_THE_LIST = """
import time
import ipykernel.ipkernel
started = time.process_time()
from review import workbench
found = workbench.results(workbench.choose_session())
workbench.at_a_glance(found)._repr_html_()
workbench.supervise(found)
print(time.process_time() - started)
"""


def processor_s(workspace: Workspace) -> float:
    """Return the processor time that the kernel takes up to the list, imports included."""
    done = subprocess.run(
        [sys.executable, "-c", UP_TO_THE_LIST],
        env={**os.environ, "REVIEW_WORKSPACE": str(workspace.folder)},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout)


def opened(page: Page, address: str, name: str) -> tuple[float, float]:
    """Open the notebook and run it; return seconds until the list is drawn and its cell had run."""
    page.goto(f"{address}/lab?token={TOKEN}")
    page.wait_for_function("globalThis.jupyterapp?.shell")
    page.evaluate("jupyterapp.restored.then(() => null)")
    page.evaluate("(path) => { jupyterapp.commands.execute('docmanager:open', { path }); }", name)
    page.wait_for_function(
        """(name) => { const n = jupyterapp.shell.currentWidget;
        return n?.context?.path?.includes(name) && n.context.isReady && n.sessionContext.isReady
          && n.sessionContext.session?.kernel?.status === 'idle'; }""",
        arg=name,
    )
    started = time.monotonic()
    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells'); }")
    page.wait_for_function(
        """() => jupyterapp.shell.currentWidget.content.widgets.some((cell) =>
          cell.model.sharedModel.source.startsWith('workbench.supervise')
            && cell.model.executionCount)""",
        polling=50,
    )
    kernel_s = time.monotonic() - started
    page.locator(".rw-super tbody tr[data-candidate]").first.wait_for()
    return time.monotonic() - started, kernel_s


def measure(folder: Path, picture: Path | None, language: str) -> None:
    """Open, filter, print."""
    workspace = Workspace(folder / "workspace")
    session, _ = load_session(folder / "session")
    candidate = session.candidates[0]
    spent = min(processor_s(workspace) for _ in range(3))
    print(f"processor time of the kernel up to the list: {spent:.2f} s (least of three)")
    shutil.rmtree(workspace.folder / "notebooks", ignore_errors=True)
    with lab(workspace, session.sitting(candidate.id, "theory")) as address, browser() as page:
        took, kernel_s = opened(page, address, "session_scoring+made.ipynb")
        print(f"opens (imports included) in {took:.2f} s, of which the kernel {kernel_s:.2f} s; "
              f"{len(session.candidates)} sittings")  # fmt: skip
        if language == "zh":
            page.locator(".rw-super header button").last.click()
        times = []
        for name, value in TRIED:
            times.append(page.evaluate(FILTER, [name, value]))
            shown = page.locator(".rw-super [role=status]").first.inner_text()
            print(f"filter {name}={value}: {times[-1]:.0f} ms; {shown}")
            times.append(page.evaluate(FILTER, [name, "all" if name == "state" else ""]))
        print(f"filters: median {statistics.median(times):.0f} ms, longest {max(times):.0f} ms")
        if picture:
            for summary in page.locator(".rw-super summary").all():
                summary.click()
            page.locator(".rw-super [data-act=plan]").click()
            page.locator(".rw-super .rw-sample li, .rw-super .rw-error:visible").first.wait_for()
            page.locator(".rw-super").screenshot(path=str(picture))


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sittings", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="Folder to make the session in, and leave.")
    parser.add_argument("--picture", type=Path, help="Where to put a picture of the page.")
    parser.add_argument("--language", choices=["en", "zh"], default="en")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary) / "made"
        if not folder.exists():
            make_session(folder, options.sittings)
        measure(folder, options.picture, options.language)


if __name__ == "__main__":
    main(sys.argv[1:])
