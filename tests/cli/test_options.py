"""Options as variables of the environment."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from gitops_actions.cli.main import COMMANDS, cli
from gitops_actions.cli.options import AMBIGUOUS
from gitops_actions.errors import UsageError
from gitops_actions.report import outputs


def options() -> Iterator[click.Option]:
    """Every option of every command that has a variable."""
    waiting: list[click.Command | None] = [cli, *(cli.get_command(click.Context(cli), name) for name in COMMANDS)]
    while waiting:
        command = waiting.pop()
        assert command is not None
        if isinstance(command, click.Group) and command is not cli:
            waiting += command.commands.values()
        yield from (one for one in command.params if isinstance(one, click.Option) and one.envvar)


OPTIONS = list({(one.envvar, one.multiple, one.is_flag): one for one in options()}.values())
NAMES = [str(one.envvar) for one in OPTIONS]


def value(one: click.Option, monkeypatch: pytest.MonkeyPatch, text: str) -> object:
    """What an option takes from its variable."""
    monkeypatch.setenv(str(one.envvar), text)
    context = click.Context(click.Command("x", params=[one]))
    found, _ = one.consume_value(context, {})
    return one.type_cast_value(context, found)


@pytest.mark.parametrize("one", OPTIONS, ids=NAMES)
def test_an_empty_variable_counts_as_not_given(one: click.Option, monkeypatch: pytest.MonkeyPatch) -> None:
    context = click.Context(click.Command("x", params=[one]))
    monkeypatch.delenv(str(one.envvar), raising=False)
    without = one.consume_value(context, {})
    for nothing in ("", "\n", "\r\n"):
        monkeypatch.setenv(str(one.envvar), nothing)
        assert one.consume_value(context, {}) == without


@pytest.mark.parametrize("one", [one for one in OPTIONS if one.multiple], ids=lambda one: one.envvar)
def test_several_values_stand_on_a_line_each(one: click.Option, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(str(one.envvar), "\n a b,c \r\n\n d\n")
    assert one.value_from_envvar(click.Context(click.Command("x"))) == ("a b,c", "d")


@pytest.mark.parametrize("one", [one for one in OPTIONS if one.is_flag and not one.count], ids=lambda one: one.envvar)
def test_a_flag_is_on_or_off(one: click.Option, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, on in (("true", True), ("1", True), ("false", False), ("0", False), ("true\n", True)):
        assert value(one, monkeypatch, text) is on
    with pytest.raises(click.BadParameter):
        value(one, monkeypatch, "perhaps")


def test_a_block_of_yaml_loses_its_line_ends_only(monkeypatch: pytest.MonkeyPatch) -> None:
    (body,) = [one for one in OPTIONS if one.envvar == "GITOPS_BODY"]
    assert value(body, monkeypatch, "\n    code\n\n text \n") == "    code\n\n text "


def test_outputs_that_are_options_are_known() -> None:
    names = {"GITOPS_" + name.replace("-", "_").upper() for name in outputs.NAMES}
    assert names.intersection(NAMES) == set(AMBIGUOUS)


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_an_earlier_jobs_output_is_no_option(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in (one for one in OPTIONS if one.envvar == name):
        monkeypatch.setenv("GITLAB_CI", "true")
        assert value(one, monkeypatch, "1.2.3")
        monkeypatch.setenv("GITOPS_OUTCOME", "committed")
        with pytest.raises(UsageError, match="output of an earlier job"):
            value(one, monkeypatch, "1.2.3")
        monkeypatch.delenv("GITLAB_CI")
        assert value(one, monkeypatch, "1.2.3")
        monkeypatch.delenv("GITOPS_OUTCOME")
