"""`deploy`: a new release into its entry environments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click

from gitops_actions.cli import deliver
from gitops_actions.cli.ancestry import SourceHistory, ancestry
from gitops_actions.cli.connection import local_config
from gitops_actions.cli.options import RepositoryOptions, option, repository_options
from gitops_actions.cli.records import known_records, told
from gitops_actions.cli.session import Place, Session, open_session, render
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.survey import all_apps
from gitops_actions.core import deploy, images, naming, sets
from gitops_actions.core.cells import environment_paths
from gitops_actions.core.judging import Rules, brought
from gitops_actions.core.proposal import Situation, Wishes
from gitops_actions.core.targets import environments_of, unknown_app
from gitops_actions.core.wording import Wording
from gitops_actions.errors import UsageError
from gitops_actions.model import App, Environment, Outcome, Plan, PullRequest, Release, Result, Source


def request_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that makes requests."""
    for decorate in (
        option("--recreate-closed", is_flag=True, help="Open a request again that a person closed."),
        option("--on-foreign", type=click.Choice(["stop", "append"]), default="stop", show_default=True,
               help="When other people's commits are on the request's branch."),
        option("--allow-downgrade", is_flag=True, help="Also bring an older release."),
        option("--exit-code", is_flag=True, help="Exit 10 when something changes."),
        option("--plan", "plan_only", is_flag=True, help="Show what would be done, diff included; write nothing."),
        option("--merge-method", type=click.Choice(["merge", "squash", "rebase"]),
               help="How auto-merge merges; default: as the environment says."),
        option("--auto-merge/--no-auto-merge", default=None, help="Merge when all that is required is green."),
        option("--draft", is_flag=True, help="Open requests as drafts."),
        option("--assignee", "assignees", multiple=True, metavar="A", help="Whom the request is assigned to."),
        option("--reviewer", "reviewers", multiple=True, metavar="R", help="Who is asked to review."),
        option("--label", "labels", multiple=True, metavar="L", help="A label of the request."),
        option("--body", metavar="B", help="Text of the request."),
        option("--title", metavar="T", help="Title of the request."),
    ):  # fmt: skip
        function = decorate(function)
    return function


@click.command("deploy")
@option(
    "--app", metavar="NAME", help="Which app; default: `app:` in gitops.yaml here, else the one that has the image."
)
@option("-e", "--environment", "environments", multiple=True, metavar="ENV", help="Instead of the entry environments.")
@option("--image", "given", multiple=True, metavar="REF", help="[NAME=]REPOSITORY[:TAG][@DIGEST]")
@option("--version", metavar="V", help="Default: the tag of the (first) image.")
@option("--revision", metavar="SHA", help="The commit that was built.")
@option("--source", metavar="REPO", help="The repository that was built, such as acme/web.")
@option("--sequence", type=click.IntRange(0, 2**63 - 1), metavar="N", help="The number of the build.")
@option("--source-path", metavar="DIR", help="A checkout of the source, for the order of its commits; default: here.")
@option("--set", "assignments", multiple=True, metavar="FILE:PATH=VALUE", help="Change a value; needs no gitops.yaml.")
@option("--deliver", "delivering", type=click.Choice(["push", "pull-request"]), help="Default: as the config says.")
@option("--branch", metavar="NAME", help="Branch of the request; default: gitops/<environment>/<app>.")
@request_options
@repository_options
@click.pass_obj
def command(
    settings: Settings,
    /,
    repository: RepositoryOptions,
    app: str | None,
    environments: tuple[str, ...],
    given: tuple[str, ...],
    version: str | None,
    revision: str | None,
    source: str | None,
    sequence: int | None,
    source_path: str | None,
    assignments: tuple[str, ...],
    delivering: Any,
    branch: str | None,
    plan_only: bool,
    exit_code: bool,
    **rest: Any,
) -> None:
    """Bring a new release into its entry environments (those without `after`), or into -e ENV.

    By commit where `deliver: push` says so, else by a pull request on gitops/<environment>/<app>.
    """
    event = settings.job.event
    wishes = wanted(rest, deliver=delivering, branch=branch, run=event.get("run"), actor=event.get("actor"))
    for name in environments:
        naming.checked("environment", name)
    parsed = [images.parse(text) for text in given]
    given_source = Source(source, revision, sequence)
    if assignments:
        if parsed or app or environments or version:
            raise UsageError("--set changes files, not apps: leave --app, --image, --version and -e out", code="GA045")
        values = sets.parse_all(assignments)
        with open_session(settings, repository) as session:
            wording = Wording(render, ancestry(settings, source_path, session.forge))
            results = [_set(session, values, deploy.origin(given_source, event, None), wishes, wording, plan_only)]
        deliver.finish(settings, "deploy", results, exit_code=exit_code)
        return
    if app is None:
        here = local_config()
        app = here.app if here is not None else None
    if app is not None:
        naming.checked("app", app)
    with open_session(settings, repository, likely=(app,) if app else ()) as session:
        chosen = _app(session, app, parsed)
        new = deploy.release(chosen, parsed, version=version, source=deploy.origin(given_source, event, chosen.source))
        entries = deploy.entries(session.config, chosen, environments)
        if branch is not None and len(entries) > 1:
            raise UsageError(
                "--branch names one branch, and this goes to several environments", code="GA046", hint="-e"
            )
        if branch is not None:
            _check_branch(session, branch)
        history = ancestry(settings, source_path, session.forge)
        runs = [_Run(session, entry.name, chosen.name, new, history, wishes) for entry in entries]
        deliver.rehearse([run.decide for run in runs])
        results = [result for run in runs for result in run.deliver(plan_only=plan_only)]
    deliver.finish(settings, "deploy", results, exit_code=exit_code)


def wanted(rest: dict[str, Any], **more: Any) -> Wishes:
    """The options of `request_options` as wishes. Raises UsageError for texts that cannot be what they should be."""
    if more.get("branch") is not None:
        naming.checked_branch(more["branch"])
    for name in ("title", "labels", "reviewers", "assignees"):
        given = rest[name] if isinstance(rest[name], tuple) else (rest[name] or "",)
        if any(not one.isprintable() for one in given):
            words = f"--{name.rstrip('s')} holds a line end or a control character"
            raise UsageError(words, code="GA047", hint="take it out: it has to be one line of plain text")
    rest["labels"] = tuple(dict.fromkeys(text for one in rest["labels"] if (text := " ".join(one.split()))))
    if rest["title"] is not None:
        rest["title"] = " ".join(rest["title"].split())  # as forges keep it, so that it compares
    return Wishes(**rest, **more)


def _check_branch(session: Session, branch: str) -> None:
    """A request's branch must not be one that releases are on: a commit there would be a deployment."""
    taken = {session.base} | {one.branch for one in session.config.environments.values() if one.branch}
    if branch in taken:
        raise UsageError(
            f"--branch {branch}: environments live on that branch, and a request needs one of its own",
            code="GA031",
            hint="to commit straight to it, use --deliver push",
        )


def _app(session: Session, name: str | None, given: list[Any]) -> App:
    """The app that is meant: by name, else the only one, else the one that is built from the image."""
    apps = all_apps(session)
    if name is not None:
        if name not in apps:
            raise unknown_app(name, apps)
        return apps[name]
    keys = {image.name or image.repository for image in given}
    matching = [app for app in apps.values() if keys & set(app.images)] if keys else []
    if len(matching) == 1:
        return matching[0]
    if len(apps) == 1:
        return next(iter(apps.values()))
    known = ", ".join(sorted(one.name for one in matching) or sorted(apps)) or "none"
    raise UsageError(f"which app? (known: {known})", code="GA048", hint="give --app, or `app:` in gitops.yaml here")


@dataclass(frozen=True, slots=True)
class _Run:
    """The delivery of a release to one environment. What its name and the app's mean is looked up for each decision:
    the policy may have changed by the time a race was lost."""

    session: Session
    environment: str
    app: str
    new: Release
    history: SourceHistory
    wishes: Wishes

    def deliver(self, *, plan_only: bool) -> list[Result]:
        """The result, and that of a request that the app leaves behind."""
        session, identity = self.session, (self.environment, (self.app,))
        results = [deliver.deliver(session, self.decide, *identity, plan_only=plan_only)]
        settled = results[0].outcome not in (Outcome.SUPERSEDED, Outcome.SKIPPED_CLOSED) and not results[0].exit_code
        entry, app, _ = self._entry()
        if settled and self._former(entry, app) is not None:
            results.append(deliver.deliver(session, self.take_out, *identity, plan_only=plan_only))
        return results

    def decide(self) -> tuple[Place, Plan]:
        """What to do for the release."""
        entry, app, apps = self._entry()
        sharing = deploy.group(self.session.config, apps, app, entry)
        branch = self.wishes.branch or naming.branch(entry.name, app.name if entry.group == "app" else None)
        place, there, rules = self._look(entry, branch, sharing)
        former = self._former(entry, app)
        if former is not None:
            there = replace(there, former=(former, place.store.ahead(place.branch, former.branch)))
        return place, deploy.plan(entry, place.branch, app, self.new, sharing, there, rules)

    def take_out(self) -> tuple[Place, Plan]:
        """What to do with the request that the app had before `group` changed."""
        entry, app, apps = self._entry()
        companions = [one for one in apps if entry.name in environments_of(self.session.config, one)]
        place, there, rules = self._look(entry, deploy.former_branch(entry, app), companions)
        return place, deploy.take_out(entry, place.branch, app, companions, there, rules)

    def _entry(self) -> tuple[Environment, App, list[App]]:
        apps = all_apps(self.session)
        if self.app not in apps:
            raise unknown_app(self.app, apps)
        (entry,) = deploy.entries(self.session.config, apps[self.app], [self.environment])
        return entry, apps[self.app], list(apps.values())

    def _look(self, entry: Environment, branch: str, apps: Sequence[App]) -> tuple[Place, Situation, Rules]:
        session = self.session
        place, paths = session.place(entry), environment_paths(entry.name, apps, session.tools)
        known = known_records(session, place, entry.name, apps)
        rules = session.rules(self.history, self.wishes, known)
        return place, deliver.situation(session, place, branch, paths, entry.milestone), rules

    def _former(self, entry: Environment, app: App) -> PullRequest | None:
        """The open request that still holds the app on the branch that it had before `group` changed."""
        place, branch = self.session.place(entry), deploy.former_branch(entry, app)
        if place.forge is None or self.wishes.branch is not None:
            return None
        for request in place.forge.find(state="open", branch=branch, base=place.branch):
            if brought(app, place.store.ahead(place.branch, branch)) is not None:
                return request
        return None


def _set(
    session: Session,
    values: list[sets.Assignment],
    origin: Source,
    wishes: Wishes,
    wording: Wording,
    plan_only: bool,
) -> Result:
    if wishes.branch == session.base:
        raise UsageError(
            f"--branch {wishes.branch} is the base branch, and a request needs a branch of its own",
            code="GA031",
            hint="to commit straight to it, use --deliver push",
        )

    def decide() -> tuple[Place, Plan]:
        place = Place(session.store, session.forge, session.base)
        branch = wishes.branch or naming.set_branch(value.file for value in values)
        there = deliver.situation(session, place, branch, [value.file for value in values])
        log = place.store.log(place.branch, [value.file for value in values]) if origin.sequence is not None else ()
        log = tuple(told(place.store, log))
        plan = sets.plan(
            place.branch, branch, values, origin, there, log, session.tools, wishes, wording, session.author
        )
        return place, plan

    return deliver.deliver(session, decide, None, plan_only=plan_only)
