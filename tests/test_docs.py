"""What is documented exists, and what exists is documented: both ways, or this is red."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from gitops_actions import config, errors, plugins
from gitops_actions.cli.main import COMMANDS, cli
from gitops_actions.model import EDIT_KEYS, own_keys

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
SOURCES = sorted((ROOT / "gitops_actions").rglob("*.py"))
# Sections of docs/commands.md that several commands refer to.
SHARED = {"options-of-the-config-repo", "options-of-requests"}
# Where docs/configuration.md has the keys of each definition of the JSON Schema.
SECTIONS = {
    "Top level": None,
    "`environments`": "Environment",
    "`gates`": "Gates",
    "`freezes`": "Freeze",
    "`weekly`": "Weekly",
    "`dates`": "Dates",
    "`apps`": "App",
    "`edits`": "Edit",
    "`config-repo`": "ConfigRepo",
    "`pipeline`": "Pipeline",
}


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """The parts of a page by their headings; a subsection is a part of its own."""
    parts = re.split(r"^#{1,6} +(.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> list[list[str]]:
    """The cells of all table rows, without heads and rules."""
    found: list[list[str]] = []
    for table in re.findall(r"^\|.*\n\|[-| :]+\|\n((?:\|.*\n)*)", text, flags=re.MULTILINE):
        found += [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table.splitlines()]
    return found


def anchor(heading: str) -> str:
    """As GitHub and GitLab make it from a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its words."""
    waiting: list[tuple[tuple[str, ...], click.Command | None]] = [
        ((name,), cli.get_command(click.Context(cli), name)) for name in COMMANDS
    ]
    while waiting:
        words, command = waiting.pop()
        if isinstance(command, click.Group):
            waiting += [((*words, name), each) for name, each in command.commands.items()]
        elif command is not None:
            yield " ".join(words), command


def options(command: click.Command) -> set[str]:
    """All its options but --help."""
    return {
        name for one in command.params if isinstance(one, click.Option) for name in (*one.opts, *one.secondary_opts)
    }


def documented_options(text: str) -> set[str]:
    return {name for row in rows(text) for name in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row[0])}


COMMAND_SECTIONS = {heading.strip("`"): text for heading, text in sections(read("commands.md")).items()}
WALKED = dict(commands())


def test_commands_are_documented() -> None:
    general = {
        "Commands", "gitops-actions", "Options of the config repo", "Options of requests", "Exit codes",
        "Environment variables",
    }  # fmt: skip
    assert COMMAND_SECTIONS.keys() - general == WALKED.keys()


@pytest.mark.parametrize("name", sorted(WALKED))
def test_options_are_documented(name: str) -> None:
    text = COMMAND_SECTIONS[name]
    documented = documented_options(text)
    for target in SHARED.intersection(re.findall(r"\]\(#([\w-]+)\)", text)):
        documented |= documented_options(next(t for h, t in COMMAND_SECTIONS.items() if anchor(h) == target))
    assert documented == options(WALKED[name])


def test_global_options_are_documented() -> None:
    assert documented_options(COMMAND_SECTIONS["gitops-actions"]) == options(cli)


# Said of a single run, so a variable would only surprise.
PLAIN = {("gitops-actions", "version"), ("gitops-actions", "verbose"), ("gitops-actions", "quiet")}


def test_every_option_has_its_environment_variable() -> None:
    wrong = [
        f"{name} {one.opts}: {one.envvar}"
        for name, command in [("gitops-actions", cli), *WALKED.items()]
        for one in command.params
        if isinstance(one, click.Option)
        if (name, one.name) not in PLAIN
        if one.envvar != "GITOPS_" + max(one.opts, key=len).lstrip("-").replace("-", "_").upper()
    ]
    assert not wrong


def test_short_help_is_the_beginning_of_the_help() -> None:
    for name, short in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert short.split()[0] == (command.help or "").split()[0], name
        assert len(short) <= 60
        assert short.endswith(".")


def test_environment_variables_are_documented() -> None:
    derived = {str(one.envvar) for command in [cli, *WALKED.values()] for one in command.params if one.envvar}
    source = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    used = set(re.findall(r'"((?:GITOPS|CI|GITHUB|GH|GITLAB|RUNNER)_[A-Z_]+|SOURCE_DATE_EPOCH|NO_COLOR|TERM)"', source))
    text = sections(read("commands.md"))["Environment variables"] + sections(read("agent.md"))["On change"]
    documented = {name for row in rows(text) for name in re.findall(r"`([A-Z_]{4,})`", row[0])}
    others = {name for name in documented if name == "TMPDIR" or name.startswith("GIT_")}  # read by git and Python
    assert documented - derived - others == used - derived - {"GITOPS_"}


def test_exit_codes_are_documented() -> None:
    documented: dict[str, int] = {}
    for code, names, _ in rows(COMMAND_SECTIONS["Exit codes"]):
        documented |= {name: int(code) for name in re.findall(r"`(\w+)`", names)}
    assert documented == {
        each.__name__: each.exit_code
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.GitOpsError)
    }


def test_finding_codes_are_documented() -> None:
    used = {code for path in SOURCES for code in re.findall(r'"(GA\d{3})"', path.read_text(encoding="utf-8"))}
    listed = [row[0] for row in rows(read("findings.md"))]
    assert sorted(listed) == sorted(used)
    mentioned = {code for page in PAGES for code in re.findall(r"\bGA\d{3}\b", page.read_text(encoding="utf-8"))}
    assert mentioned == used


def test_configuration_keys_are_documented() -> None:
    schema = config.schema(plugins.Editors())
    parts = sections(read("configuration.md"))
    keys = {name: {row[0].strip("`") for row in rows(parts[name])} for name in SECTIONS}
    definitions: dict[str | None, Any] = {None: schema, **schema["$defs"]}
    assert {SECTIONS[name]: keys[name] for name in SECTIONS} == {
        name: set(definition["properties"]) for name, definition in definitions.items()
    }


def test_plugins_are_documented() -> None:
    text = sections(read("architecture.md"))
    for group, names in plugins.BUILT_IN.items():
        assert f"`gitops_actions.{group}`" in text["Plugins"]
        for name in names:
            assert f"`{name}`" in text["Protocols"], name


def test_what_each_kind_takes_is_documented() -> None:
    editors = plugins.Editors()
    table = rows(sections(read("editing.md"))["Kinds"])
    assert {row[0].strip("`") for row in table} == set(plugins.BUILT_IN["editors"])
    for kind, _, needs, may_have in table:
        takes = editors[kind.strip("`")].takes
        keys = {key for key in takes if key in EDIT_KEYS or key in own_keys(takes)}
        needed = {key for key in keys if takes[key].needed}
        assert set(re.findall(r"`([\w-]+)`", needs)) == needed, kind
        told = {(key, condition) for key, condition in re.findall(r"`([\w-]+)`(?: \(beside `(\w+)`\))?", may_have)}
        assert told == {(key, takes[key].beside or "") for key in keys - needed}, kind


def test_dependencies_are_documented() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parts = sections(read("dependencies.md"))
    for heading, requirements in (
        ("At run time", project["dependencies"]),
        ("For development", project["optional-dependencies"]["dev"]),
    ):
        wanted = {re.split(r"[^\w.-]", requirement)[0] for requirement in requirements}
        assert {row[0].strip("`") for row in rows(parts[heading])} == wanted


def test_make_targets_are_documented() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):(?!=)", makefile, flags=re.MULTILINE))
    listed = {row[0].strip("`") for row in rows((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))}
    assert listed == {f"make {target}" for target in targets}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://")):
            continue
        name, _, place = target.partition("#")
        file = (page.parent / name) if name else page
        assert file.exists(), target
        if place:
            assert place in {anchor(heading) for heading in sections(file.read_text(encoding="utf-8"))}, target


def test_every_page_can_be_reached() -> None:
    index = read("index.md")
    assert {page.name for page in DOCS.glob("*.md")} == {"index.md", *re.findall(r"\]\(([\w-]+\.md)\)", index)}
    assert "docs/index.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_begins_with_all_that_matters() -> None:
    """Picture, configuration, and a command with its output, on the first screen."""
    head = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40])
    first, *blocks = re.findall(r"^```(\w*)\n(.*?)^```", head, flags=re.MULTILINE | re.DOTALL)
    assert not first[0]
    assert [kind for kind, _ in blocks] == ["yaml", "console"]
    assert len(blocks[0][1].splitlines()) == 10
    assert len(blocks[1][1].splitlines()) > 1


CONFIGS = [
    (page, block)
    for page in PAGES
    for block in re.findall(
        r"^```yaml\n(version: 1\n.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
]


@pytest.mark.parametrize(("page", "block"), CONFIGS, ids=[page.name for page, _ in CONFIGS])
def test_configurations_are_valid(page: Path, block: str) -> None:
    config.load(block, file=page.name, kinds=plugins.Editors())
