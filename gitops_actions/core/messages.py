"""Commit messages. Text from outside becomes no trailer, and nothing that a forge obeys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gitops_actions import harmless
from gitops_actions.core import images, trailers
from gitops_actions.errors import UsageError
from gitops_actions.model import Commit, Image, Release, Source


def subject(verb: str, versions: Mapping[str, str], environment: str) -> str:
    """`Deploy web 1.4.2 to dev`; several apps by name while they fit into a line."""
    names = ", ".join(f"{app} {version}" for app, version in versions.items())
    text = f"{verb} {names} to {environment}"
    text = text if len(versions) == 1 or len(text) <= 72 else f"{verb} {len(versions)} apps to {environment}"
    return harmless.plain(text, 400)


def commit_message(
    title: str,
    releases: Mapping[str, Release],
    environment: str,
    *,
    promoted_from: str | None,
    run: str | None,
    changelogs: Sequence[str] = (),
) -> str:
    """The message with its changelogs, each a paragraph, and trailers; those of each app follow its `Gitops-App`."""
    values: list[tuple[str, str | None]] = [(trailers.ENVIRONMENT, environment)]
    for app, release in releases.items():
        values += [(trailers.APP, app), (trailers.VERSION, release.version)]
        values += [(trailers.IMAGE, image.reference) for image in release.images]
        values += source_trailers(release.source)
    values += [(trailers.FROM, promoted_from), (trailers.RUN, run)]
    return "\n\n".join((title, *changelogs, trailers.paragraph(values))) + "\n"


def source_trailers(source: Source) -> list[tuple[str, str | None]]:
    """`Gitops-Source: repository@revision` (either may be missing) and `Gitops-Sequence`."""
    where = f"{source.repository or ''}@{source.revision}" if source.revision else source.repository
    return [(trailers.SOURCE, where), (trailers.SEQUENCE, None if source.sequence is None else str(source.sequence))]


def releases(message: str) -> dict[str, Release]:
    """The releases that a commit of ours brings, by app; empty for a commit that is not ours."""
    blocks: list[dict[str, list[str]]] = []
    for name, value in trailers.pairs(message):
        if name == trailers.APP:
            blocks.append({})
        if blocks:
            blocks[-1].setdefault(name, []).append(value)
    return {block[trailers.APP][0]: _release(block) for block in blocks if trailers.VERSION in block}


def source(values: Mapping[str, Sequence[str]]) -> Source:
    """What `Gitops-Source` and `Gitops-Sequence` say."""
    repository, _, revision = values.get(trailers.SOURCE, [""])[0].partition("@")
    sequence = values.get(trailers.SEQUENCE, [""])[0]
    number = int(sequence) if re.fullmatch(r"[0-9]{1,19}", sequence) else None
    return Source(repository or None, revision or None, number)


def ours(commit: Commit, environment: str | None) -> bool:
    """Whether a commit on a request's branch was made by us and not changed since.

    Amending keeps author and trailers but changes the committer; commits made through a forge's API have the forge
    as committer (GitHub: web-flow).
    """
    found = trailers.trailers(commit.message)
    mine = trailers.SET in found if environment is None else found.get(trailers.ENVIRONMENT) == [environment]
    return mine and made_by_us(commit)


def made_by_us(commit: Commit) -> bool:
    """Whether a commit was made by us, for whatever request, and not changed since."""
    found = trailers.trailers(commit.message)
    author, committer = commit.author, commit.committer
    same = (author.name, author.mail) == (committer.name, committer.mail) or committer.mail == "noreply@github.com"
    return same and (trailers.SET in found or trailers.ENVIRONMENT in found)


def _release(block: Mapping[str, Sequence[str]]) -> Release:
    found: list[Image] = []
    for reference in block.get(trailers.IMAGE, ()):
        try:
            found.append(images.named(images.parse(reference)))
        except UsageError:
            continue
    return Release(block[trailers.VERSION][0], tuple(found), source(block))
