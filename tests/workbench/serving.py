"""A real Jupyter server in a process of its own, with a home of its own."""

import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

TOKEN = "a-token-for-tests"  # noqa: S105 - of a server that lives for a test


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Log(list):
    """What a server has said so far; others wait for what it will say."""

    def __init__(self):
        super().__init__()
        self._more = threading.Condition()

    def append(self, line):
        with self._more:
            super().append(line)
            self._more.notify_all()

    def wait_for(self, text, *, since=0):
        """Return the first line with a text, once it is there."""
        with self._more:
            self._more.wait_for(lambda: any(text in line for line in self[since:]))
            return next(line for line in self[since:] if text in line)


@contextmanager
def serving(command, environment, home: Path):
    """Run a server's command until the block ends; give its address and its :class:`Log`."""
    environment = {
        **environment,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "PYTHONWARNINGS": "default",
    }
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    log, up = Log(), threading.Event()

    def read():
        for line in process.stdout:
            log.append(line.rstrip())
            if re.search(r"is running at", line):
                up.set()
        up.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        up.wait()
        assert process.poll() is None, "\n".join(log)
        port = next(o.split("=")[1] for o in command if o.startswith("--ServerApp.port="))
        until_it_answers(process, int(port))
        yield f"http://localhost:{port}", log
    finally:
        process.terminate()
        process.wait()
        reader.join()
        process.stdout.close()


def until_it_answers(process, port):
    """Wait for the first connection: the server says that it runs a moment before it listens."""
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return


def bare_server(environment, *, root: Path):
    """The command of a Jupyter server without JupyterLab, and its environment."""
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        f"--ServerApp.root_dir={root}",
        f"--ServerApp.port={free_port()}",
        "--ServerApp.port_retries=0",
        "--ServerApp.open_browser=False",
        f"--IdentityProvider.token={TOKEN}",
        "--ServerApp.base_url=/exam/",
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]
    return command, environment
