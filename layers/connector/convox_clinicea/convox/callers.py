"""The form of callers' names, in the access-token secret and in the dialect document."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

CALLER_NAME = r"[a-z0-9][a-z0-9_-]{0,31}"
CallerName = Annotated[str, StringConstraints(pattern=f"^{CALLER_NAME}$")]
