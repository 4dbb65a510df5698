"""The real client over the fake Clinicea's core, on a clock by hand; no socket and no AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from convox_clinicea.clinicea import Credentials
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import ConfigurationError
from local.clinicea import FakeClinicea
from tests.support import invented
from tests.support.clock import NOON, VirtualClock
from tests.support.core_clinicea import CoreControl, CoreTransport, core_client


class CliniceaBench:
    """A Clinicea of one's own."""

    BEGINS: ClassVar = NOON
    TIME_ZONE: ClassVar = "Asia/Kolkata"
    CALL_TABLE: ClassVar[Mapping[str, Any] | None] = None
    """What is laid over the packed one."""

    def __init__(self) -> None:
        self.clock = VirtualClock(self.BEGINS)
        core = FakeClinicea(self.clock, seed=11, time_zone=self.TIME_ZONE)
        self.fake = CoreControl(core)
        self.transport = CoreTransport(core, self.clock)
        self.credential_reads = 1_000
        """How often Clinicea's secret can still be read."""
        self.clinicea = core_client(
            self.transport,
            self.clock,
            self._credentials,
            call_table=self.CALL_TABLE,
            clinics=Clinics.from_document({"schema": 1}, self.TIME_ZONE),
        )

    def _credentials(self) -> Credentials:
        self.credential_reads -= 1
        if self.credential_reads < 0:
            raise ConfigurationError("a secret cannot be read or is not JSON")
        return Credentials.model_validate({"api_key": invented.API_KEY})
