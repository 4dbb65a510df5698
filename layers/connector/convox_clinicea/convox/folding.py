"""Words of ConVox as they are compared, in whatever script and from whatever keyboard they come."""

from __future__ import annotations

from convox_clinicea.normalization import JOINERS
from convox_clinicea.normalization import normalized as folded

__all__ = ["JOINERS", "folded"]
