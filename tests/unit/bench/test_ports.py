"""Ports for what listens later: nobody else is given them meanwhile."""

from __future__ import annotations

import socket

import pytest

from bench import ports


def test_ports_are_distinct_free_and_never_ephemeral() -> None:
    found = ports.free_ports(5)

    assert len(set(found)) == 5
    assert all(ports.LOWEST <= port < ports.HIGHEST for port in found)
    for port in found:
        socket.create_server(("127.0.0.1", port)).close()


def test_where_somebody_listens_on_all_of_them_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "LOWEST", port)
        monkeypatch.setattr(ports, "HIGHEST", port + 1)
        monkeypatch.setattr(ports, "TRIES", 1)

        with pytest.raises(ports.NoFreePort):
            ports.free_ports(1)
