"""`python -m local.clinicea --port 8099 --sample`: the fake as a program, until SIGTERM or Ctrl-C."""

import argparse
import os
import secrets
import signal
import sys
import threading
from collections.abc import Sequence

from local.clinicea.auth import LOCAL_API_KEY, LOCAL_LOGIN, Credentials
from local.clinicea.clock import DEFAULT_ZONE
from local.clinicea.core import FakeClinicea
from local.clinicea.sample import seed_sample
from local.clinicea.server import FakeServer
from local.clinicea.worlds import WORLDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal; returns the exit code."""
    wanted = _parser().parse_args(arguments)
    seed = wanted.seed if wanted.seed is not None else secrets.randbits(32)
    world = WORLDS[wanted.world]
    try:
        core = FakeClinicea(
            seed=seed,
            time_zone=wanted.time_zone or world.time_zone,
            switches=world.switches,
            credentials=Credentials(wanted.api_key, wanted.user, wanted.password),
            fill=seed_sample if wanted.sample else None,
        )
        server = FakeServer(core, wanted.host, wanted.port)
    except (OSError, OverflowError, ValueError) as error:
        print(f"fake Clinicea: cannot start: {error}", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with server:
        print(f"fake Clinicea on {server.url}", flush=True)
        ended.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    env = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m local.clinicea", description="A fake Clinicea.")
    parser.add_argument("--port", type=int, default=8099, help="0 takes a free one (default 8099)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--sample", action="store_true", help="start with a few invented people")
    parser.add_argument("--seed", type=int, help="makes ids and tokens repeat (default: new ones each time)")
    parser.add_argument("--time-zone", help=f"the clinics' zone (default {DEFAULT_ZONE}, or the world's)")
    parser.add_argument("--world", choices=WORLDS, default="evidence", help="which account: docs/fake-clinicea.md")
    # Arguments are visible to all users of the machine; the variables are not.
    parser.add_argument("--api-key", default=env("FAKE_CLINICEA_API_KEY", LOCAL_API_KEY))
    parser.add_argument("--user", default=env("FAKE_CLINICEA_USER", LOCAL_LOGIN[0]))
    parser.add_argument("--password", default=env("FAKE_CLINICEA_PASSWORD", LOCAL_LOGIN[1]))
    return parser


if __name__ == "__main__":
    sys.exit(main())
