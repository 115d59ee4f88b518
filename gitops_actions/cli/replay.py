"""`replay`: what the editors would have made of the value changes in a repository's past."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click

from gitops_actions import __version__, plugins
from gitops_actions.cli.connection import temporary
from gitops_actions.cli.options import Duration, option
from gitops_actions.cli.replayed import Case, Tally, document, text
from gitops_actions.cli.settings import Settings
from gitops_actions.core import replay
from gitops_actions.core.replay import Skipped
from gitops_actions.core.verdicts import Tools, Verdict
from gitops_actions.edit import paths
from gitops_actions.edit.source import MAX_BYTES, text_of
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.git.credentials import from_environment
from gitops_actions.git.modifications import Modifications, Modified
from gitops_actions.git.repository import Repository
from gitops_actions.model import File
from gitops_actions.names import complaint_about_path
from gitops_actions.texts import one_line

_KINDS = ("yaml", "json", "toml", "kustomize", "helm", "manifest")
# So many files are looked up (and of a remote repository, fetched) at once, and about so many bytes are read at once.
_FILES, _COMMITS, _BYTES = 1000, 10_000, 8 * 1024 * 1024
_TOO_LARGE = MAX_BYTES + 1
_Commit = tuple[str, list[Modified]]


class _Since(click.ParamType[int]):
    """A day as `2026-01-31`, or a time before now as `90d`; the value is in seconds, before now when negative."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(datetime.strptime(str(value), "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
        except ValueError:
            if re.fullmatch(r"\d{4}-.*", str(value)):
                self.fail(f"{value!r} is not a day; write 2026-01-31", param, ctx)
            return -Duration().convert(value, param, ctx)


@click.command("replay")
@click.argument("repository", metavar="REPOSITORY")
@option("--ref", metavar="BRANCH", help="Which history: a branch, a full ref or a full commit id; default: HEAD.")
@option("--limit", type=click.IntRange(1), metavar="N", help="Only the newest N commits; default: all.")
@option("--since", type=_Since(), metavar="TIME", help="Only commits since then: 90d, or 2026-01-31.")
@option("--path", "prefixes", multiple=True, metavar="PREFIX", help="Only this file or folder; repeatable.")
@option(
    "--show",
    "shown",
    multiple=True,
    type=click.Choice([str(verdict) for verdict in Verdict]),
    help="Show each of these; repeatable.",
)
@click.pass_obj
def command(
    settings: Settings,
    repository: str,
    ref: str | None,
    limit: int | None,
    since: int | None,
    prefixes: tuple[str, ...],
    shown: tuple[str, ...],
) -> None:
    """Run the editors against the history of a repository.

    REPOSITORY is a path or an URL. Each commit that changed nothing in a YAML, JSON or TOML file but values is made
    again from its parent, and compared with what its author made. Nothing is written.
    """
    for prefix in prefixes:
        if complaint := complaint_about_path(prefix):
            raise UsageError(f"--path {prefix!r} {complaint}", hint="give a file or folder of the repository")
    if since is not None and since < 0:
        since += settings.now
    tally = Tally(frozenset(shown) | {Verdict.WRONG})
    with Repository(repository, credentials=from_environment(settings.environ), temporary=temporary(settings)) as store:
        tip = store.resolve(ref) if ref is not None else store.tip()
        modifications, count = store.modified(tip, prefixes, limit=limit, since=since)
        with modifications, _progress(settings, count) as step:
            _walk(store, modifications, tally, step)
        if store.shallow:
            settings.note(f"{store.url} is a shallow clone: what is older than it was not looked at")
        result = document(tally, repository=store.url, commit=tip, shallow=store.shallow)
    settings.result(text(tally, _wanted(settings, shown)), result)
    if tally.wrong:
        _report(tally)
        click.get_current_context().exit(1)


def _wanted(settings: Settings, shown: tuple[str, ...]) -> frozenset[str]:
    """What is shown in full: what was asked for. With `-v`, also what is wrong."""
    return frozenset(shown) | (frozenset((Verdict.WRONG,)) if settings.verbosity > 0 else frozenset())


def _walk(store: Repository, modifications: Modifications, tally: Tally, step: Callable[[], None]) -> None:
    from gitops_actions.cli.reading import READERS  # yaml, which help does without

    editors = plugins.Editors()
    tools = Tools({kind: editors[kind] for kind in _KINDS if kind in editors}, READERS, paths.show)
    for batch in _batches(modifications):
        sizes = store.sizes(list({id for _, files in batch for file in files for id in (file.old, file.new)}))
        for group in _groups(batch, sizes):
            wanted = {id for _, files in group for file in files for id in (file.old, file.new)}
            contents = store.blobs([id for id in wanted if sizes.get(id, _TOO_LARGE) < _TOO_LARGE])
            for commit, files in group:
                for file in files:
                    tally.add(commit, file.path, _file(file, sizes, contents, tools))
                tally.commits += 1
                step()


def _batches(modifications: Modifications) -> Iterator[list[_Commit]]:
    """The commits with those of their files that are looked at, while git goes on."""
    batch: list[_Commit] = []
    size = 0
    for commit, files in modifications:
        wanted = [file for file in files if replay.format_of(file.path) is not None]
        batch.append((commit, wanted))
        size += len(wanted)
        if size >= _FILES or len(batch) >= _COMMITS:
            yield batch
            batch, size = [], 0
    yield batch


def _groups(batch: list[_Commit], sizes: Mapping[str, int]) -> Iterator[list[_Commit]]:
    """A batch in parts that may be in memory at once."""
    group: list[_Commit] = []
    size = 0
    for commit, files in batch:
        group.append((commit, files))
        size += sum(sizes.get(id, 0) for file in files for id in (file.old, file.new))
        if size > _BYTES:
            yield group
            group, size = [], 0
    yield group


def _file(file: Modified, sizes: Mapping[str, int], contents: Mapping[str, bytes], tools: Tools) -> Case | Skipped:
    if file.old not in sizes or file.new not in sizes:
        return Skipped("the content is not in this (partial) clone")
    if file.old not in contents or file.new not in contents:
        return Skipped(f"more than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        old, new = (text_of(File(contents[id])) for id in (file.old, file.new))
    except EditRefused:
        return Skipped("not UTF-8 text, or a Git LFS pointer")
    found = replay.replay(file.path, replay.format_of(file.path) or "", old, new, tools)
    return found if isinstance(found, Skipped) else Case(found, new)


@contextmanager
def _progress(settings: Settings, count: Callable[[], int]) -> Iterator[Callable[[], None]]:
    """A bar on a terminal; nothing elsewhere."""
    if settings.verbosity < 0 or not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=count(), label="Replaying", file=sys.stderr, update_min_steps=20) as bar:
        yield lambda: bar.update(1)


def _report(tally: Tally) -> None:
    """What a person is to paste into an issue: nothing of the files themselves."""
    from gitops_actions.cli.main import ISSUES

    lines = [f"    {count} x kind {kind} in {shape}: {one_line(reason)}" for (kind, shape, reason), count in tally.bugs]
    sys.stderr.write(
        "error: a wrong result is a bug in gitops-actions, sorry. Please report it with these lines:\n"
        f"    {ISSUES}\n\n"
        f"    gitops-actions {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        + "\n".join(lines[:20])
        + "\n\n`--show wrong` shows the values and the difference: add what you may show to others.\n"
    )
