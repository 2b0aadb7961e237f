"""What a terminal is shown: help that fits, names for files, colours only where wanted, Ctrl-C."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result

from digest.cli import main
from digest.cli.terminal import folded

from .. import processes
from .test_cli import PROFILE, Workspace, workspace

__all__ = ["workspace"]


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each command, groups too."""
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name)


def _is_group(command: click.Command) -> bool:
    return isinstance(command, click.Group) and not command.invoke_without_command


def test_help_fits_eighty_columns() -> None:
    for words in commands(main):
        shown = CliRunner().invoke(main, [*words, "--help"], terminal_width=80)
        assert shown.exit_code == 0
        lines = shown.output.splitlines()
        assert [line for line in lines if len(line) > 80] == [], words
        assert [line for line in lines if line[:2] == "  " and line.endswith("...")] == [], words


@pytest.mark.parametrize("name", sorted(n for n, c in main.commands.items() if _is_group(c)))
def test_a_group_alone_prints_its_help(name: str) -> None:
    alone = CliRunner().invoke(main, [name])
    asked = CliRunner().invoke(main, [name, "--help"])
    assert (alone.exit_code, alone.stdout) == (2, "")
    assert alone.stderr == asked.stdout


#: What a person types in the first days, and mistakes; one a line.
TYPED = """
    config check
    config show
    config example
    collect --day 2026-03-10 --now 2026-03-10T12:00Z
    collect --day 2026-03-12 --now 2026-03-12T12:00Z
    run --day 2026-03-10 --now 2026-03-10T12:00Z
    send
    doctor
    listing status
    outbox list
    outbox retry 1 77
    profile list
    profile check
    profile check profiles/wide.yaml
    profile test sparse
    profile explain sparse 2603.00001
    profile add moss nowhere.yaml
    paper mosses-that-no-one-knows
    vacuum --dry-run
    import README.md
    import people.csv
    import --from search words.txt
    init --yes
    notice words.txt --dry-run
    -c nowhere.yaml run
"""


def test_what_is_typed_at_eighty_columns_fits(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for a word that is longer: a path, an address."""
    monkeypatch.chdir(workspace.folder)
    monkeypatch.setenv("COLUMNS", "80")  # for tables and prose, at a terminal or not
    workspace.write("profiles/wide.yaml", "title: Wide\nanny: [moss]\nany: [moss and ferns]\n")
    workspace.write("README.md", "What it is for, and how it is used by all who like it.\n")
    workspace.write("words.txt", "moss, (fern OR kelp)\n")
    workspace.write("people.csv", "email\na@example.org\nb\n")
    for line in filter(None, map(str.strip, TYPED.splitlines())):
        shown = CliRunner().invoke(main, line.split(), terminal_width=80).output
        wide = [each for each in shown.splitlines() if len(each) > 80 and may_be_folded(each)]

        assert shown.strip(), line
        assert wide == [], line


def test_a_terminal_is_told_what_takes_a_while_and_a_program_is_not(workspace: Workspace) -> None:
    ours, theirs = pty.openpty()
    command = [processes.PROGRAM, "--config", str(workspace.folder / "config.yaml"), "collect"]
    day = ["--day", "2026-03-10", "--now", "2026-03-10T12:00Z"]
    processes.run([*command, *day], stdout=subprocess.DEVNULL, stderr=theirs)

    assert os.read(ours, 1000) == "Reading 2 listings …\r\n".encode()
    os.close(theirs), os.close(ours)
    assert workspace.digest("collect", *day).stderr == ""


def may_be_folded(line: str) -> bool:
    """Return whether a line of over 80 columns has a blank where it could end sooner."""
    return max(map(len, line.split())) < 60


def test_each_command_and_each_option_says_what_it_does() -> None:
    for words in commands(main):
        command: click.Command = main
        for word in words:
            assert isinstance(command, click.Group)
            command = command.commands[word]
        assert command.help, words
        options = [each for each in command.params if isinstance(each, click.Option)]
        undocumented = [each.opts for each in options if not (each.help or each.metavar == "N")]
        assert undocumented == [] or words in (("demo",), ("preview",)), words


def test_a_profile_is_named_by_its_name_or_its_file(workspace: Workspace) -> None:
    workspace.write("profiles/other.yaml", PROFILE.replace("sparse\n", "moss\n", 1))
    file = str(workspace.folder / "profiles/sparse.yaml")
    workspace.run()

    for words in (["profile", "test"], ["profile", "suggest", "--like", "x"], ["render"]):
        by_name, by_file = (workspace.digest(*words, each) for each in ("sparse", file))
        assert (by_name.exit_code, by_name.output) == (by_file.exit_code, by_file.output)
    assert workspace.digest("profile", "add", "lichen", "moss").exit_code == 0
    assert "lichen" in (workspace.folder / "profiles/other.yaml").read_text()


def test_check_alone_checks_all(workspace: Workspace) -> None:
    assert workspace.digest("profile", "check").stdout.endswith("profiles: 1 checked, no mistake\n")
    workspace.write("profiles/broken.yaml", "anny: [x]\n")
    checked = workspace.digest("profile", "check")

    assert checked.exit_code == 78
    assert f"{workspace.folder}/profiles/broken.yaml:1:1: unknown key anny" in checked.stdout


def test_the_outbox_shows_day_and_subject_of_each_mail(workspace: Workspace) -> None:
    workspace.run()
    lines = workspace.digest("outbox", "list").stdout.splitlines()

    assert lines[0].split() == ["1", "sent", "2026-03-10", "alice@example.org"]
    assert lines[1].startswith("         3 for you: Mosses of the north")


def test_no_color_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("paint")
    def paint() -> None:
        click.echo(click.style("red", fg="red"))

    monkeypatch.setitem(main.commands, "paint", paint)
    coloured = CliRunner().invoke(main, ["paint"], color=True)
    plain = CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["paint"], color=True)

    assert coloured.output == "\x1b[31mred\x1b[0m\n"
    assert plain.output == "red\n"


def ended_by(error: BaseException, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    """Return what is said where a command ends by an error."""

    @click.command("end")
    def end() -> None:
        raise error

    monkeypatch.setitem(main.commands, "end", end)
    return CliRunner().invoke(main, [*words, "end"])


def test_ctrl_c_in_a_run_says_that_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = ended_by(KeyboardInterrupt(), monkeypatch)

    assert ended.exit_code == 75
    assert ended.stderr == "\ndigest: ended; nothing is lost, the same command goes on\n"


def test_prose_is_folded_and_an_address_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")

    assert folded("one two three four five six") == "one two three four\n  five six"
    assert folded("see https://example.org/a-long-path now") == (
        "see\n  https://example.org/a-long-path\n  now"
    )
    assert folded("one two three four", less=8) == "one two\n  three four"


def test_an_error_of_the_system_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = PermissionError(13, "Permission denied", "/srv/outbox")
    ended = ended_by(refused, monkeypatch)

    assert (ended.exit_code, ended.stderr) == (1, "digest: /srv/outbox: permission denied\n")
    assert ended_by(refused, monkeypatch, "-v").exception is refused
