"""`python -m tests.chaos.mutants.probe CHECK`: runs one check on the tree that it lies in, until it finds harm.

The last line of the output is a JSON list of what it found.
"""

from __future__ import annotations

import json
import sys

from tests.chaos.mutants.checks import CHECKS


def main(name: str) -> None:
    found: list[str] = []
    for evidence in CHECKS[name]():
        found += evidence
        if found:
            break
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
