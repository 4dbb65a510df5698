"""TLS towards Clinicea: what is the least that is spoken, whatever the machine's OpenSSL would take."""

from __future__ import annotations

import ssl

from urllib3.connectionpool import HTTPSConnectionPool

from convox_clinicea.clinicea.transport import DeadlineAdapter


def test_nothing_older_than_tls_1_2_is_spoken() -> None:
    pool = DeadlineAdapter().poolmanager.connection_from_host("api.example", 443, "https")

    assert isinstance(pool, HTTPSConnectionPool)
    assert pool.ssl_minimum_version is ssl.TLSVersion.TLSv1_2
