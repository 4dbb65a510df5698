"""The Markdown documents: their links lead somewhere, their lines are short, and what they count is right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from commands.template import template
from tests.support import metrics_table, watching
from tests.support.functions import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
PACKAGE = ROOT / "layers" / "connector" / "convox_clinicea"
LONGEST = 100
README_WORDS = 900
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^\s*```")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def outside_code(path: Path) -> Iterator[tuple[int, str]]:
    """The numbered lines that stand in no code block."""
    code = False
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if _FENCE.match(line):
            code = not code
        elif not code:
            yield number, line


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The same without tables, pictures, the addresses of links, and what a program has written between markers."""
    written = False
    for number, line in outside_code(path):
        if marker := re.match(r"<!-- \w+: (begin|end) -->", line):
            written = marker[1] == "begin"
        elif not written and not line.lstrip().startswith(("|", "![")):
            yield number, _LINK.sub("]()", line)


def anchors(path: Path) -> set[str]:
    """The headings as GitHub names them."""
    headings = [match[1] for _, line in outside_code(path) if (match := re.match(r"#+ (.+)$", line))]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(path: Path) -> list[str]:
    """What the document links to on this disk. A link may be broken over two lines."""
    text = "\n".join(line for _, line in outside_code(path))
    return [link for link in _LINK.findall(text) if not link.startswith(("http:", "https:", "mailto:"))]


def target(path: Path, link: str) -> Path:
    file = link.partition("#")[0]
    return (path.parent / file).resolve() if file else path


def leads_nowhere(path: Path, link: str) -> bool:
    led, anchor = target(path, link), link.partition("#")[2]
    return not led.exists() or (anchor != "" and anchor not in anchors(led))


def test_links_lead_to_files_and_headings() -> None:
    wrong = [f"{name(path)}: {link}" for path in DOCUMENTS for link in links(path) if leads_nowhere(path, link)]

    assert sum(len(links(path)) for path in DOCUMENTS) > 200
    assert wrong == []


def test_no_line_of_prose_is_long() -> None:
    long = [f"{name(path)}:{number}" for path in DOCUMENTS for number, line in prose(path) if len(line) > LONGEST]

    assert long == []


def test_the_index_leads_to_every_page() -> None:
    index = ROOT / "docs" / "index.md"
    reached = {target(index, link) for link in links(index)}

    assert {page for page in (ROOT / "docs").glob("*.md") if page != index} - reached == set()
    assert index in {target(ROOT / "README.md", link) for link in links(ROOT / "README.md")}


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) < README_WORDS


RECORDS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


_TEXT = r"[^#\n](?:(?!\n## )(?:.|\n))+"
_FORM = re.compile(
    r"# (\d+)\. .+\n\n- Date: \d{4}-\d\d-\d\d.*\n- Status: .+\n"
    rf"\n## Context\n{_TEXT}\n## Decision\n{_TEXT}(?:\n## Rejected\n{_TEXT})?"
)


def test_a_decision_has_date_status_and_reasons() -> None:
    found = {path.name: _FORM.fullmatch(path.read_text("utf-8")) for path in RECORDS}

    assert [file for file, form in found.items() if form is None or int(form[1]) != int(file[:4])] == []


def test_the_list_of_decisions_is_complete() -> None:
    contents = ROOT / "docs" / "adr" / "README.md"

    assert [target(contents, link) for link in links(contents)] == RECORDS
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_the_files_of_the_checklists_exist() -> None:
    text = (ROOT / "docs" / "how-to.md").read_text("utf-8")
    named = set(re.findall(r"`([\w./]+/[\w.]+\.(?:py|json|yaml))`|`([a-z_]+\.py)`", text))
    files = {long or short for long, short in named} - {
        "commands/slots.py",
        "functions/available_slots/app.py",
        "events/available_slots.json",
        "lookups/slots.py",
    }
    files -= {"app.py"}

    assert len(files) > 40
    assert [file for file in sorted(files) if not (ROOT / file).exists() and not (PACKAGE / file).exists()] == []


def emitters(metric: str) -> int:
    """How many functions emit a metric, by the table of metrics."""
    (row,) = [
        each for each in metrics_table.TABLE.read_text("utf-8").splitlines() if each.startswith(f"| `{metric}` |")
    ]
    return len(row.split("|")[4].split(","))


def test_the_cost_page_counts_what_the_template_has() -> None:
    page = (ROOT / "docs" / "cost.md").read_text("utf-8")
    kinds = Counter(each["Type"] for each in template()["Resources"].values())
    alarms, secrets, keys = (
        kinds[each] for each in ("AWS::CloudWatch::Alarm", "AWS::SecretsManager::Secret", "AWS::KMS::Key")
    )
    # A query looks at a metric of each function that emits it.
    looks = [each for each in watching.watched() if each.where.endswith("Alarm")]
    metrics = sum(emitters(each.name) if ("service", None) in each.dimensions else 1 for each in looks)

    assert f"{alarms} alarms over {metrics} metrics \N{MULTIPLICATION SIGN} 0.10 | {metrics / 10:.2f} |" in page
    secrets += 1  # Clinicea's, which the stack does not make
    assert f"| secrets | {secrets} \N{MULTIPLICATION SIGN} 0.40 | {secrets * 0.4:.2f} |" in page
    assert f"| KMS keys | 1 \N{MULTIPLICATION SIGN} 1.00 (`OwnKey=true`: {keys}) |" in page


def test_the_cost_page_adds_up() -> None:
    page = (ROOT / "docs" / "cost.md").read_text("utf-8")
    sums = re.findall(r"^\| (\**[^|]+?) \|[^|]*\| \**([\d.]+)\** \| \**([\d.]+)\** \|$", page, re.MULTILINE)
    rows = {title.strip("*"): (round(float(low) * 100), round(float(high) * 100)) for title, low, high in sums}

    fixed, calls, total = rows.pop("fixed part"), rows.pop("calls"), rows.pop("in all")
    for column in (0, 1):
        assert sum(row[column] for row in rows.values()) == fixed[column]
        assert fixed[column] + calls[column] == total[column]


def test_what_the_desk_stores_is_in_the_table_of_privacy() -> None:
    code = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]
    kinds = {each for text in code for each in re.findall(r'"(desk-[a-z-]+)#', text)}
    kinds |= {f"desk-{each}" for text in code for each in re.findall(r'_key\("([a-z-]+)", ', text)}
    rows = (ROOT / "docs" / "privacy.md").read_text("utf-8").splitlines()
    told = "\n".join(each for each in rows if "| ledger, `" in each)

    assert len(kinds) > 5
    assert [each for each in sorted(kinds) if f"`{each}#…`" not in told] == []
