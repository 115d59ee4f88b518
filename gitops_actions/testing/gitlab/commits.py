"""Endpoints about commits; one call makes a branch and a commit of many files on it."""

from __future__ import annotations

import re
from typing import Any

from gitops_actions.testing.forgegit import RefMoved
from gitops_actions.testing.gitlab import code_shapes, events, pushrules, work_shapes
from gitops_actions.testing.gitlab.index import Index, Misfit
from gitops_actions.testing.gitlab.params import forbidden, invalid, not_found, refused
from gitops_actions.testing.gitlab.records import Project
from gitops_actions.testing.gitlab.repository import Commit, Person
from gitops_actions.testing.gitlab.request_shapes import basic
from gitops_actions.testing.gitlab.statuses import pipeline_of, pipeline_status
from gitops_actions.testing.gitlab.wire import Ask, Routes

routes = Routes()
ACTIONS = ("create", "update", "move", "delete", "chmod")


@routes.at("GET", "projects/:id/repository/commits")
def commits(ask: Ask) -> object:
    project = ask.project("read_code")
    if not project.refs:
        return ask.page([], str, totals=False)
    ref = ask.given.text("ref_name") or project.default_branch
    old, dots, new = ref.partition("..")
    ends = [_resolve(project, end or "HEAD") for end in ([old, new.removeprefix(".")] if dots else [old])]
    if None in ends:
        # Gitaly's FindCommits takes what git does not know for no commits, and says nothing.
        return ask.page([], str, totals=False)
    revision = ("..." if "..." in ref else "..").join(map(str, ends))
    found = project.repository.commits(
        revision, path=ask.given.text("path") or "", first_parent=bool(ask.given.flag("first_parent"))
    )
    with_stats = ask.given.flag("with_stats")

    def show(one: Commit) -> dict[str, Any]:
        shown = code_shapes.commit(ask.state, project, one)
        return shown | {"stats": _stats(project, one)} if with_stats else shown

    return ask.page(found, show, totals=False)


@routes.at("GET", "projects/:id/repository/commits/:sha")
def commit(ask: Ask) -> object:
    project = ask.project("read_code")
    return _detail(ask, project, _commit(ask, project))


@routes.at("GET", "projects/:id/repository/commits/:sha/diff")
def diff(ask: Ask) -> object:
    project = ask.project("read_code")
    one = _commit(ask, project)
    empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    return ask.page(code_shapes.diffs(project.repository.diff(one.parents[0] if one.parents else empty, one.id)), dict)


@routes.at("GET", "projects/:id/repository/commits/:sha/sequence")
def sequence(ask: Ask) -> object:
    project = ask.project("read_code")
    one = _commit(ask, project)
    return {"count": project.repository.count(one.id, first_parent=bool(ask.given.flag("first_parent")))}


@routes.at("GET", "projects/:id/repository/commits/:sha/refs")
def refs(ask: Ask) -> object:
    project = ask.project("read_code")
    one = _commit(ask, project)
    found = [name for name, tip in sorted(project.refs.items()) if project.repository.is_ancestor(one.id, tip)]
    return ask.page(found, lambda name: {"type": "branch", "name": name})


@routes.at("GET", "projects/:id/repository/commits/:sha/merge_requests")
def merge_requests(ask: Ask) -> object:
    project = ask.project("read_code")
    one = _commit(ask, project)
    found = [request for request in project.merge_requests if one.id in events.commits_of(project, request)]
    return ask.page(found, lambda request: basic(ask, project, request))


@routes.at("GET", "projects/:id/repository/commits/:sha/signature")
def signature(ask: Ask) -> object:
    """Commits that GitLab makes are signed by it; others are not:
    https://docs.gitlab.com/user/project/repository/signed_commits/web_commits/."""
    project = ask.project("read_code")
    if _commit(ask, project).id not in project.signed:
        raise not_found("GPG Signature")
    return {
        "signature_type": "PGP",
        "verification_status": "verified_system",
        "gpg_key_id": None,
        "gpg_key_primary_keyid": "8254AAB3FBD54AC9",
        "gpg_key_user_name": None,
        "gpg_key_user_email": None,
        "gpg_key_subkey_id": None,
        "commit_source": "gitaly",
    }


def _detail(ask: Ask, project: Project, one: Commit, *, stats: bool = True) -> dict[str, Any]:
    pipeline = pipeline_of(project, one.id)
    now = pipeline_status(project, pipeline) if pipeline else None
    shown = code_shapes.commit(ask.state, project, one)
    shown |= {"stats": _stats(project, one)} if stats and ask.given.flag("stats") is not False else {}
    last = {"last_pipeline": work_shapes.pipeline(ask.state, project, pipeline, str(now))} if pipeline else {}
    return shown | {"status": now, "project_id": project.id, "last_pipeline": None} | last


def _stats(project: Project, one: Commit) -> dict[str, int]:
    added, deleted = project.repository.stats(one)
    return {"additions": added, "deletions": deleted, "total": added + deleted}


def _resolve(project: Project, ref: str) -> str | None:
    if ref == "HEAD":
        return project.refs.get(project.default_branch)
    return project.refs.get(ref) or project.repository.resolve(ref)


def _commit(ask: Ask, project: Project) -> Commit:
    found = _resolve(project, ask.names["sha"])
    if found is None:
        raise not_found("Commit")
    return project.repository.commit(found)


# --- one commit with many actions ---


@routes.at("POST", "projects/:id/repository/commits")
def create_commit(ask: Ask) -> object:
    """https://docs.gitlab.com/api/commits/#create-a-commit-with-multiple-files-and-actions; the checks are those of
    ``Commits::CreateService`` and ``Files::MultiService`` in GitLab's source."""
    project, given = ask.project(), ask.given
    branch, message = given.need("branch", "commit_message")
    if "actions" not in given:
        raise invalid("actions is missing")
    actions = _actions(given.raw("actions"))
    if given.text("start_branch") is not None and given.text("start_sha") is not None:
        raise invalid("start_branch, start_sha are mutually exclusive")
    source = _start_project(ask, project)
    if not ask.visitor.can_push(project, branch):
        raise forbidden("You are not allowed to push into this branch")
    start_sha = given.text("start_sha")
    start_branch = given.text("start_branch") or (None if start_sha else branch)
    force = bool(given.flag("force"))
    parent = _parent(project, source, branch, start_branch, start_sha, force=force)
    for action in actions:
        _check_unchanged(source, action, start_branch or "HEAD")
    assert ask.visitor.user
    user, now = ask.visitor.user, int(ask.state.clock())
    author = Person(given.text("author_name") or user.name, given.text("author_email") or user.email, now)
    try:
        changes = Index(project.repository, parent).after(actions)
        # git ends a message with one line end; GitLab keeps what it was given.
        name, mail = project.web_committer or (user.name, user.email)
        made = project.repository.write(parent, changes, message, author, Person(name, mail, now))
        if why := pushrules.complaint(project, branch, [project.repository.commit(made)], by_git=False):
            raise refused(400, why)
        project.signed.add(made)
        project.repository.update(branch, made, project.refs.get(branch))
    except Misfit as error:
        raise refused(400, str(error)) from None
    except ValueError:
        reason = "Branch name is invalid"
        raise refused(400, f"Something went wrong when we tried to create '{branch}' for you: {reason}") from None
    except RefMoved:
        raise refused(400, "Could not update refs/heads/" + branch + ". Please refresh and try again.") from None
    events.look(ask.state, project)
    return _detail(ask, project, project.repository.commit(made))


def _start_project(ask: Ask, project: Project) -> Project:
    wanted = ask.given.text("start_project")
    if wanted is None or ask.state.project(wanted) is project:
        return project
    other = ask.state.project(wanted)
    if other is None or not ask.visitor.sees(other):
        raise not_found("Project")
    raise forbidden(f"Project is not included in the fork network for {other.path}")


def _parent(
    project: Project, source: Project, branch: str, start_branch: str | None, start_sha: str | None, *, force: bool
) -> str | None:
    """The commit to begin on; None in an empty repository."""
    if start_sha is not None and not re.fullmatch(r"[0-9a-f]{40}", start_sha):
        raise refused(400, f"Invalid start_sha '{start_sha}'")
    if start_sha is not None and source.repository.resolve(start_sha) is None:
        raise refused(400, f"Cannot find start_sha '{start_sha}'")
    if start_branch is not None and source.refs and start_branch not in source.refs:
        raise refused(400, "You can only create or edit files when you are on a branch")
    if (start_sha or start_branch != branch) and project.refs and branch in project.refs and not force:
        raise refused(400, f"A branch called '{branch}' already exists. Switch to that branch in order to make changes")
    return start_sha or source.refs.get(str(start_branch))


def _check_unchanged(source: Project, action: dict[str, Any], ref: str) -> None:
    """``last_commit_id`` is compared with the start branch; with ``start_sha``, with the default branch."""
    known = action.get("last_commit_id")
    if known is None or action["action"] == "create":
        return
    path = action.get("previous_path") or action["file_path"]
    tip = _resolve(source, ref)
    last = source.repository.last_change(tip, path) if tip else None
    if last is not None and last != known:
        raise refused(400, f"The file has changed since you started editing it: {path}")


def _actions(raw: object) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise invalid("actions is invalid")
    for number, one in enumerate(raw):
        for name in ("action", "file_path"):
            if not one.get(name):
                raise invalid(f"actions[{number}][{name}] is missing")
        if one["action"] not in ACTIONS:
            raise invalid(f"actions[{number}][action] does not have a valid value")
        if one.get("encoding", "text") not in ("text", "base64"):
            raise invalid(f"actions[{number}][encoding] does not have a valid value")
        needed = {"move": "previous_path", "update": "content", "chmod": "execute_filemode"}.get(one["action"])
        if needed and one.get(needed) is None:
            raise invalid(f"actions[{number}][{needed}] is missing")
    return raw
