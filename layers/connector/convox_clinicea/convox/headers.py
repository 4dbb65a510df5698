"""Headers that every answer bears: what is in it may be a patient's, so nobody keeps it or guesses what it is."""

from __future__ import annotations

from types import MappingProxyType

GUARDED = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Strict-Transport-Security": "max-age=31536000",
    }
)
"""The gateway's own answers bear the same; `template.yaml` says them once more."""
