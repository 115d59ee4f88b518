"""The config repo of a command: its store, its forge, and the policy on its base branch."""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gitops_actions import plugins
from gitops_actions.cli import hosts
from gitops_actions.cli.ancestry import SourceHistory
from gitops_actions.cli.folder import Folder
from gitops_actions.cli.options import RepositoryOptions
from gitops_actions.cli.settings import Settings
from gitops_actions.core import naming
from gitops_actions.core.cells import Toolbox
from gitops_actions.edit.source import text_of
from gitops_actions.errors import EditRefused, LostRace, Temporary, UsageError
from gitops_actions.git.repository import Repository
from gitops_actions.model import App, Config, Environment, Record, Secret, Signature
from gitops_actions.protocols import Connection, Editor, Forge, Minting, Store

if TYPE_CHECKING:
    from gitops_actions.core.judging import Rules
    from gitops_actions.core.proposal import Wishes

FILE = "gitops.yaml"
AUTHOR = "gitops-actions <gitops-actions@noreply.invalid>"
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of an environment live, and where its requests go."""

    store: Store
    forge: Forge | None
    branch: str


@dataclass(slots=True)
class Session:
    """One run against one config repo. ``deadline`` is on the monotonic clock."""

    settings: Settings
    store: Store
    forge: Forge | None
    base: str
    author: Signature
    editors: Mapping[str, Editor]
    deadline: float
    likely: tuple[str, ...] = ()
    apps: dict[str, App] | None = None  # as `survey.all_apps` found them
    _config: Config | None = field(default=None, repr=False)

    @property
    def tools(self) -> Toolbox:
        return Toolbox(self.editors, text_of)

    @property
    def config(self) -> Config:
        """The policy, from the base branch only. Raises ConfigInvalid, or UsageError when there is no gitops.yaml."""
        if self._config is None:
            from gitops_actions import config as configuration  # takes as long as a server needs to answer

            files = self.store.snapshot(self.base, [FILE], likely=self.likely).files
            if FILE not in files:
                raise UsageError(
                    f"there is no {FILE} on {self.base} of the config repo",
                    code="GA041",
                    hint="write one with `gitops-actions init config`, or say what to change with --set",
                )
            self._config = configuration.load(text_of(files[FILE]), file=FILE, kinds=self.editors)
        return self._config

    def rules(self, history: SourceHistory, wishes: Wishes, known: Mapping[tuple[str, str], Record]) -> Rules:
        """What holds for a delivery as the policy is now."""
        from gitops_actions.core.judging import Rules  # what only looks can do without
        from gitops_actions.core.wording import Wording

        wording = Wording(render, history, self.config.messages)
        return Rules(self.tools, history.compare, self.config.records, self.author, wishes, wording, known)

    def place(self, environment: Environment) -> Place:
        """Where an environment lives."""
        if environment.repository is not None:
            raise UsageError(
                f"environment {environment.name} lives in {environment.repository}; this version can only work with "
                "environments in the config repo itself",
                code="GA042",
                hint="leave `repository:` out",
            )
        return Place(self.store, self.forge, environment.branch or self.base)

    def persevere(self, attempt: Callable[[], Value]) -> Value:
        """Run ``attempt`` until it loses no race any more, pausing with exponential backoff and full jitter
        (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), while the budget lasts.

        Raises the LostRace of the last attempt, told as what it is: running again is safe.
        """
        tries = 0
        while True:
            tries += 1
            try:
                return attempt()
            except LostRace as error:
                pause = random.uniform(0, min(4.0, 0.05 * 2**tries))  # noqa: S311 (jitter, not a secret)
                if time.monotonic() + pause > self.deadline:
                    raise Temporary(
                        f"others kept writing at the same time; gave up after {tries} tries: {error.message}",
                        code=error.code,
                        hint="run it again, or give it more time with --budget",
                    ) from None
                self.settings.detail(f"{error.message}; trying again in {pause:.2f} s")
                time.sleep(pause)
                self.store.refresh()
                self.apps = None
                self._config = None


def render(
    name: str,
    own: str | None,
    data: Mapping[str, Any],
    *,
    shown: Callable[[Any], str],
    filters: Mapping[str, Callable[[Any], str]],
) -> str:
    """See `wording.Render`. It takes as long to load as all the rest."""
    from gitops_actions.pipeline import messages

    return messages.render(name, own, data, shown=shown, filters=filters)


@contextmanager
def open_session(settings: Settings, options: RepositoryOptions, *, likely: tuple[str, ...] = ()) -> Iterator[Session]:
    """Open the config repo that the options or gitops.yaml here name. ``likely``: words of paths that will be read.

    Raises UsageError when it cannot be told which one, or how to reach it.
    """
    deadline = time.monotonic() + options.budget
    author = signature(options.author or AUTHOR, settings.now)
    url, base = options.config_repo, options.base
    if url is None:
        here = local_config()
        if here is None or here.config_repo is None:
            hint = f"give --config-repo, or `config-repo: {{url: ...}}` in {FILE}"
            if here is not None and here.environments:
                hint = "this folder is a checkout of a config repo: give the URL it was cloned from as --config-repo"
            raise UsageError("which config repo?", code="GA043", hint=hint)
        url, base = here.config_repo.url, base or here.config_repo.base
    if base is not None:
        naming.checked_branch(base)
    kind = options.forge if options.forge != "auto" else hosts.forge_of(url, options.api_url)
    named = options.forge != "auto" or options.api_url is not None
    secrets = hosts.credentials_for(settings.environ, kind, hosts.host_of(url), named=named)
    if options.forge == "auto" and not secrets and not url.startswith(("https://", "http://")):
        kind = ""  # by ssh git needs no token, and an API has to do without
    forges: list[Forge] = []  # of which git may want a token, once there is one

    def mint() -> Secret:
        (minting,) = forges
        assert isinstance(minting, Minting)  # noqa: S101 (its credentials are such that it is asked)
        return minting.token()

    credentials = hosts.credentials_for_git(settings.environ, secrets, kind, mint)
    with Repository(url, credentials=credentials, temporary=temporary(settings)) as repository:
        git: Store = plugins.load("stores", "git")(repository)
        kind = "local" if options.forge == "auto" and repository.local else kind
        connection = Connection(
            repository.url,
            options.api_url,
            secrets,
            author,
            deadline,
            settings.detail,
            git,
            repository,
            settings.job.hide,
        )
        forge: Forge | None = plugins.load("forges", kind)(connection) if kind else None
        forges += [forge] if forge is not None else []
        store = _store(options.transport, git, forge)
        if base is not None and store is git:
            repository.begin(base)
        base = base or store.default_branch()
        by = "git" if store is git else "its API"
        settings.detail(f"config repo {repository.url}, base {base}, by {by}, forge {kind or 'none'}")
        yield Session(
            settings=settings,
            store=store,
            forge=forge,
            base=base,
            author=author,
            editors=plugins.Editors(),
            deadline=deadline,
            likely=likely,
        )


def _store(transport: str, git: Store, forge: Forge | None) -> Store:
    """The content of the config repo by API or by git. Raises UsageError for an API that is not there."""
    by_api = forge.store if forge is not None else None
    if transport == "api" and by_api is None:
        raise UsageError(
            "this config repo has no API to read and write it by",
            code="GA027",
            hint="leave --transport out, or say --transport git",
        )
    return git if by_api is None or transport == "git" else by_api


def local_config() -> Config | None:
    """The gitops.yaml of the current folder, for the defaults of an app repo; None when there is none."""
    file = Folder(Path()).snapshot([FILE]).files.get(FILE)
    if file is None:
        return None
    try:
        text = text_of(file)
    except EditRefused as error:  # here it is the configuration that is wrong
        raise UsageError(error.message, code="GA011", file=FILE, line=error.line, hint=error.hint) from None
    from gitops_actions import config as configuration

    return configuration.load(text, file=FILE, kinds=plugins.Editors())


def signature(text: str, time: int) -> Signature:
    """An author from `Name <mail>`. Raises UsageError when it is not one."""
    match = re.fullmatch(r"([^<>\x00-\x1f\x7f]{1,200}) <([^<>\s\x00-\x1f\x7f]{1,200})>", text.strip())
    if match is None:
        raise UsageError(f"{text[:200]!r} is not an author", code="GA044", hint="write it as 'Name <mail@example.com>'")
    return Signature(match[1].strip(), match[2], time)


def temporary(settings: Settings) -> Path:
    """The runner's own temporary folder if there is one: it is emptied after each job."""
    return Path(settings.environ.get("RUNNER_TEMP") or tempfile.gettempdir())
