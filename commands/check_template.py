"""`make lint`: checkov's findings in template.yaml, except those excepted with a reason.

Exceptions for all functions are in .checkov.yaml, others in the resource's Metadata.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commands.template import long_form, read

ROOT = Path(__file__).resolve().parents[1]
EXCEPTIONS = ROOT / ".checkov.yaml"
CHECKOV = ROOT / ".tools" / "checks" / "bin" / "checkov"
SECONDS = 300
LEAST_CHECKS = 100
"""Checks that must pass at least; with fewer, checkov has not read the template."""
SHORTEST_REASON = 10


def wrong(report: Any) -> Iterator[str]:
    """Yield a line for each problem in checkov's report, also if it shows that nothing was checked."""
    results = report.get("results", {}) if isinstance(report, dict) else {}
    passed = results.get("passed_checks", [])
    if len(passed) < LEAST_CHECKS:
        yield f"checkov has passed {len(passed)} checks only: it has not seen the template"
    for path in results.get("parsing_errors", []):
        yield f"{path}: checkov cannot read it"
    for failed in results.get("failed_checks", []):
        yield f"{failed['resource']}: {failed['check_id']} {failed['check_name']}"
    for skipped in results.get("skipped_checks", []):
        reason = skipped["check_result"].get("suppress_comment") or ""
        if len(reason) < SHORTEST_REASON or reason == "No comment provided":
            yield f"{skipped['resource']}: {skipped['check_id']} is excepted without a reason"


def run(template: Path) -> Any:
    """Return checkov's report on a template with its loops expanded, without network; None if there is none."""
    with tempfile.TemporaryDirectory() as folder:
        written_out = Path(folder) / "template.json"
        written_out.write_text(json.dumps(long_form(read(template)), indent=1), "utf-8")
        command = [str(CHECKOV), "--config-file", str(EXCEPTIONS), "--skip-download", "--framework", "cloudformation"]
        done = subprocess.run(
            [*command, "--file", str(written_out), "--compact", "--output", "json"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    try:
        return json.loads(done.stdout)
    except ValueError:
        return None


def main() -> int:
    """Print the problems; returns 1 if there are any."""
    report = run(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "template.yaml")
    found = list(wrong(report))
    if found:
        print("\n".join(found))
        print('Fix it, or add an exception in the resource\'s Metadata: checkov: skip: - {id: …, comment: "a reason"};')
        print("exceptions for all functions are in .checkov.yaml")
        return 1
    results = report["results"]
    print(f"{len(results['passed_checks'])} checks passed, {len(results['skipped_checks'])} excepted with a reason")
    return 0


if __name__ == "__main__":
    sys.exit(main())
