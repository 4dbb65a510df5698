"""`make parameters`: writes docs/parameters.md from template.yaml, where parameters are described."""

import sys
from collections.abc import Mapping
from typing import Any

from commands.template import ROOT, template

PAGE = ROOT / "docs" / "parameters.md"
HEAD = """# Parameters of the stack

Made from `template.yaml` by `make parameters`; do not edit it here. They are set in `deploy.toml`:
some by a key of their own there, such as `notices_email`, all others by their name below
`[parameters]`. `make deploy PARAMETERS="Name=value …"` writes them into it. A parameter that is not
set has its default, whatever was deployed before.
"""
COLUMNS = "| parameter | default | may be | what it does |\n| --- | --- | --- | --- |\n"
Json = dict[str, Any]


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(template()), "utf-8")
    return 0


def page(source: Mapping[str, Any]) -> str:
    """Return the page: a table for each group, in the template's order."""
    parts = [HEAD]
    for group in source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        parts.append(f"\n## {group['Label']['default']}\n{COLUMNS}")
        parts += [_row(name, source["Parameters"][name]) for name in group["Parameters"]]
    return "".join(parts)


def _row(name: str, parameter: Json) -> str:
    default = parameter.get("Default")
    shown = "**required**" if default is None else f"`{default}`" if str(default) else "empty"
    return f"| `{name}` | {shown} | {_cell(_range(parameter))} | {_cell(parameter['Description'])} |\n"


def _range(parameter: Json) -> str:
    """Return the allowed values, as in the template's refusal."""
    if "AllowedValues" in parameter:
        return ", ".join(f"`{each}`" for each in parameter["AllowedValues"])
    if "MinValue" in parameter:
        return f"{parameter['MinValue']} to {parameter['MaxValue']}"
    return str(parameter["ConstraintDescription"]).removeprefix("must be ")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    sys.exit(main())
