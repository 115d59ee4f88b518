"""`validate`: everything that would go wrong later, now, with its place."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import click

from gitops_actions import config as configuration
from gitops_actions import plugins
from gitops_actions.cli.checks import Tree, check_environments
from gitops_actions.cli.connection import FILE
from gitops_actions.cli.folder import Folder
from gitops_actions.cli.options import RepositoryOptions, repository_options
from gitops_actions.cli.session import Session, open_session, render
from gitops_actions.cli.settings import Settings
from gitops_actions.core import wording
from gitops_actions.core.cells import Toolbox
from gitops_actions.edit.source import text_of
from gitops_actions.errors import ConfigInvalid, EditRefused, GitOpsError, UsageError
from gitops_actions.model import Config, Environment, Finding, Messages

# Which branch a checkout in CI will become a part of; its HEAD is detached there.
_TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_COMMIT_BRANCH")


@click.command("validate")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(), required=False)
@repository_options
@click.pass_obj
def command(settings: Settings, repository: RepositoryOptions, folder: Path) -> None:
    """Check gitops.yaml, every edit of every app and environment, and the release records.

    Without --config-repo it checks the files in FOLDER (default: here), such as the checkout of a pull request.
    """
    if repository.config_repo is None:
        findings = check_folder(settings, folder)
    else:
        with open_session(settings, repository) as session:
            findings = _check_session(session)
    here = repository.config_repo is None
    for finding in findings:
        file = str(folder / finding.file) if here and finding.file is not None else finding.file
        settings.job.finding(replace(finding, file=file), here=here)
    errors = sum(finding.severity == "error" for finding in findings)
    lines = [f"{finding.severity}: {finding} [{finding.code}]" for finding in findings]
    others = len(findings) - errors
    lines.append(f"{_count(errors, 'error')}, {_count(others, 'other finding')}" if findings else "Everything is fine.")
    document = {"schema_version": 1, "command": "validate", "findings": [asdict(finding) for finding in findings]}
    for problem in settings.job.judged(findings, document, 2 if errors else 0):
        settings.finding(problem)
    settings.result("\n".join(lines), document)
    if errors:
        click.get_current_context().exit(2)


def check_folder(settings: Settings, root: Path) -> list[Finding]:
    """The findings about a checkout. Raises UsageError when there is no gitops.yaml in it."""
    folder = Folder(root)
    file = folder.snapshot([FILE]).files.get(FILE)
    if file is None:
        raise _missing(root)
    tools = Toolbox(plugins.Editors(), text_of)
    try:
        config = configuration.load(tools.decode(file), file=FILE, kinds=tools.editors)
    except (ConfigInvalid, EditRefused) as error:
        return _of_file(error)
    # One object for all environments here, so that what they share is looked at once.
    tree = Tree(folder.names, folder.snapshot)
    branches = {folder.branch(), *(settings.environ.get(name) for name in _TARGETS)}

    def tree_of(environment: Environment) -> Tree | Finding:
        elsewhere = environment.repository or (None if environment.branch in branches else environment.branch)
        return tree if elsewhere is None else _not_here(environment.name, elsewhere)

    return [*_wording(config), *check_environments(config, tree_of, tools), *_pipelines(config, settings, root)]


def _pipelines(config: Config, settings: Settings, root: Path) -> list[Finding]:
    """What is wrong with the pipelines of an app repo. Nothing is loaded where there are none."""
    if not config.pipelines:
        return []
    from gitops_actions.cli.pipelines import findings
    from gitops_actions.cli.templates import Library

    return findings(config, Library(root, settings))


def _missing(root: Path) -> UsageError:
    if os.path.lexists(root / FILE):
        return UsageError(f"{FILE} in {root} is not a file", code="GA075", hint="move it away")
    others = sorted(name for name in os.listdir(root) if name.lower().lstrip(".") in ("gitops.yml", "gitops.yaml"))
    if others:
        found = f"found {' and '.join(others)}; the name must be {FILE}"
        return UsageError(f"there is no {FILE} in {root}: {found}", code="GA075", hint=f"rename it to {FILE}")
    hint = "write one with `gitops-actions init config` or `init app`"
    return UsageError(f"there is no {FILE} in {root}", code="GA075", hint=hint)


def _check_session(session: Session) -> list[Finding]:
    try:
        config = session.config
    except (ConfigInvalid, EditRefused) as error:
        return _of_file(error)
    trees: dict[str, Tree] = {}

    def tree_of(environment: Environment) -> Tree | Finding:
        if environment.repository is not None:
            return _not_here(environment.name, environment.repository)
        store, branch = session.store, environment.branch or session.base
        try:
            return trees.setdefault(branch, Tree(store.names(branch), partial(store.snapshot, branch)))
        except UsageError as error:
            return Finding(error.code, "error", error.message, FILE, hint=error.hint)

    return [*_wording(config), *check_environments(config, tree_of, session.tools)]


def _wording(config: Config) -> list[Finding]:
    """What is wrong with the templates of requests. Nothing is loaded where there are none."""
    return wording.check(config.messages, render) if config.messages != Messages() else []


def _of_file(error: GitOpsError) -> list[Finding]:
    return [replace(finding, file=finding.file or FILE) for finding in error.findings()]


def _not_here(environment: str, place: str) -> Finding:
    return Finding(
        "GA076",
        "notice",
        f"environment {environment} lives in {place}, which was not looked at",
        FILE,
        hint="check branches with `gitops-actions validate --config-repo URL`",
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
