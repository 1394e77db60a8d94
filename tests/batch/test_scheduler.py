"""Addresses at which no Dask scheduler answers: one line each, soon."""

import socket
import threading

import pytest

from review.batch.cluster import Cluster
from review.batch.scheduler import ask_scheduler
from review.errors import ReviewError

pytest.importorskip("distributed")

LINE = b"HTTP/1.1 400 Bad Request\r\n\r\n"


def serve(listener, answer):
    """Take every connection; answer the first word and hang up, or never say anything."""
    held = []
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        if answer:
            connection.recv(1)
            connection.sendall(answer)
            connection.close()
        else:
            held.append(connection)
    for connection in held:
        connection.close()


@pytest.fixture(params=[LINE, b"\x00" * 64, b""], ids=["http", "zeros", "silent"])
def stranger(request):
    """Address of a server that is no Dask scheduler."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, request.param), daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def refusal(address, *, patience_s=2.0):
    with pytest.raises(ReviewError) as caught:
        Cluster(address, version=lambda: "1", patience_s=patience_s)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(address or "--scheduler")
    assert "no scheduler answers" in line
    assert "tcp://host:8786" in line
    return line


def test_another_server_is_no_scheduler(stranger):
    line = refusal(stranger)
    assert "something that is no Dask scheduler" in line or "says nothing for 2 s" in line


def test_a_host_that_does_not_exist_is_said_without_waiting():
    # ".invalid" is kept for names that never resolve (RFC 2606).
    line = refusal("tcp://scheduler.invalid:8786", patience_s=600.0)
    assert "'scheduler.invalid' cannot be resolved" in line


def test_a_port_where_nobody_listens_is_said_without_waiting():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert f"nobody listens at port {port}" in refusal(f"127.0.0.1:{port}", patience_s=600.0)


@pytest.mark.parametrize("address", ["", "http://host:8786", "tcp://", "tcp://a b:1", "host:port"])
def test_what_is_no_address_is_said_at_once(address):
    with pytest.raises(ReviewError, match="no scheduler answers") as caught:
        ask_scheduler(address, 600.0)
    assert f"found {address!r}" in str(caught.value)
