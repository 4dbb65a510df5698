"""The real client over the fake Clinicea's core, on a clock by hand; no socket and no AWS."""

from __future__ import annotations

from convox_clinicea.clinicea import Credentials
from convox_clinicea.errors import ConfigurationError
from local.clinicea import FakeClinicea
from tests.support import invented
from tests.support.clock import VirtualClock
from tests.support.core_clinicea import CoreControl, CoreTransport, core_client


class CliniceaBench:
    """A Clinicea of one's own."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        core = FakeClinicea(self.clock, seed=11)
        self.fake = CoreControl(core)
        self.transport = CoreTransport(core, self.clock)
        self.credential_reads = 1_000
        """How often Clinicea's secret can still be read."""
        self.clinicea = core_client(self.transport, self.clock, self._credentials)

    def _credentials(self) -> Credentials:
        self.credential_reads -= 1
        if self.credential_reads < 0:
            raise ConfigurationError("a secret cannot be read or is not JSON")
        return Credentials.model_validate({"api_key": invented.API_KEY})
