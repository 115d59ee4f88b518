"""Options that several commands share. Every option can also be given as GITOPS_<OPTION>."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import click

from gitops_actions.errors import UsageError
from gitops_actions.times import FORMS, seconds

# Names of outputs that are options, too.
AMBIGUOUS = ("GITOPS_ENVIRONMENT", "GITOPS_VERSION")
Function = TypeVar("Function", bound=Callable[..., Any])


class Duration(click.ParamType[int]):
    """A time as `90s`, `30m`, `4h` or `2d`; the value is in seconds (int)."""

    name = "duration"

    def __init__(self, *, least: int = 0) -> None:
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        time = seconds(str(value))
        if time is None:
            self.fail(f"{value!r} is not a time; write {FORMS}", param, ctx)
        if time < self._least:
            self.fail(f"{value!r} is too short; it must be at least {self._least}s", param, ctx)
        return time


class _Option(click.Option):
    """An option whose environment variable counts as not given when it is empty: an input of an action or of a
    component that nobody has set. Line ends around the value are those of a block in YAML. An option that may hold
    several values takes them line by line."""

    def value_from_envvar(self, ctx: click.Context) -> Any:
        text = (self.resolve_envvar_value(ctx) or "").strip("\r\n")
        if not text:
            return None
        self._check_origin()
        return tuple(line.strip() for line in text.splitlines() if line.strip()) if self.multiple else text

    def _check_origin(self) -> None:
        """Raises UsageError where an earlier job's output stands in for the value that this job was given: GitLab puts
        them above the variables of a job (https://docs.gitlab.com/ci/variables/#cicd-variable-precedence)."""
        if self.envvar not in AMBIGUOUS or not os.environ.get("GITLAB_CI") or not os.environ.get("GITOPS_OUTCOME"):
            return
        flag = max(self.opts, key=len)
        raise UsageError(
            f"{self.envvar} may be the output of an earlier job, which hides the value that this job was given",
            code="GA092",
            hint=f"give {flag} on the command line, or keep the outputs of other jobs out with `dependencies: []`",
        )


def option(*declarations: str, **attributes: Any) -> Callable[[Function], Function]:
    """`click.option` whose value can also come from GITOPS_<OPTION>, several values a line each."""
    long = next(text for text in declarations if text.startswith("--")).partition("/")[0]
    variable = "GITOPS_" + long.lstrip("-").replace("-", "_").upper()
    return click.option(*declarations, cls=_Option, envvar=variable, **attributes)


class RepositoryOptions(NamedTuple):
    """Which config repo, how to reach it, and in whose name."""

    config_repo: str | None
    base: str | None
    forge: str
    api_url: str | None
    transport: str
    author: str | None
    budget: int


def repository_options(function: Function) -> Function:
    """Add the options that every command with a config repo has; they arrive as `repository`."""

    @option("--config-repo", metavar="URL|PATH", help="The config repo; default: `config-repo` in gitops.yaml here.")
    @option("--base", metavar="BRANCH", help="Its base branch; default: the branch that its HEAD names.")
    @option(
        "--forge",
        type=click.Choice(["github", "gitlab", "local", "auto"]),
        default="auto",
        show_default=True,
        help="Where its requests are; auto: by the URL.",
    )
    @option("--api-url", metavar="URL", help="The forge's API; default: by host.")
    @option(
        "--transport",
        type=click.Choice(["auto", "api", "git"]),
        default="auto",
        show_default=True,
        help="How to read and write; auto: by the API where the forge has one.",
    )
    @option("--author", metavar="'NAME <MAIL>'", help="Author of the commits.")
    @option("--budget", type=Duration(), default="2m", show_default=True, help="How long to go on after lost races.")
    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        repository = RepositoryOptions(**{name: kwargs.pop(name) for name in RepositoryOptions._fields})
        return function(*args, repository=repository, **kwargs)

    return wrapped  # type: ignore[return-value]
