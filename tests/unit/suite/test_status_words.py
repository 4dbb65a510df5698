"""No test, sample or event knows a completed visit by a word alone that no evidence shows."""

from __future__ import annotations

import re

from commands.template import ROOT

SEEN_LIVE = "Check Out"
OTHER = re.compile(r'"Checked[ -]?[Oo]ut"')
PLACES = ("events/**/*.json", "local/**/*.py", "tests/**/*.py")


def test_another_spelling_stands_only_beside_the_one_seen_live() -> None:
    files = [file for place in PLACES for file in ROOT.glob(place)]
    texts = {file.relative_to(ROOT).as_posix(): file.read_text("utf-8") for file in files}
    alone = [name for name, text in texts.items() if OTHER.search(text) and f'"{SEEN_LIVE}"' not in text]

    assert sum(f'"{SEEN_LIVE}"' in text for text in texts.values()) > len(PLACES)
    assert alone == []
