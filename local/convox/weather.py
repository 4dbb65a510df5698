"""How the fake Clinicea behaves, by its control page: answers, answers slowly, is down."""

from __future__ import annotations

from local.clinicea.testing import ControlClient

WEATHER = {"back": "answers", "slow": "answers after 8 seconds", "down": "is down"}
SLOW_SECONDS = 8.0


class Weather:
    """Changes the fake's behaviour; raises ControlError, OSError where it cannot be reached."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def turn(self, kind: str) -> None:
        """Let Clinicea be as one of WEATHER says, whatever it was before."""
        self._control.clear_faults()
        if kind == "down":
            self._control.fault("*", "status", status=503)
        elif kind == "slow":
            self._control.fault("*", "delay", seconds=SLOW_SECONDS)

    def now(self) -> str:
        """Return which of WEATHER it is; a test may have set other faults."""
        kinds = {each["kind"] for each in self._control.call("GET", "faults")["faults"]}
        if not kinds:
            return "back"
        return "slow" if kinds == {"delay"} else "down"
