"""`python -m local`: runs the product on this machine, with the template for AWS."""

import argparse
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from commands.api import NoAnswer
from commands.template import template
from local import logs, paths, runs, stopping
from local.build import build
from local.clinicea.testing import ControlClient
from local.clinicea.worlds import WORLDS
from local.deploy import Deployment, Stack
from local.desk import OpenDesk, people
from local.emulator import start_aws, start_clinicea, start_convox, wait_for
from local.gameday import GameDay, Plan
from local.processes import Child, LaunchError, clean_environment, free_port, require_free, temporary_folder
from local.sample_call import SampleCall, SampleFailed, api_of
from local.trying import how_to_try, where_to_go
from local.warming import warm

WATCH_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal, or until the sample call ends; returns the exit code."""
    parser = _parser()
    wanted = parser.parse_args(arguments)
    try:
        plan = Plan(wanted.calls, wanted.seconds_between, wanted.down_seconds)
    except ValueError as wrong:
        parser.error(str(wrong))
    try:
        stopping.listen()
        if wanted.until_stdin_closes:
            stopping.when_stdin_closes()
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
        print(f"\nThe sample call failed: {failure}\nLogs: {os.path.relpath(logs.folder())}", file=sys.stderr)
    except LaunchError as failure:
        print(f"\n{failure}", file=sys.stderr)
    else:
        return 0
    return 1


def _launch(wanted: argparse.Namespace, cleanup: ExitStack) -> tuple[Stack, list[Child]]:
    """Start everything; `cleanup` ends all that was started."""
    began = time.monotonic()

    def say(text: str) -> None:
        if not wanted.serve_only:
            print(f"[{time.monotonic() - began:5.1f} s] {text}", flush=True)

    run = cleanup.enter_context(runs.claimed(*stack_files(wanted)))
    for line in run.found:
        say(line)
    if run.stack_file.exists():
        say(f"replacing {os.path.relpath(run.stack_file)}, whose stack has ended")
        run.stack_file.unlink()
    logs.begin(run.stack_file)
    temporary = Path(cleanup.enter_context(temporary_folder()))
    run.note(temporary=str(temporary))
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

    left_out, alarms = deployment.leave_out()
    say(f"leaving out {left_out} of {alarms} alarms (the embedded AWS cannot do metric math)")
    say("leaving out the usage plan of clients (the embedded AWS does not read the key that an authorizer returns)")
    say("deploying template.yaml (sam deploy)")
    deployment.deploy(parameters(wanted, deployment.prepare()), environment)
    cleanup.enter_context(logs.written(deployment.client, f"/aws/lambda/{paths.STACK}/"))
    say(f"setting what sam deploy does not set on the embedded AWS: {', '.join(deployment.apply_left_out())}")
    lifted = deployment.lift_unknown_conditions()
    say(f"simplifying {lifted} policies (the embedded AWS does not know some conditions); permissions are enforced")
    stack = deployment.stack()
    say("warming up the functions")
    warm(stack)
    children, more = [aws, clinicea], {"alarms_left_out": left_out}
    desk = _open_desk(stack, deployment, environment, cleanup, children)
    run.note(api_url=stack.api_url)
    stack.write(run.stack_file, run.owner | more | desk.told)
    say(f"ready: {stack.api_url}")
    _show(stack, wanted, run.stack_file, desk)
    return stack, children


def parameters(wanted: argparse.Namespace, prepared: Mapping[str, str]) -> dict[str, str]:
    """Return the template's parameters: `make run` has the desk, the other runs where they ask for it."""
    others = wanted.demo or wanted.gameday or wanted.serve_only
    return {"Desk": "off" if others else "on", **prepared, **dict(wanted.parameter)}


def _open_desk(
    stack: Stack, deployment: Deployment, environment: dict[str, str], cleanup: ExitStack, children: list[Child]
) -> OpenDesk:
    """Add the people and start the simulator, where the stack has a desk; what is started joins `children`."""
    if stack.desk_url is None:
        return OpenDesk()
    desk, opened = deployment.desk(), OpenDesk(people=people())
    for person in opened.people:
        desk.add(person)
    port = free_port()
    addresses = {"api": stack.api_url, "clinicea": stack.clinicea_url, "desk": stack.desk_url}
    token = (stack.access_token_header, stack.access_token)
    simulator = cleanup.enter_context(start_convox(port, environment, addresses, token))
    opened = replace(opened, simulator_url=f"http://127.0.0.1:{port}/")
    wait_for(simulator, opened.simulator_url)
    children.append(simulator)
    return opened


def stack_files(wanted: argparse.Namespace) -> list[Path]:
    """Return possible files for the run's addresses; only `make run` writes the file that the commands read."""
    if wanted.stack_file is not None:
        return [Path(wanted.stack_file)]
    if not (wanted.demo or wanted.gameday):
        return [paths.STACK_FILE]
    name = "demo" if wanted.demo else "gameday"
    return [paths.WORK / f"{name}.json", paths.WORK / f"{name}-{os.getpid()}.json"]


def _show(stack: Stack, wanted: argparse.Namespace, file: Path, desk: OpenDesk) -> None:
    if wanted.serve_only:
        print("ready", flush=True)
        return
    if wanted.gameday:
        return
    world, control = WORLDS[wanted.world], ControlClient(stack.clinicea_url)
    SampleCall(api_of(stack), control, new_patients=world.new_patients, zone=ZoneInfo(world.time_zone)).play()
    if not wanted.demo:
        print(how_to_try(stack, file), flush=True)
        if stack.desk_url is not None:
            print(where_to_go(stack, desk), flush=True)


def _serve(children: list[Child]) -> None:
    """Wait for a signal; raises LaunchError if a server ends by itself."""
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
        help="where this run's addresses go (default: .local/stack.json; demo.json, gameday.json for these)",
    )
    parser.add_argument(
        "--parameter",
        action="extend",
        nargs="+",
        type=_parameter,
        default=[],
        metavar="NAME=VALUE",
        help="parameters of the template, over those that this machine needs",
    )
    parser.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="end when standard input does; for a parent that may be killed",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--demo", action="store_true", help="end after the sample call; fail if it failed")
    mode.add_argument(
        "--gameday", action="store_true", help="Clinicea is down while calls come in; fail if a booking is lost"
    )
    mode.add_argument("--serve-only", action="store_true", help="no sample call, few words; for tests")
    day = Plan()
    parser.add_argument("--calls", type=int, default=day.calls, help="of the game day (default: %(default)s)")
    parser.add_argument("--seconds-between", type=float, default=day.seconds_between, help="two calls of the game day")
    parser.add_argument("--down-seconds", type=float, default=day.down_seconds, help="for how long Clinicea is down")
    return parser


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("must be Name=value")
    if name not in template()["Parameters"]:
        raise argparse.ArgumentTypeError(f"the template has no parameter {name!r}; docs/parameters.md lists them")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
