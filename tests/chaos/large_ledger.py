"""`make large-ledger`: how rights and nets do on a ledger of some hundred megabytes.

Prints a line for each: how many parts it took, what was read, and the seconds of this processor.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.chaos import chain_days
from tests.chaos.chain import WHO, Asked, Chain

CALLS_A_MEGABYTE = 4_000 / 56
"""Of one day, in a ledger whose 90 days have passed, with one call in five booked."""


def main() -> int:
    """Make the ledger, and ask."""
    parser = argparse.ArgumentParser(prog="large-ledger", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=300)
    wanted = parser.parse_args()
    booked = int(wanted.megabytes * CALLS_A_MEGABYTE / 5)
    chain = Chain(calls=5 * booked, booked=booked)
    began = time.perf_counter()
    chain_days.past(chain)
    person = {"mobile": chain_days.number(41).reveal(), "patient_id": chain_days.EARLIER_PATIENT}
    chain_days.leave_traces(chain, chain_days.number(41))
    _say(
        f"{chain.days} days of {5 * booked} calls, {booked} of them booked: {len(chain.stored.items)} items, "
        f"{chain.megabytes:.0f} MB, made in {time.perf_counter() - began:.0f} s"
    )
    _line("holds", chain, chain.asked_of_data({"action": "holds", **person}), "bookings")
    _line("erase", chain, chain.asked_of_data({"action": "erase", **person, **WHO}), "results")
    _line("list, booked", chain, chain.asked_of_bookings({"action": "list", "states": ["booked"]}), "bookings")
    chain.aws.pages = 0
    reports, found, seconds = chain.compared()
    compared = sum(each.compared for each in reports)
    _say(
        f"reconcile: {len(reports)} parts, {chain.aws.pages} pages, {compared} bookings compared, "
        f"{len(found)} findings, {seconds:.1f} s"
    )
    return 0


def _line(name: str, chain: Chain, asked: Asked, of: str) -> None:
    _say(f"{name}: {len(asked.parts)} parts, {chain.aws.pages} pages, {len(asked.all(of))} {of}, {asked.seconds:.1f} s")
    chain.aws.pages = 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
