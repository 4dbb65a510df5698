"""The report: one JSON line, last on the output."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.chaos.judge import Verdict
from tests.chaos.verdict import HARMS

FIELDS = (
    *("accepted", "booked", "rejected", "needs_attention"),
    *(harm for harm in HARMS if harm != "untold"),
    *("logins", "posts", "read_backs"),
)


def line(verdict: Verdict, *, seconds: float, seed: int, digest: str, acts: Mapping[str, int] | None = None) -> str:
    """Return the report's line.

    Args:
        acts: what came of a person's acts, if there was a person.
    """
    causes = dict(sorted(verdict.needs_attention_causes.items()))
    return json.dumps(
        {
            **{name: getattr(verdict, name) for name in FIELDS},
            "seconds": round(seconds, 1),
            "seed": seed,
            "digest": digest,
            "only_a_person_can_decide": verdict.only_a_person_can_decide,
            "needs_attention_causes": causes,
            "split_bookings": len(verdict.split),
            "undecidable": dict(sorted(verdict.undecidable.items())),
            "untold": len(verdict.untold),
            "crashes": dict(sorted(verdict.crashes.items())),
            **({} if acts is None else {"acts": dict(sorted(acts.items()))}),
        }
    )
