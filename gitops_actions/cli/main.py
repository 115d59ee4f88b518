"""The command line: one lazily imported file per verb, one place where errors become words and exit codes."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import click

from gitops_actions import __version__
from gitops_actions.cli import streams
from gitops_actions.cli.options import option
from gitops_actions.cli.settings import SIGNS, TOKENS, Settings, say
from gitops_actions.errors import GitOpsError, UsageError

if TYPE_CHECKING:
    from gitops_actions.cli.job import Job
    from gitops_actions.model import Finding

# Help must not cost an import of every verb, so their first lines stand here; a test compares.
COMMANDS = {
    "init": "Write a commented gitops.yaml that fits this folder.",
    "deploy": "Bring a new release into its entry environments.",
    "promote": "Open or update every pull request that is due.",
    "status": "Show which version of every app is where.",
    "history": "Show who brought which release where, and when.",
    "validate": "Check gitops.yaml, every edit and every record.",
    "pr": "List, view, merge and close the requests.",
    "edit": "Change values in files on this machine, byte-exact.",
    "agent": "Apply an environment to a folder on this machine.",
    "doctor": "Look whether deploy would be allowed what it does.",
    "replay": "Run the editors against the history of a repository.",
    "generate": "Write the pipelines that gitops.yaml asks for.",
    "schema": "Print the JSON Schema of gitops.yaml.",
    "plugins": "Show what is installed.",
    "demo": "Play the whole story on this machine.",
}
ISSUES = "https://github.com/gitops-actions/gitops-actions/issues"


class Verbs(click.Group):
    """Loads a verb's module when it is called, not when help is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"gitops_actions.cli.{name}").command
        assert isinstance(command, click.Command)  # noqa: S101 (our own table)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """With `--output json`, a failure is a document too: stdout always holds exactly one."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            message = error.format_message()
            if error.option_name in ("--output", "--verbose", "-v", "--quiet", "-q"):
                message += f" Write it before the command: gitops-actions {error.option_name} ..."
            _failed(ctx, UsageError(message))
            raise click.UsageError(message, error.ctx) from None
        except click.ClickException as error:
            _failed(ctx, UsageError(error.format_message()))
            raise
        except GitOpsError as error:
            _failed(ctx, error)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name = args[0] if args else ""
        if name and name not in COMMANDS and not name.startswith("-"):
            from gitops_actions.names import did_you_mean

            ctx.fail(f"No such command {name!r}: {did_you_mean(name, COMMANDS) or 'see --help'}")
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="gitops-actions", message="%(prog)s %(version)s")
@option("-v", "--verbose", count=True, help="Say more.")
@option("-q", "--quiet", is_flag=True, help="Say only errors and the result.")
@option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the result.")
@click.pass_context
def cli(context: click.Context, verbose: int, quiet: bool, output: Literal["text", "json"]) -> None:
    """From push CI to pull GitOps: bring releases into environments by commits and pull requests."""
    from gitops_actions.cli.job import Job
    from gitops_actions.git.command import scrub

    if verbose and quiet:
        raise click.UsageError("-v and -q exclude each other.")
    scrub(os.environ)
    environ = dict(os.environ)
    secrets = _secrets()
    for name in TOKENS:
        os.environ.pop(name, None)  # no child needs them: git is handed what it needs, hooks of a server nothing
    # https://reproducible-builds.org/specs/source-date-epoch/: the same inputs make the same commit.
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = int(epoch) if epoch.isdecimal() else int(time.time())
    job = context.obj
    verbosity = -1 if quiet else verbose
    if job is None:
        context.obj = Settings(output, verbosity, environ, now, Job.nowhere(secrets))
        return
    job.command = context.invoked_subcommand or ""
    if output == "json":
        job.prints_json()
    context.obj = Settings(output, verbosity or int("debug" in job.event), environ, now, job)


def main() -> NoReturn:
    """Run the command line and exit with a code of the contract (section 4)."""
    streams.prepare()
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupted)
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """The exit code of a command line (default: the process's own), whose errors are words on stderr by then."""
    job, secrets = _job(), _secrets()
    try:
        code = cli.main(arguments, prog_name="gitops-actions", standalone_mode=False, obj=job)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.stderr.write("interrupted; running it again is safe\n")
        code = 130
    except click.ClickException as error:
        if job is not None:
            job.finding(*UsageError(error.format_message()).findings())
        error.show()
        code = 2
    except (GitOpsError, streams.Unwritten) as error:
        failure = error if isinstance(error, GitOpsError) else streams.lost(error, only=True)
        for finding in failure.findings():
            if job is None or not job.finding(finding):
                say(_veiled(finding, secrets))
        code = failure.exit_code
    except SystemExit as error:
        # click ends with 1 when the reader of its help has gone, and wraps stdout.
        code = 141 if type(sys.stdout).__name__ == "_PacifyFlushWrapper" else error.code
    except BaseException as error:
        _report_crash(error)
        code = 1
        if job is not None:
            bug = GitOpsError(f"a bug in gitops-actions: {type(error).__name__}; the log has what to report")
            job.finding(*bug.findings())
            job.judged(bug.findings(), {}, 1)
    if job is not None:
        for finding in job.finish():
            say(finding)
        job.close()
    return code if isinstance(code, int) else 0


def _job() -> Job | None:
    """The job of the CI system that runs us; None: nobody knows of one, or all that is printed are words of ours."""
    if sys.argv[1:] in (["--help"], ["-h"], ["--version"]) or not any(os.environ.get(name) for name in SIGNS):
        return None
    from gitops_actions.cli.job import Job

    return Job.begin(dict(os.environ), _secrets())


def _secrets() -> list[str]:
    """The credentials of the environment."""
    return [os.environ[name] for name in TOKENS if os.environ.get(name)]


def _veiled(finding: Finding, secrets: Sequence[str]) -> Finding:
    """A finding without them."""
    from gitops_actions.cli.job import Job

    return Job.nowhere(secrets).veiled(finding) if secrets else finding


def _failed(ctx: click.Context, error: GitOpsError) -> None:
    """Hand a failure on as a document: to stdout, if that holds one, and to the CI system."""
    settings = ctx.obj if isinstance(ctx.obj, Settings) else None
    job: Job | None = ctx.obj if settings is None else settings.job
    if job is None:
        return
    from gitops_actions.report.json import finding_document

    findings = error.findings()
    document = {
        "schema_version": 1,
        "command": ctx.invoked_subcommand,
        "exit_code": error.exit_code,
        "findings": [finding_document(finding) for finding in findings],
    }
    for problem in job.judged(findings, document, error.exit_code):
        say(problem)
    if settings is not None:
        settings.failure(document)


def _interrupted(number: int, frame: object) -> NoReturn:  # noqa: ARG001 (the signature of a handler)
    raise SystemExit(128 + number)


def _report_crash(error: BaseException) -> None:
    """A bug of ours: everything that helps to mend it, and nothing that must stay secret.

    Local variables and the exception's text stay out: they may hold what a person gave us.
    """
    import platform
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"    {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    sys.stderr.write(
        "error: this is a bug in gitops-actions, sorry. Please report it with these lines:\n"
        f"    {ISSUES}\n\n"
        f"    gitops-actions {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"    {type(error).__name__}\n" + "\n".join(lines) + "\n"
    )
