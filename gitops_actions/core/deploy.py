"""A new release for its entry environments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gitops_actions.core import delivery, graph, images, judging, naming, records
from gitops_actions.core.judging import Part, Rules
from gitops_actions.core.proposal import Situation, Wishes
from gitops_actions.core.targets import environments_of
from gitops_actions.errors import UsageError
from gitops_actions.model import App, Config, Environment, Group, Image, Plan, Release, Source
from gitops_actions.names import did_you_mean

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
_REVISION = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")


def origin(given: Source, run: Mapping[str, str], built_from: str | None) -> Source:
    """Where a release comes from: what was given, else what the ``run`` knows (see `protocols.Runtime`). It knows about
    its own repository; where the release is built from another one, its commits and numbers mean nothing.

    ``built_from``: the source of the app, as the policy says.
    """
    repository = given.repository if given.repository is not None else built_from
    here = run.get("source")
    if repository is not None and here is not None and repository.lower() != here.lower():
        return given
    number = int(run["sequence"]) if given.sequence is None and "sequence" in run else given.sequence
    revision = given.revision if given.revision is not None else run.get("revision")
    return Source(here if repository is None else repository, revision, number)


def release(app: App, given: Sequence[Image], *, version: str | None, source: Source) -> Release:
    """What a build made, checked. Raises UsageError when it is not a release of this app."""
    built = images.for_app(app, given)
    tag = next((image.tag for image in built if image.tag), None)
    version = version if version is not None else tag or source.revision
    if version is None:
        raise UsageError(
            f"a release of {app.name} needs a version",
            code="GA032",
            hint="give --image REPOSITORY:TAG, --version or --revision",
        )
    if app.images and not built:
        built = tuple(Image(name, name, version) for name in app.images)
    _check(
        "version", version, _VERSION, "up to 128 of A-Z a-z 0-9 . _ + -, without '..', and starts with none of . _ + -"
    )
    if source.revision is not None:
        _check("revision", source.revision, _REVISION, "a full commit id of 40 (or 64) hex digits")
    repository = source.repository if source.repository is not None else app.source
    if repository is not None:
        _check("source", repository, _SOURCE, "a repository name such as acme/web")
    if app.images and not all(re.fullmatch(r"\w[\w.-]{0,127}", image.tag or "_", re.ASCII) for image in built):
        raise UsageError(f"{version!r} cannot be an image tag", code="GA033", hint="give --image REPOSITORY:TAG too")
    return Release(version, built, Source(repository, source.revision, source.sequence))


def entries(config: Config, app: App, asked: Sequence[str]) -> tuple[Environment, ...]:
    """The environments that a new release goes to: those asked for, else those of the app without `after`.

    An app whose first environments are not its own enters at those that have none of its own before them. Raises
    UsageError for an environment that the app does not have.
    """
    own = environments_of(config, app)
    if not own:
        raise UsageError(f"app {app.name} has no environment", code="GA034", hint="add one under `environments:`")
    for name in asked:
        if name not in own:
            known = ", ".join(own)
            hint = did_you_mean(name, own)
            raise UsageError(f"app {app.name} has no environment {name!r} (it has {known})", code="GA035", hint=hint)
    if asked:
        return tuple(config.environments[name] for name in dict.fromkeys(asked))
    return tuple(config.environments[name] for name in own if not graph.before(config, name) & set(own))


def group(config: Config, apps: Sequence[App], app: App, environment: Environment) -> tuple[App, ...]:
    """The apps that share a request with this one in an environment, itself included."""
    if environment.group == "app":
        return (app,)
    others = (other for other in apps if other.name != app.name and environment.name in environments_of(config, other))
    return (app, *others)


def plan(
    environment: Environment,
    base: str,
    app: App,
    new: Release,
    companions: Sequence[App],
    situation: Situation,
    rules: Rules,
) -> Plan:
    """What to do so that an environment gets a new release.

    ``companions`` share the request: what it holds for them already stays in it.
    """
    deliver = rules.wishes.deliver or environment.deliver
    parts = [Part(app, new)]
    others = _others(app, companions, environment, situation)
    if deliver != "push":
        parts += others
    elif others:
        situation = replace(situation, open=None)  # it still waits for the others
    parts.sort(key=lambda part: part.app.name)  # whichever comes last, the request reads the same
    return delivery.plan("Deploy", environment, base, parts, situation, rules)


def former_branch(environment: Environment, app: App) -> str:
    """The branch that the request for an app had, or was part of, before `group` changed."""
    return naming.branch(environment.name, app.name if environment.group == "environment" else None)


def take_out(
    environment: Environment, base: str, app: App, companions: Sequence[App], situation: Situation, rules: Rules
) -> Plan:
    """What to do with the open request that an app has on its former branch, once the release is where it belongs:
    it goes on with the other apps that it holds (any of ``companions``), or is closed."""
    parts = [Part(app, None), *_others(app, companions, environment, situation)]
    parts.sort(key=lambda part: part.app.name)
    group: Group = "app" if environment.group == "environment" else "environment"
    former = replace(environment, group=group, deliver="pull-request")
    wishes = Wishes(run=rules.wishes.run, actor=rules.wishes.actor, on_foreign=rules.wishes.on_foreign)
    return delivery.plan("Deploy", former, base, parts, situation, replace(rules, wishes=wishes))


def _others(app: App, companions: Sequence[App], environment: Environment, situation: Situation) -> list[Part]:
    """What a request holds for other apps."""
    found: list[Part] = []
    for other in companions:
        waiting = judging.pending(other, situation) if other.name != app.name else None
        if waiting is not None:
            release = Release(waiting.version, images.renamed(other, waiting.images), waiting.source)
            found.append(Part(other, release, _promoted_from(other, environment, situation), asked=False))
    return found


def _promoted_from(app: App, environment: Environment, situation: Situation) -> str | None:
    path = records.path(environment.name, app.name)
    if situation.head is None or path not in situation.head.files:
        return None
    return records.read(situation.head.files[path].content, path).promoted_from


def _check(what: str, text: str, pattern: re.Pattern[str], form: str) -> None:
    if not pattern.fullmatch(text) or ".." in text:
        raise UsageError(f"{text[:200]!r} cannot be a {what}", code="GA036", hint=f"a {what} is {form}")
