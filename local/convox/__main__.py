"""`python -m local.convox --api URL --clinicea URL --desk URL`: the simulator as a program, until SIGTERM or Ctrl-C.

The access token's header and value come by the environment.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

from commands.api import Api
from local.clinicea.testing import ControlClient
from local.convox import ENVIRONMENT
from local.convox.server import Simulator
from local.convox.switchboard import Switchboard
from local.convox.weather import Weather


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.convox", description="A ConVox simulator.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    for name in ("api", "clinicea", "desk"):
        parser.add_argument(f"--{name}", required=True, help=f"address of the {name}")
    wanted = parser.parse_args(arguments)
    api = Api(wanted.api, *(os.environ.get(name, "") for name in ENVIRONMENT))
    try:
        server = Simulator(Switchboard(api), Weather(ControlClient(wanted.clinicea)), wanted.desk, wanted.port)
    except OSError as error:
        print(f"ConVox simulator: cannot start: {error}", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    print(f"ConVox simulator on {server.url}", flush=True)
    ended.wait()
    server.shutdown()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
