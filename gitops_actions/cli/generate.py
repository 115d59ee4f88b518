"""`generate`: the pipelines that `pipeline:` of gitops.yaml asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from gitops_actions import texts
from gitops_actions.cli import colours
from gitops_actions.cli.connection import FILE, local_config
from gitops_actions.cli.options import option
from gitops_actions.cli.own import own
from gitops_actions.cli.pipelines import child_of, pipelines_of
from gitops_actions.cli.placing import PRECIOUS, Placed, place, survey
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.tables import table
from gitops_actions.cli.templates import Library
from gitops_actions.core import diffs
from gitops_actions.errors import NeedsDecision, UsageError
from gitops_actions.model import Config
from gitops_actions.pipeline.sets import TemplateSet
from gitops_actions.pipeline.writing import Written

_WORDS = {
    "unchanged": "unchanged",
    "new": "new",
    "inputs-changed": "gitops.yaml has changed",
    "templates-changed": "the templates have changed",
    "edited": "edited by hand",
    "not-ours": "not written by generate",
    "left-over": "no longer wanted",
}


_BELOW = "name a folder below the one where gitops.yaml is"


@click.command("generate")
@option("--check", is_flag=True, help="Write nothing; exit 10, with a diff, when a file is not as it should be.")
@option("--diff", is_flag=True, help="Print a unified diff; write nothing.")
@option("--force", is_flag=True, help="Also overwrite files that somebody has edited or written.")
@option("--output-dir", metavar="DIR", help="Write below this folder, instead of here.")
@option("--child", metavar="NAME", help="Only the child pipeline that the pipeline NAME (of the set dynamic) starts.")
@option("--templates-from", metavar="COMMIT|.", help="Where .gitops/templates is read; default: the base branch.")
@option("--list", "listing", is_flag=True, help="Show the sets of templates.")
@option("--explain", metavar="SET", help="Show what a set takes, and writes.")
@click.pass_obj
def command(
    settings: Settings,
    check: bool,
    diff: bool,
    force: bool,
    output_dir: str | None,
    child: str | None,
    templates_from: str | None,
    listing: bool,
    explain: str | None,
) -> None:
    """Write the pipelines that `pipeline:` of the gitops.yaml here asks for: all of them, or none.

    \b
    gitops-actions generate            # write .github/workflows/*.yml, .gitlab-ci.yml, .gitlab/ci/*.yml
    gitops-actions generate --check    # in CI: are they still what gitops.yaml and the templates make?
    """
    library = Library(Path(), settings, templates_from)
    if listing or explain:
        _describe(settings, library, explain)
        return
    wanted = _wanted(settings, library, child)
    root = _root(output_dir, child)
    files = survey(root, {each.path: each.text for each in wanted})
    if not files:
        hint = "add `pipeline: {use: container, platforms: [github], with: {image: ...}}`; see generate --list"
        raise UsageError("there is no `pipeline`, so nothing to generate", code="GA550", file=FILE, hint=hint)
    changed = [file for file in files if file.changes]
    writing = not check and not diff
    precious = [file for file in changed if file.state in PRECIOUS]
    if writing and precious and not force:
        raise _refusal(precious)
    if writing:
        place(root, changed)
    _answer(settings, files, written=writing, shown=check or diff)
    if check and changed:
        click.get_current_context().exit(10)


def _wanted(settings: Settings, library: Library, child: str | None) -> list[Written]:
    """The files of all pipelines, or the one of a child pipeline."""
    config = _config()
    this = own(settings.environ)
    unpinned = child is None and any("github" in each.platforms and not each.action for each in config.pipelines)
    if unpinned and not this.action:
        message = "which commit of the action a workflow should name is not known: this installation does not say"
        raise UsageError(message, code="GA562", hint="write `action: owner/repository@SHA` under `pipeline:`")
    if unpinned and this.development:
        settings.note(
            f"note: this is no release of gitops-actions. Workflows name {this.action}: push it, or set `action`"
        )
    if child is not None:
        return child_of(config, child, library, this)
    return pipelines_of(config, library, this)


def _config() -> Config:
    config = local_config()
    if config is None:
        hint = "write one with `gitops-actions init app`, and add `pipeline:`"
        raise UsageError(f"there is no {FILE} here", code="GA075", hint=hint)
    return config


def _root(output_dir: str | None, child: str | None) -> Path:
    """Where to write. Raises UsageError for a place outside the current folder, one below the root of a repository, and
    one where a child pipeline would take the place of all others."""
    root = Path(output_dir or ".")
    here = Path().resolve()
    shown = texts.one_line(str(output_dir))
    if not root.resolve().is_relative_to(here):
        raise UsageError(f"{shown} is outside this folder", code="GA560", hint=_BELOW)
    if ".git" in root.resolve().relative_to(here).parts or (os.path.lexists(root) and not root.is_dir()):
        raise UsageError(f"{shown} is no folder for pipelines", code="GA560", hint=_BELOW)
    if child is not None and root.resolve() == here:
        message = "the child pipeline would take the place of the pipelines here"
        raise UsageError(message, code="GA560", hint="name another folder for it with --output-dir")
    if output_dir is None and not os.path.lexists(".git") and any((above / ".git").exists() for above in here.parents):
        message = "CI systems look for pipelines at the root of the repository, and this is a folder of it"
        raise UsageError(message, code="GA560", hint="run it at the root, or name a folder with --output-dir")
    return root


def _refusal(files: Sequence[Placed]) -> NeedsDecision:
    listed = ", ".join(f"{file.path} ({_WORDS[file.state]})" for file in files)
    return NeedsDecision(
        f"nothing was written, for what is in these files would be lost: {listed}",
        code="GA558",
        file=files[0].path,
        hint="see `generate --diff`; move the edits into gitops.yaml or another file, and give --force",
    )


def _answer(settings: Settings, files: Sequence[Placed], *, written: bool, shown: bool) -> None:
    difference = "".join(diffs.unified(file.path, file.old, file.new) for file in files if file.changes)
    if settings.output == "json":
        documents = [{"file": f.path, "state": f.state, "written": written and f.changes} for f in files]
        more = {"diff": difference} if shown else {}
        settings.result("", {"schema_version": 1, "command": "generate", "files": documents, **more})
        return
    lines = [f"{file.path}: {_line(file, written)}" for file in files]
    if not shown:
        settings.print("\n".join(lines))
        return
    paint = colours.wanted(settings.environ)
    texts_ = [texts.lines(line) for line in difference.split("\n")]
    settings.print("\n".join(colours.coloured(text) if paint else text for text in texts_))
    for line in lines:
        settings.note(line)


def _line(file: Placed, written: bool) -> str:
    if not written or not file.changes:
        return _WORDS[file.state]
    done = "removed" if file.new is None else "written"
    return f"{done} ({_WORDS[file.state]})"


def _describe(settings: Settings, library: Library, name: str | None) -> None:
    sets = [library.find(name)] if name is not None else list(_usable(settings, library))
    documents = [_document(each) for each in sets]
    if name is not None:
        settings.result(_explained(sets[0]), {"schema_version": 1, "command": "generate", "sets": documents})
        return
    rows = [[each.name, each.version, ", ".join(each.files), each.origin, each.description] for each in sets]
    text = table([["SET", "VERSION", "FOR", "FROM", "WHAT IT DOES"], *rows])
    settings.result(text, {"schema_version": 1, "command": "generate", "sets": documents})


def _usable(settings: Settings, library: Library) -> Iterator[TemplateSet]:
    """All sets but those that are wrong, of which it is said why."""
    for name in library.names:
        try:
            yield library.find(name)
        except UsageError as error:
            for finding in error.findings():
                settings.note(f"warning: {finding} [{finding.code}]")


def _document(each: TemplateSet) -> dict[str, Any]:
    files = {platform: [output.path for output in outputs] for platform, outputs in each.files.items()}
    return {
        "name": each.name, "version": each.version, "description": each.description, "from": each.origin,
        "files": files, "parameters": each.parameters,
    }  # fmt: skip


def _explained(each: TemplateSet) -> str:
    lines = [f"{each.name} {each.version} ({each.origin}): {each.description}", ""]
    for platform, outputs in each.files.items():
        lines.append(f"{platform}: {', '.join(output.path for output in outputs)}")
    rows = list(_rows(each.parameters))
    return "\n".join(lines) + "\n\n" + table([["WITH", "TYPE", "DEFAULT", "WHAT IT IS"], *rows])


def _rows(schema: Mapping[str, Any], above: str = "") -> Iterator[list[str]]:
    """What a mapping takes, and the entries of a list of mappings do."""
    for name, child in schema.get("properties", {}).items():
        default = "required" if name in schema.get("required", ()) else _plain(child.get("default"))
        kind = " | ".join(map(str, child["enum"])) if "enum" in child else child["type"]
        yield [f"{above}{name}", kind, default, child.get("description", "")]
        yield from _rows(child.get("items", {}), f"{above}{name}[].")


def _plain(value: object) -> str:
    import json

    return "" if value is None else json.dumps(value, ensure_ascii=False)
