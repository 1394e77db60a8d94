"""Whether a Dask scheduler answers at an address, asked before anything relies on it.

Dask's own client tries a wrong address again and again, waits for ever on a server that says
nothing, and takes whatever else answers for its own protocol.
"""

from __future__ import annotations

import asyncio
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from review.errors import ReviewError

#: Where a Dask scheduler listens unless it is told otherwise.
DEFAULT_PORT: Final = 8786
_ADDRESS: Final = re.compile(
    r"(?P<protocol>(tcp|tls)://)?(?P<host>\[[^\]]+\]|[^\s:/\[\]]+)(:(?P<port>\d+))?"
)


def ask_scheduler(address: str, patience_s: float) -> None:
    """Refuse an address at which no Dask scheduler answers.

    Parameters
    ----------
    address
        ``tcp://host:8786``; protocol and port may be left out.
    patience_s
        Seconds that an answer may take.

    Raises
    ------
    ReviewError
        Naming what is there instead; or if Dask is not installed.
    """
    try:
        import distributed  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise ReviewError(
            "this installation has no Dask",
            where=address,
            todo="install the extra: pip install 'review[cluster]'",
        ) from None
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise no_scheduler(address or "--scheduler", repr(address))
    port = int(match["port"] or DEFAULT_PORT)
    _listens(address, match["host"].strip("[]"), port, patience_s)
    full = f"{match['protocol'] or 'tcp://'}{match['host']}:{port}"
    try:
        with ThreadPoolExecutor(1) as apart:  # a notebook's thread has a loop of its own
            kind = apart.submit(asyncio.run, _kind(full, patience_s)).result()
    except TimeoutError as error:
        found = f"something that listens there and says nothing for {patience_s:g} s"
        raise no_scheduler(address, found) from error
    if kind != "Scheduler":
        found = f"a Dask {kind.lower()}" if kind else "something that is no Dask scheduler"
        raise no_scheduler(address, found)


def no_scheduler(address: str, found: str) -> ReviewError:
    """Return the error that says so."""
    return ReviewError(
        "no scheduler answers",
        where=address,
        expected="the address of a running Dask scheduler, like tcp://host:8786",
        found=found,
        todo="start one (dask scheduler), or leave --scheduler out",
    )


def _listens(address: str, host: str, port: int, patience_s: float) -> None:
    try:
        socket.create_connection((host, port), timeout=patience_s).close()
    except socket.gaierror as error:
        raise no_scheduler(address, f"host name {host!r} cannot be resolved") from error
    except ConnectionRefusedError as error:
        raise no_scheduler(address, f"nobody listens at port {port}") from error
    except TimeoutError as error:
        raise no_scheduler(address, f"no answer within {patience_s:g} s") from error
    except (OSError, OverflowError) as error:
        raise no_scheduler(address, str(error)) from error


async def _kind(address: str, patience_s: float) -> str:
    """Return what answers: ``Scheduler``, ``Worker``, ``Nanny``; nothing for what is no Dask."""
    from distributed.core import rpc  # noqa: PLC0415 - an extra
    from distributed.security import Security  # noqa: PLC0415 - an extra

    make: Any = rpc
    secured: Any = Security
    try:
        arguments = secured().get_connection_args("client")
        async with make(address, connection_args=arguments) as server:
            told = await asyncio.wait_for(server.identity(), patience_s)
        return str(told["type"])
    except TimeoutError:
        raise
    except Exception:  # noqa: BLE001 - what is no Dask may answer anything
        return ""
