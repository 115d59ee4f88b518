"""The config repo of a command: its store, its forge, and the policy on its base branch."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from gitops_actions import plugins
from gitops_actions.cli.ancestry import SourceHistory
from gitops_actions.cli.connection import FILE, Connected, connected
from gitops_actions.cli.options import RepositoryOptions
from gitops_actions.cli.settings import Settings
from gitops_actions.core.cells import Toolbox
from gitops_actions.edit.source import text_of
from gitops_actions.errors import LostRace, Temporary, UsageError
from gitops_actions.model import App, Config, Environment, Record, Signature
from gitops_actions.protocols import Editor, Forge, Store

if TYPE_CHECKING:
    from gitops_actions.core.judging import Rules
    from gitops_actions.core.proposal import Wishes

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
    which_forge: str | None = None  # see `Connected`
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
    with connected(settings, options) as there:
        if there.base is not None and not there.by_api:
            there.repository.begin(there.base)
        yield session_of(settings, there, there.base or there.store.default_branch(), likely=likely)


def session_of(settings: Settings, there: Connected, base: str, *, likely: tuple[str, ...] = ()) -> Session:
    """A run against a config repo whose base branch is known."""
    by = "its API" if there.by_api else "git"
    settings.detail(f"config repo {there.repository.url}, base {base}, by {by}, forge {there.kind or 'none'}")
    return Session(
        settings=settings,
        store=there.store,
        forge=there.forge,
        base=base,
        author=there.author,
        editors=plugins.Editors(),
        deadline=there.deadline,
        likely=likely,
        which_forge=there.which_forge,
    )
