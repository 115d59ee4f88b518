"""Git over HTTP, with the same tokens, rights and protected branches as the API."""

from __future__ import annotations

from pathlib import Path

from gitops_actions.testing.forgegit import ZERO, commands_of, git_answer
from gitops_actions.testing.forgehttp import Answer, Call
from gitops_actions.testing.forgewire import password_of
from gitops_actions.testing.gitlab import pushrules
from gitops_actions.testing.gitlab.access import Visitor, complaint, protections, scoped
from gitops_actions.testing.gitlab.params import Refusal
from gitops_actions.testing.gitlab.records import Project, Token
from gitops_actions.testing.gitlab.state import State

DENIED = (
    "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or "
    "you're required to use a token instead of a password."
)
ABSENT = "The project you were looking for could not be found or you don't have permission to view it."
NOT_ALLOWED = "You are not allowed to push code to this project."
FORCED = "You are not allowed to force push code to a protected branch on this project."
ARCHIVED = "You can't push code to an archived project."


def answer(state: State, root: Path, call: Call) -> tuple[Answer, Project]:
    """Let git answer, unless GitLab would not. Raises Refusal."""
    if ".git/" not in call.path:  # as GitLab's routes have it for `git clone` without the ending
        path, query = call.path.removesuffix("/info/refs"), call.target.partition("?")[2]
        headers = {"Location": f"{state.url}{path}.git/info/refs?{query}"}
        raise Refusal(Answer(301 if call.method == "GET" else 404, headers))
    path = call.path.partition(".git/")[0].strip("/")
    rest = call.path.partition(".git/")[2]
    writes = rest == "git-receive-pack" or call.query.get("service") == "git-receive-pack"
    token = _token(state, call)
    visitor = Visitor(state, token)
    project = state.project(path)
    if project is None or not visitor.sees(project):
        raise _said(404, ABSENT) if token else _unauthorized()
    scopes = frozenset({"write_repository"} if writes else {"read_repository", "write_repository"})
    if token and not scoped(token, scopes, reading=False):
        raise _said(403, "You need a personal access token with the right scope to use Git over HTTP.")
    if writes:
        if token is None:
            raise _unauthorized()
        if project.archived:
            raise _said(403, ARCHIVED)
        pushes = token.kind != "job" or (project.job_token_push and token.project is project)
        if not pushes or not visitor.can(project, "push"):
            raise _said(403, NOT_ALLOWED)
    elif not visitor.can(project, "read_code"):
        raise _said(403, "You are not allowed to download code from this project.")
    user = token.user.username if token else ""
    served = f"/{project.path}.git/{rest}"
    if rest == "git-receive-pack" and call.method == "POST":
        commands = commands_of(call)
        reason = next((why for _, new, ref in commands if (why := _refusal(visitor, project, new, ref))), None)
        if reason:
            return _rejected(commands, reason), project
        done = git_answer(call, root, served, user=user)
        # What a commit descends from is known only once it is here.
        now = project.repository.branches()
        for old, new, ref in commands:
            branch = ref.removeprefix("refs/heads/")
            if now.get(branch) == new and (reason := _late_refusal(project, old, new, branch)):
                project.repository.update(branch, None if old == ZERO else old, new)
                return _rejected(commands, reason), project
        return done, project
    return git_answer(call, root, served, user=user), project


def _token(state: State, call: Call) -> Token | None:
    value = password_of(call.headers)
    if value is None:
        return None
    token = state.tokens.get(value)
    if token is None or complaint(state, token):
        raise _unauthorized()
    return token


def _unauthorized() -> Refusal:
    return _said(401, DENIED, {"WWW-Authenticate": 'Basic realm="GitLab"'})


def _said(status: int, text: str, headers: dict[str, str] | None = None) -> Refusal:
    return Refusal(Answer.plain(status, text, headers))


def _refusal(visitor: Visitor, project: Project, new: str, ref: str) -> str | None:
    branch = ref.removeprefix("refs/heads/")
    if branch == ref:
        return None
    rules = protections(project, branch)
    if new == ZERO:
        if branch == project.default_branch:
            return "The default branch of a project cannot be deleted."
        return "You can only delete protected branches using the web interface." if rules else None
    if rules and not visitor.can_push(project, branch):
        return "You are not allowed to push code to protected branches on this project."
    return None


def _late_refusal(project: Project, old: str, new: str, branch: str) -> str | None:
    """Why a push that git took is one that the project does not take."""
    rules = protections(project, branch)
    if rules and not any(rule.force for rule in rules) and old != ZERO and not project.repository.is_ancestor(old, new):
        return FORCED
    if not project.push_rules:
        return None
    known = [f"^{tip}" for name, tip in project.refs.items() if name != branch] + ([f"^{old}"] if old != ZERO else [])
    return pushrules.complaint(project, branch, project.repository.commits(new, *known), by_git=True)


def _rejected(commands: list[tuple[str, str, str]], reason: str) -> Answer:
    """What a server with a pre-receive hook says when the hook declines: nothing is taken."""
    report = b"".join(
        [_line(b"unpack ok\n"), *(_line(f"ng {ref} pre-receive hook declined\n".encode()) for _, _, ref in commands)]
    )
    body = _line(b"\x02GitLab: " + reason.encode() + b"\n") + _line(b"\x01" + report + b"0000") + b"0000"
    headers = {"Content-Type": "application/x-git-receive-pack-result", "Cache-Control": "no-cache"}
    return Answer(200, headers, body)


def _line(data: bytes) -> bytes:
    return b"%04x%s" % (len(data) + 4, data)
