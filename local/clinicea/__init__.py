"""A fake Clinicea: an HTTP server that behaves as the real one is known, or assumed, to behave.

The behaviour is a pure core (`FakeClinicea`: no sockets, threads, real time or real randomness); `server`
carries it to a socket. Everything that is nowhere published is marked [assumed] where it is decided.
"""

from local.clinicea.auth import Credentials
from local.clinicea.clock import Clock, ManualClock, SystemClock
from local.clinicea.core import FakeClinicea
from local.clinicea.messages import Answer, Delay, Drip, Hold, Request, Reset
from local.clinicea.sample import seed_sample

__all__ = [
    "Answer",
    "Clock",
    "Credentials",
    "Delay",
    "Drip",
    "FakeClinicea",
    "Hold",
    "ManualClock",
    "Request",
    "Reset",
    "SystemClock",
    "seed_sample",
]
