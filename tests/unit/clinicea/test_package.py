"""The client's package gives its names when they are asked for, so that nobody loads what it does not use."""

from __future__ import annotations

import pytest

from convox_clinicea import clinicea


@pytest.mark.parametrize("name", clinicea.__all__)
def test_every_name_that_it_promises_is_there(name: str) -> None:
    assert getattr(clinicea, name).__module__.startswith("convox_clinicea.clinicea.")


def test_no_other_is() -> None:
    with pytest.raises(AttributeError, match="has no attribute patient"):
        _ = clinicea.patient
