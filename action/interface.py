"""Writes what action.yml, the GitLab components and their pages say of options: all from the command line.

`make interface` runs it; a test says when it is due. Written are the lines between `options: inputs` (or `variables`,
`table`) and `options: end` in comments, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from gitops_actions.cli.main import COMMANDS, cli

ROOT = Path(__file__).resolve().parent.parent
# Their options are for a person at a machine.
ELSEWHERE = ("agent", "demo", "init")
SAMPLES = 5  # commands that a description names; of more, it is an option of "every" command


@dataclass(frozen=True, slots=True)
class Input:
    """One option, as an input. ``kind``: `flag`, `switch` (true, false or as configured), `choice`, `number`, `lines`
    or `text`."""

    name: str
    kind: str
    help: str
    default: str
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The variable that the command line reads."""
        return "GITOPS_" + self.name.replace("-", "_").upper()

    @property
    def form(self) -> str:
        """What is to be written."""
        forms = {"flag": "true or false", "switch": "true or false", "lines": "a line each"}
        return " | ".join(self.choices) if self.kind == "choice" else forms.get(self.kind, "")

    @property
    def description(self) -> str:
        """What it is for, in one line."""
        return f"{self.help} ({self.form})" if self.form else self.help


def verbs() -> Iterator[tuple[str, click.Command]]:
    """Every command that a pipeline may run, by its words."""
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        if name not in ELSEWHERE and command is not None:
            group = command.commands if isinstance(command, click.Group) else None
            yield from ((f"{name} {word}", one) for word, one in group.items()) if group else [(name, command)]


def inputs(wanted: Collection[str] = ()) -> list[Input]:
    """The options of these commands, or of all; one that several have is one input."""
    found: dict[str, dict[str, list[str]]] = {}
    options: dict[str, list[click.Option]] = {}
    for words, command in verbs():
        if wanted and words not in wanted:
            continue
        for one in command.params:
            if isinstance(one, click.Option) and one.envvar:
                name = max(one.opts, key=len).lstrip("-")
                options.setdefault(name, []).append(one)
                found.setdefault(name, {}).setdefault((one.help or "").split("  [")[0], []).append(words)
    return [_input(name, options[name], found[name], len(wanted)) for name in sorted(found)]


def _input(name: str, options: list[click.Option], helps: dict[str, list[str]], wanted: int) -> Input:
    first = options[0]
    defaults = {str(one.default) if isinstance(one.default, (str, int)) else "" for one in options}
    default = defaults.pop() if len(defaults) == 1 else ""
    kind = "text"
    choices: tuple[str, ...] = ()
    if first.is_flag:
        kind, default = ("switch", "") if first.secondary_opts else ("flag", "false")
    elif any(one.multiple for one in options):
        kind = "lines"
    elif isinstance(first.type, click.Choice):
        kind, choices = "choice", tuple(str(choice) for choice in first.type.choices)
    elif isinstance(first.type, click.types.IntParamType):
        kind = "number"
    if wanted == 1:
        (help_,) = helps
    else:
        help_ = " ".join(text if len(by) > SAMPLES else f"{', '.join(by)}: {text}" for text, by in helps.items())
    return Input(name, kind, help_, default, choices)


def action_inputs(given: list[Input]) -> str:
    return "".join(f"  {one.name}:\n    description: {quoted(one.description)}\n" for one in given)


def action_variables(given: list[Input]) -> str:
    """A variable of the job or the workflow counts where there is no input."""
    return "".join(f"        {one.variable}: ${{{{ inputs.{one.name} || env.{one.variable} }}}}\n" for one in given)


def component_inputs(given: list[Input]) -> str:
    """https://docs.gitlab.com/ci/inputs/: a choice may be empty where the command line has no default."""
    lines = []
    for one in given:
        lines.append(f"    {one.name}:\n      description: {quoted(one.description)}\n")
        choices = ("true", "false") if one.kind == "switch" else one.choices
        if one.kind == "flag":
            lines.append("      type: boolean\n")
        elif choices:
            known = choices if one.default else ("", *choices)
            lines.append(f"      options: [{', '.join(map(quoted, known))}]\n")
        elif one.kind == "number":
            lines.append("      regex: '^[0-9]*$'\n")
        lines.append(f"      default: {one.default if one.kind == 'flag' else quoted(one.default)}\n")
    return "".join(lines)


def component_variables(given: list[Input]) -> str:
    return "".join(f"    {one.variable}: $[[ inputs.{one.name} ]]\n" for one in given)


def table(given: list[Input]) -> str:
    """For a page."""
    rows = (f"| `{one.name}` | {_escaped(one.help)} | {_cell(one)} |\n" for one in given)
    return "| input | what | form |\n|---|---|---|\n" + "".join(rows)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _cell(one: Input) -> str:
    default = [f"default `{one.default}`"] if one.default else []
    form = " \\| ".join(f"`{choice}`" for choice in one.choices) or one.form
    return "; ".join([form, *default] if form else default)


def quoted(text: str) -> str:
    """A text as YAML: JSON is YAML."""
    return json.dumps(text, ensure_ascii=False)


# File, the commands that it is for (none: all), and how each part is written.
PLACES: dict[str, tuple[tuple[str, ...], dict[str, Callable[[list[Input]], str]]]] = {
    "action.yml": ((), {"inputs": action_inputs, "variables": action_variables}),
    "docs/github-action.md": ((), {"table": table}),
    ".gitlab-ci-template.yml": ((), {"inputs": component_inputs, "variables": component_variables}),
    "templates/deploy.yml": (("deploy",), {"inputs": component_inputs, "variables": component_variables}),
    "templates/promote.yml": (("promote",), {"inputs": component_inputs, "variables": component_variables}),
    "templates/validate.yml": (("validate",), {"inputs": component_inputs, "variables": component_variables}),
}


def written(name: str) -> str:
    """The file as it should be. Raises ValueError where it lacks the comments around a part."""
    commands, parts = PLACES[name]
    text, given = (ROOT / name).read_text(encoding="utf-8"), inputs(commands)
    for part, write in parts.items():
        place = re.compile(
            rf"(^[^\n]*\boptions: {part}\b[^\n]*\n).*?(^[^\n]*\boptions: end\b)", re.MULTILINE | re.DOTALL
        )
        blank = "\n" if name.endswith(".md") else ""
        content = blank + write(given) + blank
        text, count = place.subn(lambda match, new=content: match[1] + new + match[2], text)  # type: ignore[misc]
        if count != 1:
            raise ValueError(f"{name}: expected one part between 'options: {part}' and 'options: end', found {count}")
    return text


def main() -> None:
    for name in PLACES:
        (ROOT / name).write_text(written(name), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
