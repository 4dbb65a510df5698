"""deploy.toml is changed where it must be, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.deploy_file import UnreadableDeployFile, parsed, read
from commands.keeping import keep

SAMPLE = """# ours
region = 'ap-south-1'
# notices_email = ""   # of bookings
alarms_email = "a@example.com"   # the night's

# the rest
[parameters]   # by their names
SettleSeconds = 120 # two minutes
# LogLevel = "INFO"
ReadBacks = true

[parameters.more]
"""


def kept(tmp_path: Path, text: str, **changes: str) -> str:
    file = tmp_path / "deploy.toml"
    file.write_text(text)
    keep(file, changes)
    assert [each.name for each in tmp_path.iterdir()] == ["deploy.toml"]
    return file.read_text()


def test_a_line_is_changed_and_its_comment_stays(tmp_path: Path) -> None:
    text = SAMPLE.replace("\n[parameters.more]\n", "")

    after = kept(tmp_path, text, SettleSeconds="61", AlarmsEmail="b@example.com", ReadBacks="false")

    assert after == text.replace("SettleSeconds = 120", 'SettleSeconds = "61"').replace(
        '"a@example.com"', '"b@example.com"'
    ).replace("ReadBacks = true", 'ReadBacks = "false"')


def test_new_value_follows_its_sample_or_ends_its_section(tmp_path: Path) -> None:
    text = SAMPLE.replace("\n[parameters.more]\n", "")

    after = kept(tmp_path, text, NoticesEmail="n@example.com", LogLevel="DEBUG", Clinics="ssm:/a/b", Python="3.12")

    lines = after.splitlines()
    assert lines[lines.index('# notices_email = ""   # of bookings') + 1] == 'notices_email = "n@example.com"'
    assert lines[lines.index('# LogLevel = "INFO"') + 1] == 'LogLevel = "DEBUG"'
    assert lines[-1] == 'Clinics = "ssm:/a/b"'
    assert lines[lines.index("[parameters]   # by their names") - 1] == 'python = "3.12"'
    assert set(text.splitlines()) <= set(lines)


@pytest.mark.parametrize("text", ["", "\n", 'region = "x"', "# nothing\n\n\n"])
def test_a_file_without_parameters_gets_their_table(tmp_path: Path, text: str) -> None:
    after = kept(tmp_path, text, SettleSeconds="61", RunbookUrl="https://example.com/a")

    found = parsed(after, tmp_path / "deploy.toml")
    assert (found.more, found.fixed) == ({"SettleSeconds": "61"}, {"RunbookUrl": "https://example.com/a"})


@pytest.mark.parametrize("value", ['a "b"', "a\\b", "ü # no comment", "", "= ["])
def test_any_text_is_a_value(tmp_path: Path, value: str) -> None:
    once = kept(tmp_path, "", Title=value)

    assert parsed(once, tmp_path / "deploy.toml").more == {"Title": value}
    assert kept(tmp_path, once, Title=value) == once


def test_an_address_is_taken_away(tmp_path: Path) -> None:
    after = kept(tmp_path, 'notices_email = "n@example.com"\n', NoticesEmail="")

    assert parsed(after, tmp_path / "deploy.toml").parameters == {}


@pytest.mark.parametrize(
    "text",
    [
        '[parameters]\nSettleSeconds = """\n120"""\n',
        '[parameters]\n"SettleSeconds" = 120\n',
        "parameters = { SettleSeconds = 120 }\n",
        'parameters.SettleSeconds = "120"\n',
    ],
)
def test_what_it_does_not_know_it_leaves_alone_and_says_so(tmp_path: Path, text: str) -> None:
    file = tmp_path / "deploy.toml"
    file.write_text(text)

    with pytest.raises(UnreadableDeployFile, match='set by hand: SettleSeconds = "61"'):
        keep(file, {"SettleSeconds": "61"})

    assert file.read_text() == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("region = ", "is not TOML"),
        ("settle = 1", "settle is not known here; known are stack, region"),
        ("parameters = 1", "must be a table"),
        ("[parameters]\nPython = '3.12'", "Python has a key of its own here, python"),
        ("[parameters]\nSettleSeconds = [1]", "SettleSeconds must be a text, a number, true or false"),
        ("region = 2031-01-01", "region must be a text"),
    ],
)
def test_a_file_that_is_not_valid_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "deploy.toml").write_text(text)

    with pytest.raises(UnreadableDeployFile, match=told):
        read(tmp_path / "deploy.toml")


def test_numbers_and_switches_are_texts(tmp_path: Path) -> None:
    (tmp_path / "deploy.toml").write_text("[parameters]\nA = 120\nB = true\nC = 0.5\nD = ''\n")

    assert read(tmp_path / "deploy.toml").more == {"A": "120", "B": "true", "C": "0.5", "D": ""}
