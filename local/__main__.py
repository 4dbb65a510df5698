"""`python -m local`: the product on this machine, on the template that is deployed to AWS."""

import argparse
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from commands.api import NoAnswer
from local import paths, stopping
from local.build import build
from local.clinicea.worlds import WORLDS
from local.deploy import Deployment, Stack
from local.emulator import start_aws, start_clinicea, wait_for
from local.gameday import GameDay, Plan
from local.processes import Child, LaunchError, clean_environment, free_port, require_free, temporary_folder
from local.sample_call import SampleCall, SampleFailed
from local.trying import how_to_try
from local.warming import warm

WATCH_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop, or until the sample call is over; returns the exit code."""
    parser = _parser()
    wanted = parser.parse_args(arguments)
    try:
        plan = Plan(wanted.calls, wanted.seconds_between, wanted.down_seconds)
    except ValueError as wrong:
        parser.error(str(wrong))
    stopping.listen()
    try:
        with ExitStack() as cleanup:
            stack, children = _launch(wanted, cleanup)
            if wanted.gameday:
                return 0 if GameDay(stack, plan).play() else 1
            if not wanted.demo:
                _serve(children)
    except stopping.Stopped:
        print("\nstopped; nothing is left running", flush=True)
        return 0
    except (SampleFailed, NoAnswer) as failure:
        print(f"\nThe sample call failed: {failure}\nLogs: {paths.LOGS.relative_to(paths.ROOT)}", file=sys.stderr)
    except LaunchError as failure:
        print(f"\n{failure}", file=sys.stderr)
    else:
        return 0
    return 1


def _launch(wanted: argparse.Namespace, cleanup: ExitStack) -> tuple[Stack, list[Child]]:
    """Start everything; whatever has been started ends with `cleanup`."""
    began = time.monotonic()

    def say(text: str) -> None:
        if not wanted.serve_only:
            print(f"[{time.monotonic() - began:5.1f} s] {text}", flush=True)

    cleanup.callback(wanted.stack_file.unlink, missing_ok=True)
    temporary = Path(cleanup.enter_context(temporary_folder()))
    environment = clean_environment(temporary)
    port = wanted.port or free_port()
    require_free(port)
    clinicea_port = free_port()
    clinicea_url = f"http://127.0.0.1:{clinicea_port}"
    built = temporary / "build"
    world = WORLDS[wanted.world]
    authentication = wanted.authentication or world.authentication
    deployment = Deployment(built, f"http://127.0.0.1:{port}", clinicea_url, authentication, world)

    say("starting the embedded AWS and the fake Clinicea")
    aws = cleanup.enter_context(start_aws(port, temporary, environment))
    clinicea = cleanup.enter_context(start_clinicea(clinicea_port, environment, wanted.world))
    say(f"building functions and layer for Python {paths.PYTHON} on {paths.ARCHITECTURE}")
    if not build(built, environment):
        say("nothing has changed since the last build")
    wait_for(aws, f"http://127.0.0.1:{port}/_ministack/health")
    wait_for(clinicea, f"{clinicea_url}/_control/appointments")

    say(f"leaving out {len(deployment.leave_out())} alarms over several metrics, which the embedded AWS does not know")
    say("deploying template.yaml (sam deploy)")
    deployment.deploy(deployment.prepare() | dict(wanted.parameter), environment)
    cleanup.callback(deployment.save_logs)
    say(f"applying what the emulator leaves out: {', '.join(deployment.apply_left_out())}")
    say(f"lifting what it cannot judge in {deployment.lift_unknown_conditions()} policies; the others are enforced")
    stack = deployment.stack()
    say("warming the functions up")
    warm(stack)
    stack.write(wanted.stack_file)
    say(f"ready: {stack.api_url}")
    _show(stack, wanted)
    return stack, [aws, clinicea]


def _show(stack: Stack, wanted: argparse.Namespace) -> None:
    if wanted.serve_only:
        print("ready", flush=True)
        return
    if wanted.gameday:
        return
    SampleCall(stack, new_patients=WORLDS[wanted.world].new_patients).play()
    if not wanted.demo:
        print(how_to_try(stack, wanted.stack_file), flush=True)


def _serve(children: list[Child]) -> None:
    """Wait for a signal; raises LaunchError when a server ends by itself."""
    pause = threading.Event()
    while not pause.wait(WATCH_SECONDS):
        for child in children:
            child.ensure_alive()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=0, help="port of the embedded AWS and so of the API; 0: any free one"
    )
    parser.add_argument(
        "--authentication", choices=("api_key", "staff_session"), help="towards Clinicea (default: the world's)"
    )
    parser.add_argument("--world", choices=WORLDS, default="evidence", help="which Clinicea: docs/fake-clinicea.md")
    parser.add_argument(
        "--stack-file",
        type=Path,
        default=paths.STACK_FILE,
        help="where this run's addresses go (default: .local/stack.json)",
    )
    parser.add_argument(
        "--parameter",
        action="append",
        type=_parameter,
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the template, over those that this machine needs; may be given several times",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--demo", action="store_true", help="end after the sample call; fail if it failed")
    mode.add_argument(
        "--gameday", action="store_true", help="Clinicea goes away while calls come in; fail if a booking is lost"
    )
    mode.add_argument("--serve-only", action="store_true", help="no sample call, few words; for tests")
    day = Plan()
    parser.add_argument("--calls", type=int, default=day.calls, help="of the game day (default: %(default)s)")
    parser.add_argument("--seconds-between", type=float, default=day.seconds_between, help="two calls of the game day")
    parser.add_argument("--down-seconds", type=float, default=day.down_seconds, help="for how long Clinicea is away")
    return parser


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.isalnum():
        raise argparse.ArgumentTypeError("must be Name=value")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
