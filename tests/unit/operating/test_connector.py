"""`./connector`: what is the same in every verb, and the program that runs them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from commands.__main__ import MODULES, connector, main
from commands.cli_support import NAME
from commands.template import ROOT

VERBS = {name: connector.get_command(click.Context(connector), name) for name in MODULES}
CHANGING = {"redrive", "resolve", "erase", "withdraw", "rotate-token", "usage-key", "restore", "doctor", "people"}
HERE_ONLY = {"logs", "invoke", "check-config"}
SCRIPT = ROOT / NAME
MAKE = shutil.which("make") or "make"
INTERPRETER = ROOT / ".tools" / "connector" / "bin" / "python"


def options(verb: str) -> set[str]:
    found = VERBS[verb]
    assert found is not None
    return {option for each in found.params for option in each.opts if option.startswith("--")}


def examples(verb: str) -> list[list[str]]:
    found = VERBS[verb]
    assert found is not None
    lines = re.findall(rf"^  \./{NAME} (.*)$", found.epilog or "", re.MULTILINE)
    return [shlex.split(line) for line in lines]


class TestEachVerb:
    @pytest.mark.parametrize("verb", MODULES)
    def test_help_says_what_it_does_and_shows_an_example(self, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([verb, "--help"]) == 0

        said = capsys.readouterr().out
        assert f"Usage: {NAME} {verb}" in said
        assert f"  ./{NAME} {verb}" in said
        assert "The exit code is" in " ".join(said.split()) or verb == "logs"

    @pytest.mark.parametrize("verb", MODULES)
    def test_examples_are_taken(self, verb: str) -> None:
        found = VERBS[verb]
        assert found is not None
        assert examples(verb)
        for name, *arguments in examples(verb):
            assert name == verb
            found.make_context(verb, arguments)

    @pytest.mark.parametrize("verb", MODULES)
    def test_an_unknown_option_is_refused(self, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([verb, "--no-such-option"]) == 2
        assert "No such option" in capsys.readouterr().err
        assert main([verb, "--no-such-option", "--json"]) == 2
        said = capsys.readouterr()
        assert (said.out, "No such option" in json.loads(said.err)["error"]) == ("", True)

    @pytest.mark.parametrize("verb", MODULES)
    def test_the_common_options_are_there(self, verb: str) -> None:
        assert "--json" in options(verb)
        assert ("--yes" in options(verb)) is (verb in CHANGING)
        assert ("--stack" in options(verb)) is (verb not in HERE_ONLY)

    @pytest.mark.parametrize("verb", MODULES)
    def test_no_number_is_taken_where_only_a_person_knows_it(self, verb: str) -> None:
        assert "--mobile" not in options(verb) or verb in ("doctor", "smoke")


class TestTheProgram:
    def test_help_lists_every_verb(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--help"]) == 0
        said = capsys.readouterr().out
        assert [verb for verb in MODULES if f"\n  {verb} " not in said] == []
        assert f"_{NAME.upper()}_COMPLETE=bash_source" in said

    def test_a_verb_that_is_not_there_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["destroy", "--json"]) == 2
        assert "No such command 'destroy'" in json.loads(capsys.readouterr().err)["error"]

    def test_make_names_the_verb_that_took_a_targets_place(self) -> None:
        moved = re.search(r"^MOVED := ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        assert moved is not None
        assert set(moved[1].replace("\\", "").split()) == set(MODULES)
        done = subprocess.run([MAKE, "-s", "redrive"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert f"make redrive is now ./{NAME} redrive" in done.stderr

    def test_a_shell_completes_verbs_options_and_states(self) -> None:
        shell = ShellComplete(connector, {}, NAME, f"_{NAME.upper()}_COMPLETE")

        def completed(*words: str) -> set[str]:
            *before, last = words
            return {each.value for each in shell.get_completions(before, last)}

        assert completed("re") == {"redrive", "resolve", "reconcile", "restore"}
        assert {"--state", "--stack"} <= completed("bookings", "--st")
        assert completed("bookings", "--state", "needs") == {"needs_attention"}
        assert completed("people", "dis") == {"disable"}

    def test_all_that_the_verbs_import_is_in_its_environment(self) -> None:
        python = INTERPRETER if INTERPRETER.exists() else sys.executable
        code = "import importlib; from commands.__main__ import MODULES\n"
        code += "for each in MODULES.values(): importlib.import_module(f'commands.{each}')"
        path = f"{ROOT}:{ROOT / 'layers' / 'connector'}"
        done = subprocess.run(
            [python, "-c", code],
            env={"PYTHONPATH": path, "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


class TestTheDocuments:
    def test_they_show_verbs_and_options_that_are_there(self) -> None:
        shown = [
            (path.name, verb, set(re.findall(r"(?<!\S)--[a-z][a-z-]*", rest)))
            for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]
            for verb, rest in re.findall(rf"\./{NAME} ([a-z][a-z-]*)([^`|#\n]*)", path.read_text("utf-8"))
        ]

        assert len(shown) > 100
        assert [(page, verb) for page, verb, _ in shown if verb not in MODULES] == []
        assert [
            (page, verb, wrong) for page, verb, given in shown if (wrong := given - options(verb) - {"--help"})
        ] == []


class TestTheScript:
    @pytest.fixture
    def clone(self, tmp_path: Path) -> Path:
        """A clone whose environment is made at the first run, and whose Python tells how it was called."""
        folder = tmp_path / "a clone"
        folder.mkdir()
        shutil.copy(SCRIPT, folder / NAME)
        python = '#!/bin/sh\nprintf "%s|" "$PWD" "$PYTHONPATH" "$@"\n'
        (folder / "python").write_text(python)
        (folder / "python").chmod(0o755)
        made = "\t@mkdir -p .tools/connector/bin && cp python .tools/connector/bin/python && echo installed"
        (folder / "Makefile").write_text(f"connector-environment:\n{made}\n")
        return folder

    def run(self, clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [clone / NAME, *arguments],
            cwd=clone.parent,
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def test_it_makes_its_environment_and_hands_on_what_was_typed(self, clone: Path) -> None:
        done = self.run(clone, "redrive", "--why", 'the "two" records, $HOME', MAKEFLAGS="n")

        assert done.returncode == 0
        words = [str(clone.parent), f"{clone}:{clone}/layers/connector", "-m", "commands", "redrive", "--why"]
        assert done.stdout == "|".join([*words, 'the "two" records, $HOME', ""])
        assert done.stderr == "installed\n"

    def test_without_an_environment_it_ends(self, clone: Path) -> None:
        (clone / "Makefile").write_text("connector-environment:\n\t@echo no index >&2; exit 1\n")

        done = self.run(clone, "bookings")

        assert (done.returncode, done.stdout, "no index" in done.stderr) == (2, "", True)

    def test_a_completion_installs_nothing(self, clone: Path) -> None:
        done = self.run(clone, _CONNECTOR_COMPLETE="bash_complete")

        assert "installed" not in done.stderr
        assert not (clone / ".tools").exists()
