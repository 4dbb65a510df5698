"""A fake Clinicea: an HTTP server with the known or assumed behaviour of the real one.

The behaviour is in a pure core (`FakeClinicea`: no sockets, threads, real time or real randomness); `server`
serves it on a socket. Unpublished behaviour is marked [assumed] where it is decided.
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
