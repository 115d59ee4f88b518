"""`doctor`: what the credentials may do in a config repo, what it demands, and how to mend what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import click

from gitops_actions.cli.connection import Connected, connected
from gitops_actions.cli.options import RepositoryOptions, option, repository_options
from gitops_actions.cli.session import Session, session_of
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.survey import all_apps
from gitops_actions.cli.tables import table
from gitops_actions.core import doctor, naming, needs
from gitops_actions.errors import GitOpsError, NotAllowed, Temporary
from gitops_actions.model.diagnosis import YES, Check, Fact, Facts, Need, TokenFacts, Verdict
from gitops_actions.protocols import Diagnosing
from gitops_actions.report.json import finding_document
from gitops_actions.texts import one_line

Value = TypeVar("Value")


@click.command("doctor")
@option("--app", metavar="NAME", help="Only what deliveries of this app need.")
@option("-e", "--environment", "environments", multiple=True, metavar="ENV", help="As `deploy` would be given it.")
@repository_options
@click.pass_obj
def command(settings: Settings, repository: RepositoryOptions, app: str | None, environments: tuple[str, ...]) -> None:
    """Look whether `deploy` would be allowed what it does, and say how to mend what is not. Writes nothing.

    Exit 4 if `deploy` would fail.
    """
    for what, names in (("app", [app] if app is not None else []), ("environment", environments)):
        for name in names:
            naming.checked(what, name)
    with connected(settings, repository) as there:
        look = _Look(settings, there, app, environments)
        look.all()
    document = {
        "schema_version": 1,
        "command": "doctor",
        "repository": there.repository.url,
        "forge": there.kind or None,
        "transport": "api" if there.by_api else "git",
        "base": look.base,
        "checks": [_document(check) for check in look.checks],
        "findings": [finding_document(finding) for check in look.checks if (finding := check.finding) is not None],
    }
    settings.result(_text(look.checks), document)
    if any(check.verdict == "error" for check in look.checks):
        click.get_current_context().exit(4)


class _Look:
    """One look at a config repo: ``checks`` is all that is to be said about it."""

    def __init__(self, settings: Settings, there: Connected, app: str | None, environments: Sequence[str]) -> None:
        self.checks: list[Check] = []
        self.base: str | None = None
        self._settings = settings
        self._there = there
        self._app = app
        self._environments = environments

    def all(self) -> None:
        """Look as far as it goes: what was found so far stays."""
        token = self._tried("token", self._token)
        if self._failed:
            return
        self.base = self._tried("read", self._read)
        if self.base is None:
            return
        session = session_of(self._settings, self._there, self.base)
        found = [
            need for need in self._tried("policy", lambda: self._needs(session)) or () if self._has_base(session, need)
        ]
        if found:
            self.checks += doctor.judge(found, self._ground(found, token))

    # --- the steps ---

    def _token(self) -> TokenFacts | None:
        forge = self._there.forge
        token = forge.whoami() if forge is not None and isinstance(forge, Diagnosing) else None
        self.checks += doctor.token(token, self._settings.now)
        return token

    def _read(self) -> str:
        """The base branch."""
        base = self._there.base or self._there.store.default_branch()
        self._there.store.snapshot(base, ())
        how = "its API" if self._there.by_api else "git"
        self.checks.append(Check("read", "ok", f"{self._there.url} can be read by {how}; base {base}"))
        return base

    def _needs(self, session: Session) -> list[Need]:
        """What the policy needs. Where there is none, only `--set` is left."""
        try:
            config = session.config
        except GitOpsError as error:
            if error.code != doctor.NO_POLICY or self._app is not None or self._environments:
                raise
            words, hint = f"{error.message}: only `--set` works", "write one with `gitops-actions init config`"
            self.checks.append(Check("policy", "notice", words, code=error.code, hint=hint))
            return [needs.of_sets(session.base)]
        apps = all_apps(session)
        found = needs.needs(config, apps, session.base, app=self._app, environments=self._environments)
        counted = f"{_count(len(config.environments), 'environment')}, {_count(len(apps), 'app')}"
        self.checks.append(Check("policy", "ok", f"gitops.yaml: {counted}"))
        return found

    def _has_base(self, session: Session, need: Need) -> bool:
        """Whether the branch is there that an environment lives on."""
        if need.base == session.base:
            return True
        try:
            session.store.snapshot(need.base, ())
        except Temporary:
            raise
        except GitOpsError as error:
            verdict: Verdict = "error" if need.deploys else "warning"
            self.checks.append(Check("base", verdict, error.message, need.environment, error.code, error.hint))
            return False
        return True

    def _ground(self, found: Sequence[Need], token: TokenFacts | None) -> doctor.Ground:
        forge, facts = self._there.forge, Facts(push=Fact("unknown"))
        if forge is not None and isinstance(forge, Diagnosing):
            try:
                facts = forge.diagnose(needs.inquiry(found))
            except Temporary:
                raise
            except GitOpsError as error:
                words = f"the settings of the repository cannot be looked at: {error.message}"
                self.checks.append(Check("settings", "unknown", words, None, doctor.UNKNOWN, error.hint))
        return doctor.Ground(
            facts,
            token,
            self._admitted(),
            self._there.by_api,
            self._there.kind,
            forge.capabilities if forge is not None else (),
            self._there.which_forge,
        )

    def _admitted(self) -> Fact:
        """Whether git lets us push at all."""
        try:
            self._there.repository.admitted()
        except NotAllowed as error:
            return Fact("no", error.message, error.hint)
        except GitOpsError as error:
            return Fact("unknown", f"git could not be asked whether it may push: {error.message}", error.hint)
        return YES

    # --- what goes wrong ---

    @property
    def _failed(self) -> bool:
        return any(check.verdict == "error" for check in self.checks)

    def _tried(self, name: str, step: Callable[[], Value]) -> Value | None:
        """What a step finds. One that cannot be done is a check that went wrong; what is only for now is raised."""
        try:
            return step()
        except Temporary:
            raise
        except GitOpsError as error:
            for finding in error.findings():
                place = f"{finding.place}: " if finding.file else ""
                self.checks.append(Check(name, "error", place + finding.message, code=finding.code, hint=finding.hint))
            return None


def _document(check: Check) -> dict[str, object]:
    return {
        "check": check.name,
        "environment": check.environment,
        "verdict": check.verdict,
        "message": check.message,
        "code": check.code,
        "hint": check.hint,
    }


def _text(checks: Sequence[Check]) -> str:
    """A table of all checks, those that say the same of several environments as one, and how to mend what is wrong."""
    places: dict[Check, list[str]] = {}
    for one in checks:
        places.setdefault(replace(one, environment=None), []).append(one.environment or "")
    rows = [["CHECK", "ENVIRONMENT", "VERDICT", "CODE", "WHAT"]]
    rows += [
        [one.name, ", ".join(dict.fromkeys(names)), one.verdict, one.code or "", one.message]
        for one, names in places.items()
    ]
    worst = ("error", "warning", "unknown", "notice", "ok")
    hints = dict.fromkeys(
        f"{one.code}  {one.hint}"
        for one in sorted(checks, key=lambda one: worst.index(one.verdict))
        if one.code is not None and one.hint
    )
    numbers = {verdict: sum(one.verdict == verdict for one in places) for verdict in worst[:-1]}
    counted = [
        f"{number} unknown" if verdict == "unknown" else _count(number, verdict)
        for verdict, number in numbers.items()
        if number
    ]
    below = ["", "How to mend it:", *(f"  {one_line(hint)}" for hint in hints)] if hints else []
    return "\n".join([table(rows), *below, "", ", ".join(counted) or "Everything is fine."])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
