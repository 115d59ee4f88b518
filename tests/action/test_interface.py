"""action.yml and the GitLab components, held against the command line, and against what other programs say of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from action import interface
from gitops_actions import __version__
from gitops_actions.report import outputs
from tests import checkers

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
COMPONENTS = sorted([*ROOT.glob("templates/*.yml"), ROOT / ".gitlab-ci-template.yml"])
# What is no option of the command line: of the action, and of a component.
ACTION_ONLY = ["command", "arguments", "token", "working-directory"]
COMPONENT_ONLY = {
    "command", "job-image", "job-name", "resource-group", "rules", "stage", "token-variable",
}  # fmt: skip


def component(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its inputs, and its only job."""
    head, body = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert head.keys() == {"spec"}
    assert head["spec"].keys() == {"inputs"}
    assert list(body) == ["$[[ inputs.job-name ]]"], "no global keywords: they would change other jobs of the pipeline"
    return head["spec"]["inputs"], body["$[[ inputs.job-name ]]"]


@pytest.mark.parametrize("name", sorted(interface.PLACES))
def test_options_are_up_to_date(name: str) -> None:
    assert interface.written(name) == (ROOT / name).read_text(encoding="utf-8"), "run `make interface`"


def test_every_option_is_an_input_and_has_its_variable() -> None:
    options = interface.inputs()
    assert list(ACTION["inputs"]) == [*ACTION_ONLY, *(one.name for one in options)]
    run = ACTION["runs"]["steps"][-1]
    own = {
        "ACTION_PYTHON": "${{ steps.install.outputs.python }}",
        "ACTION_COMMAND": "${{ inputs.command }}",
        "ACTION_ARGUMENTS": "${{ inputs.arguments }}",
        "ACTION_REPOSITORY": "${{ github.action_repository }}",
        "ACTION_REF": "${{ github.action_ref }}",
        "GITOPS_TOKEN": "${{ inputs.token || env.GITOPS_TOKEN }}",
    }
    assert run["env"] == own | {
        one.variable: f"${{{{ inputs.{one.name} || env.{one.variable} }}}}" for one in options
    }  # fmt: skip


def test_variables_are_those_that_the_command_line_reads() -> None:
    options = {one.name: one.variable for one in interface.inputs()}
    for words, command in interface.verbs():
        for one in command.params:
            if one.envvar:
                assert options[max(one.opts, key=len).lstrip("-")] == one.envvar, words


def test_action_is_safe_by_its_form() -> None:
    """No expression in a script, no other action, and everything described."""
    for step in ACTION["runs"]["steps"]:
        assert "uses" not in step
        assert "${{" not in step["run"]
    assert all(one["description"] for one in [*ACTION["inputs"].values(), *ACTION["outputs"].values()])
    assert not [name for name in ACTION["inputs"] if not re.fullmatch("[a-z]+(-[a-z]+)*", name)]
    for name, one in ACTION["outputs"].items():
        assert one["value"] == f"${{{{ steps.run.outputs.{name} }}}}"


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_components_are_alike(path: Path) -> None:
    inputs, job = component(path)
    for name, one in inputs.items():
        assert one["description"], name
        assert "default" in one, f"{name}: nobody should have to give what has a sensible value"
        if "options" in one:
            assert one["default"] in one["options"]
        if "regex" in one:
            assert re.search(one["regex"], one["default"])
    assert inputs["job-image"]["default"].endswith(f":{__version__}")
    options = {name for name in inputs if name not in COMPONENT_ONLY}
    variables = {name: value for name, value in job["variables"].items() if str(value).startswith("$[[")}
    wanted = {f"GITOPS_{name.replace('-', '_').upper()}": f"$[[ inputs.{name} ]]" for name in options}
    if "token-variable" in inputs:
        wanted["GITOPS_TOKEN_VARIABLE"] = "$[[ inputs.token-variable ]]"
    if "command" in inputs:
        wanted["GITOPS_COMMAND"] = "$[[ inputs.command ]]"
    assert variables == wanted
    assert "$[[" not in "".join(job["script"]), "inputs are pasted as text: a script would run them"
    writes = "resource-group" in inputs
    assert job["interruptible"] is not writes
    assert writes == (job.get("resource_group") == "$[[ inputs.resource-group ]]")


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_components_have_the_options_of_their_command(path: Path) -> None:
    inputs, job = component(path)
    (program, verb, *_) = job["script"][-1].split()
    assert program == "gitops-actions"
    if path.name == "generate-check.yml":
        assert (verb, job["variables"]) == ("generate", {"GITOPS_CHECK": "true"})
        return
    wanted = interface.inputs(() if verb == "$GITOPS_COMMAND" else (verb,))
    assert wanted
    assert {name for name in inputs if name not in COMPONENT_ONLY} == {one.name for one in wanted}


def rows(page: str, first: str) -> list[list[str]]:
    """The rows of the table of a page whose first cell of the head is this, as many as there are."""
    text = (ROOT / page).read_text(encoding="utf-8")
    tables = re.findall(rf"^\| {first} \|.*\n\|[-| ]+\|\n((?:\|.*\n)*)", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for table in tables for line in table.splitlines()]


def words(cell: str) -> list[str]:
    return re.findall(r"`([a-z-]+)`", cell)


def test_pages_have_the_inputs_and_outputs() -> None:
    """Those that no option is; the others are written by `make interface`."""
    page = "docs/github-action.md"
    assert [words(row[0])[0] for row in rows(page, "input")] == list(ACTION["inputs"])
    listed = [word for row in rows(page, "output") for word in words(row[0])]
    assert sorted(listed) == sorted(ACTION["outputs"])
    assert sorted(ACTION["outputs"]) == sorted(outputs.NAMES)
    assert {words(row[0])[0] for row in rows("docs/gitlab-ci.md", "input")} == COMPONENT_ONLY
    known = {path.stem: component(path)[0] for path in COMPONENTS if path.suffix == ".yml" and path.parent != ROOT}
    table = {words(row[0])[0]: words(row[1])[0] for row in rows("docs/gitlab-ci.md", "component")}
    assert table == {name: one["job-name"]["default"] for name, one in known.items()}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### `([a-z-]+)`$", readme, re.MULTILINE)) == known.keys()


def test_pages_use_inputs_that_there_are() -> None:
    """What README and the guides show of `with:` and `inputs:`."""
    shown = set()
    for page in ("README.md", "docs/github-action.md", "docs/gitlab-ci.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            for _, part in re.findall(r"^( *)(?:with|inputs):\n((?:\1  +.*\n)+)", block, re.MULTILINE):
                shown |= set(re.findall(r"^ +([a-z-]+):", part, re.MULTILINE))
    assert {"config-repo", "image", "token", "command"} <= shown
    assert shown - {"team-a"} <= ACTION["inputs"].keys()


def test_schemas() -> None:
    checkers.fits_schema("vendor.github-actions", ROOT / "action.yml")


def test_audit() -> None:
    checkers.audited(ROOT / "action.yml")


def test_shell_scripts() -> None:
    checkers.said(checkers.BIN / "shellcheck", *(ROOT / "action").glob("*.sh"))
