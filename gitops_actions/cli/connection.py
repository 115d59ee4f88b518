"""Which config repo a command is for, and how it is reached: by git, and by the API of its forge."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gitops_actions import plugins
from gitops_actions.cli import hosts
from gitops_actions.cli.folder import Folder
from gitops_actions.cli.options import RepositoryOptions
from gitops_actions.cli.settings import Settings
from gitops_actions.core import naming
from gitops_actions.edit.source import text_of
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.git.repository import Repository
from gitops_actions.model import Config, ConfigRepo, Secret, Signature
from gitops_actions.protocols import Connection, Forge, Minting, Store

FILE = "gitops.yaml"
AUTHOR = "gitops-actions <gitops-actions@noreply.invalid>"


@dataclass(frozen=True, slots=True)
class Connected:
    """A config repo that can be asked; nothing was asked yet. ``repository`` is it by git, ``store`` its content by the
    transport that was chosen. ``base`` is the base branch where one was named, ``kind`` the forge's name or "".
    ``deadline`` is on the monotonic clock. ``url`` is where it is in the words of whoever gave the address.
    """

    repository: Repository
    store: Store
    forge: Forge | None
    kind: str
    base: str | None
    author: Signature
    deadline: float
    url: str

    @property
    def which_forge(self) -> str | None:
        """Where nobody knows which forge a host is: how to tell."""
        url = self.repository.url
        return hosts.how_to_tell(url) if hosts.host_of(url) and not self.kind else None

    @property
    def by_api(self) -> bool:
        """Whether content is read and written by the forge's API."""
        return self.forge is not None and self.store is self.forge.store


@contextmanager
def connected(settings: Settings, options: RepositoryOptions) -> Iterator[Connected]:
    """Reach the config repo that the options or gitops.yaml here name. Raises UsageError when it cannot be told which
    one, or how to reach it."""
    url, base, home = options.config_repo, options.base, None
    if url is None:
        home = _home()
        url, base = home.url, base or home.base
    with ExitStack() as stack:
        try:
            there = _connect(stack, settings, options, url, base)
        except UsageError as error:
            if home is not None and error.file is None:
                error.file, error.line, error.column = FILE, home.line, home.column
            raise
        yield there


def _home() -> ConfigRepo:
    """The config repo that the gitops.yaml here names. Raises UsageError when it names none."""
    here = local_config()
    if here is not None and here.config_repo is not None:
        return here.config_repo
    hint = f"give --config-repo, or `config-repo: {{url: ...}}` in {FILE}"
    if here is not None and here.environments:
        hint = "this folder is a checkout of a config repo: give the URL it was cloned from as --config-repo"
    raise UsageError("which config repo?", code="GA043", hint=hint)


def _connect(stack: ExitStack, settings: Settings, options: RepositoryOptions, url: str, base: str | None) -> Connected:
    deadline = time.monotonic() + options.budget
    author = signature(options.author or AUTHOR, settings.now)
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
    address = hosts.for_git(url, kind)
    repository = stack.enter_context(Repository(address, credentials=credentials, temporary=temporary(settings)))
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
    store = _store(options.transport, git, forge, url)
    shown = repository.url if address == url else url  # a path is shown in full
    return Connected(repository, store, forge, kind, base, author, deadline, shown)


def _store(transport: str, git: Store, forge: Forge | None, url: str) -> Store:
    """The content of the config repo by API or by git. Raises UsageError for an API that is not there."""
    by_api = forge.store if forge is not None else None
    if transport == "api" and by_api is None:
        known = forge is not None or not hosts.host_of(url)
        raise UsageError(
            "this config repo has no API to read and write it by",
            code="GA027",
            hint="leave --transport out, or say --transport git" if known else hosts.how_to_tell(url),
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
