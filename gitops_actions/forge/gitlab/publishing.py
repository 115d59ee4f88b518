"""Commits by the Commits API, which knows no compare-and-swap: what it takes to come as near to one as it goes.

- A new branch (`start_sha`) is refused by GitLab itself where there is one already.
- A request's branch that is put on another commit is pushed by git, which compares and swaps in one step. `start_sha`
  with `force` does not: of twelve deploys at once, one overwrote what a newer one had written after it had looked. Only
  where git is refused (it does not sign, and some projects want that), it is done like this, with a look right before
  and one after.
- On a branch that goes on from where it is - the base - GitLab itself puts the commit on top of whatever is there, so
  nobody's commit is lost. `last_commit_id` makes it refuse where one of our files was changed meanwhile. It checks that
  a little before it commits: so afterwards we look whether somebody slipped in between, and if he changed a file of
  ours, he gets it back and we start anew.

https://docs.gitlab.com/api/commits/#create-a-commit-with-multiple-files-and-actions; the order of the checks is that of
`Files::MultiService` and `Commits::CreateService` in GitLab's source.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from gitops_actions.errors import EditRefused, LostRace, NotAllowed, UsageError
from gitops_actions.forge.gitlab.client import Client
from gitops_actions.forge.gitlab.failures import Doubt, Refused
from gitops_actions.forge.gitlab.reading import ID, Reading
from gitops_actions.model import EXECUTABLE, REGULAR, File, FileChange, Signature
from gitops_actions.names import complaint_about_branch
from gitops_actions.protocols import Store

_TRIES = 3
_GUARDED = 20  # files whose last commit is asked for, one request each


class Publishing:
    """Moves the branches of a project."""

    def __init__(self, client: Client, reading: Reading, git: Store) -> None:
        self._client = client
        self._reading = reading
        self._git = git

    def publish(
        self,
        branch: str,
        *,
        expected: str | None,
        parent: str,
        files: Sequence[FileChange],
        message: str,
        author: Signature,
    ) -> str:
        """See `Store.publish`. ``author`` is that of commits by git; the others are the token's user's."""
        if complaint := complaint_about_branch(branch):
            raise UsageError(f"the branch {branch!r} {complaint}", hint="give another branch name")
        check_paths(files)
        if expected not in (None, parent):
            try:
                made_by_git = self._git.publish(
                    branch, expected=expected, parent=parent, files=files, message=message, author=author
                )
            except NotAllowed as refused:
                self._client.detail(f"{refused.message}; trying it by the API")
            else:
                self._reading.learn(branch, made_by_git)
                return made_by_git
        actions = self._actions(parent, files)
        body: dict[str, Any] = {"branch": branch, "commit_message": message, "actions": actions}
        wanted = _Wanted(branch, expected, parent, message.strip(), tuple(files))
        for tries in range(1, _TRIES + 1):
            if expected == parent:
                self._guard(branch, expected, actions)
            else:
                body |= {"start_sha": parent, "force": expected is not None}
                if expected is not None:
                    self._check(branch, expected)
            try:
                made = self._client.write("post", "repository/commits", body)
            except Doubt:
                there = self._landed(wanted)
                if there is None and tries < _TRIES:
                    continue
                if there is None:
                    raise
                return there
            except Refused as refused:
                if refused.status == 403:
                    message = f"GitLab does not take the commit to {branch}: {refused.words}"
                    raise self._client.explained(Refused(403, refused.words, message, hint=refused.hint)) from None
                if refused.status not in (400, 409, 422):
                    raise refused from None
                there = self._landed(wanted)
                if there is None:
                    raise self._refusal(parent, files, refused) from None
                return there
            break
        self._reading.learn(branch, made["id"])
        if expected not in (None, parent):
            self._check(branch, made["id"])
        if expected == parent and made["parent_ids"] != [parent]:
            self._settle(branch, parent, made, files)
        return str(made["id"])

    def delete(self, branch: str, expected: str) -> None:
        """See `Store.delete`."""
        for tries in range(1, _TRIES + 1):
            now = self._reading.now(branch)
            if now is None:
                return
            if now["commit"]["id"] != expected:
                raise _moved(branch, expected, now["commit"]["id"])
            try:
                self._client.write("delete", f"repository/branches/{quote(branch, safe='')}")
            except Doubt:
                if tries == _TRIES:
                    raise
                continue
            except Refused as refused:
                if refused.status != 404:
                    raise
            self._reading.learn(branch, None)
            return

    def _actions(self, parent: str, files: Sequence[FileChange]) -> list[dict[str, Any]]:
        """What turns the files of ``parent`` into these. Raises EditRefused where the API cannot."""
        there = self._reading.files(parent, [file.path for file in files])
        found: list[dict[str, Any]] = []
        for file in files:
            old = there.get(file.path)
            about = {"file_path": file.path}
            if file.content is None:
                found += [{"action": "delete", **about}] if old is not None else []
                continue
            if old is not None and old.mode not in (REGULAR, EXECUTABLE):
                raise EditRefused("this is a symbolic link or a submodule", file=file.path)
            if old is None or old.content != file.content:
                text = base64.b64encode(file.content).decode()
                kind = "create" if old is None else "update"
                found.append({"action": kind, **about, "content": text, "encoding": "base64"})
            if file.mode != (REGULAR if old is None else old.mode):
                found.append({"action": "chmod", **about, "execute_filemode": file.mode == EXECUTABLE})
        return found

    def _guard(self, branch: str, expected: str, actions: list[dict[str, Any]]) -> None:
        """Make GitLab refuse where a file of ours was changed meanwhile. Raises LostRace when the branch has moved."""
        known = [action for action in actions if action["action"] in ("update", "delete")]
        if not 0 < len(known) <= _GUARDED:
            self._check(branch, expected)
            return
        for action in known:
            path = quote(action["file_path"], safe="")
            try:
                about = self._client.headers(f"repository/files/{path}", ref=f"refs/heads/{branch}")
            except Refused as refused:
                if refused.status != 404:
                    raise
                self._check(branch, expected)  # the branch is gone, or the file
                raise LostRace(f"{action['file_path']} is gone from {branch}") from None
            tip = about.get("X-Gitlab-Commit-Id", "")
            if tip != expected:
                raise _moved(branch, expected, tip)
            action["last_commit_id"] = about["X-Gitlab-Last-Commit-Id"]

    def _check(self, branch: str, expected: str) -> None:
        now = self._reading.now(branch)
        tip = now["commit"]["id"] if now is not None else None
        if tip != expected:
            raise _moved(branch, expected, tip)

    def _landed(self, wanted: _Wanted) -> str | None:
        """Whether the commit is there after all; None when the branch has not moved. Raises LostRace when it has, and
        not to our commit."""
        now = self._reading.now(wanted.branch)
        tip = now["commit"]["id"] if now is not None else None
        if now is None or tip == wanted.expected:
            if tip != wanted.expected:
                raise _moved(wanted.branch, wanted.expected, tip)
            return None
        candidates = [now["commit"]]
        if wanted.expected == wanted.parent:  # others may have gone on from ours
            span = f"{wanted.expected}..{tip}"
            candidates = self._client.get("repository/commits", ref_name=span, per_page=100)
        for commit in candidates:
            if wanted.is_it(commit) and self._brought(commit["id"], wanted.files):
                return str(commit["id"])
        raise _moved(wanted.branch, wanted.expected, tip)

    def _brought(self, commit: str, files: Sequence[FileChange]) -> bool:
        there = self._reading.files(commit, [file.path for file in files])
        wanted = {file.path: File(file.content, file.mode) for file in files if file.content is not None}
        return dict(there) == wanted

    def _settle(self, branch: str, parent: str, made: Mapping[str, Any], files: Sequence[FileChange]) -> None:
        """Somebody committed after we looked, and our commit is on top of his. Raises LostRace when he changed a file
        of ours, after giving him back what ours has put over it."""
        before = made["parent_ids"][0]
        paths = [file.path for file in files]
        then, now = self._reading.files(parent, paths), self._reading.files(before, paths)
        theirs = [path for path in paths if then.get(path) != now.get(path)]
        if not theirs:
            return
        back = [
            FileChange(path, there.content, there.mode)
            if (there := now.get(path)) is not None
            else FileChange(path, None)
            for path in theirs
        ]
        body = {
            "branch": branch,
            "commit_message": f"Put back {', '.join(theirs)}\n\nA commit that was made at the same time had changed "
            "this, and the one before this one did not know of it.\n",
            "actions": self._actions(made["id"], back),
        }
        self._client.write("post", "repository/commits", body)
        raise LostRace(f"{branch} was at {before[:12]}, where {theirs[0]} is another; it was put back")

    def _refusal(self, parent: str, files: Sequence[FileChange], refused: Refused) -> Exception:
        """What it was that GitLab did not like about a commit on a branch that is where it should be."""
        above = {path[:end] for path in (file.path for file in files) for end, char in enumerate(path) if char == "/"}
        for path in self._reading.files(parent, sorted(above)):
            return EditRefused("this is a file, and no folder to put another one in", file=path)
        for file in files:
            if self._reading.names(parent, file.path, most=0) != ():
                return EditRefused("this is a folder, and no file to write", file=file.path)
        return refused


class _Wanted:
    """A commit that was asked for."""

    def __init__(
        self, branch: str, expected: str | None, parent: str, message: str, files: tuple[FileChange, ...]
    ) -> None:
        self.branch = branch
        self.expected = expected
        self.parent = parent
        self.message = message
        self.files = files

    def is_it(self, commit: Mapping[str, Any]) -> bool:
        """Whether a commit may be the one. On a branch that goes on, it is on top of whatever came first."""
        parents = commit["parent_ids"]
        return commit["message"].strip() == self.message and (parents == [self.parent] or self.parent == self.expected)


def check_paths(files: Sequence[FileChange]) -> None:
    """Raise UsageError for paths and modes that no commit may have by the API, and when a path comes twice."""
    seen: set[str] = set()
    for file in files:
        parts = file.path.split("/")
        if "\0" in file.path or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
            raise UsageError(f"{file.path!r} cannot be a path in a repository", hint="give a plain relative path")
        if file.path in seen:
            raise UsageError(f"{file.path!r} is to be written twice in one commit", hint="this is a bug of the caller")
        if file.mode not in (REGULAR, EXECUTABLE):
            raise UsageError(
                f"{file.path!r}: GitLab's API writes no files of mode {file.mode}", hint="use --transport git"
            )
        seen.add(file.path)


def _moved(branch: str, expected: str | None, now: str | None) -> LostRace:
    where = f"is at {now[:12]}" if now and ID.fullmatch(now) else "is gone"
    before = f"at {expected[:12]}" if expected else "to be new"
    return LostRace(f"{branch} {where}, and was {before}", hint="run it again")
