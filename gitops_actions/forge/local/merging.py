"""The commits that a merge, a squash and a rebase make. Nothing here moves a ref."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gitops_actions.errors import MergeConflict
from gitops_actions.forge.local.data import Request, line
from gitops_actions.forge.local.plumbing import Plumbing
from gitops_actions.model import Commit, MergeMethod, Signature

_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]*: \S.*")


def combined(repository: Plumbing, request: Request, base: str, method: MergeMethod, author: Signature) -> str:
    """The commit that the base branch, now at ``base``, gets. Raises MergeConflict naming the files."""
    commits = repository.ahead(base, request.head)
    if method == "rebase":
        return _rebase(repository, request, base, commits, author)
    tree = _tree(repository, request, base, request.head)
    if method == "squash":
        message = _squash_message(request, commits)
        return repository.commit(parents=[base], files=[], tree=tree, message=message, author=author)
    message = f"Merge pull request #{request.number} from {request.branch}\n\n{_title(request)}\n"
    return repository.commit(parents=[base, request.head], files=[], tree=tree, message=message, author=author)


def _rebase(repository: Plumbing, request: Request, base: str, commits: Sequence[Commit], author: Signature) -> str:
    """Each commit on top of the one before; those that are there already keep their ids, those that bring nothing
    more are left out, as `git rebase` does it."""
    if any(len(commit.parents) != 1 for commit in commits):
        raise MergeConflict(
            f"#{request.number} cannot be rebased: it holds merge commits, which would be lost",
            hint="use the merge method `merge` or `squash`",
        )
    current, tree = base, _tree(repository, request, base, base)
    for commit in reversed(commits):
        if commit.parents == (current,):
            current, tree = commit.id, _tree(repository, request, commit.id, commit.id)
            continue
        # `git merge-tree --merge-base` needs git 2.40. Merging with a commit that has the current tree on top of the
        # picked commit's parent has that parent as its merge base, too.
        ours = repository.commit(parents=commit.parents, files=[], tree=tree, message="cherry-pick\n", author=author)
        picked = _tree(repository, request, ours, commit.id)
        if picked == tree:
            continue
        tree = picked
        current = repository.commit(
            parents=[current], files=[], tree=tree, message=commit.message, author=commit.author, committer=author
        )
    return current


def _tree(repository: Plumbing, request: Request, ours: str, theirs: str) -> str:
    """The tree of a merge; of a commit, when merged with itself."""
    tree, conflicts = repository.merge_tree(ours, theirs)
    if tree is None:
        raise MergeConflict(
            f"#{request.number} conflicts with {request.base} in {', '.join(line(path) for path in conflicts)}",
            hint=f"merge {request.base} into {request.branch} and solve it there, or close the request",
        )
    return tree


def _squash_message(request: Request, commits: Sequence[Commit]) -> str:
    """One commit keeps its message, if it has one; several get the title, with the trailers of our newest commit."""
    if len(commits) == 1:
        subject, _, rest = commits[0].message.partition("\n")
        return f"{subject.rstrip() or _title(request)} (#{request.number})\n{rest}"
    trailers = next((found for commit in commits if (found := _trailers(commit.message))), "")
    return f"{_title(request)} (#{request.number})\n\n{trailers}".rstrip() + "\n"


def _title(request: Request) -> str:
    """The title in a message; one that reads like a trailer of ours would be taken for one."""
    return f'"{request.title}"' if request.title.startswith("Gitops-") else request.title


def _trailers(message: str) -> str:
    """The last paragraph of a message if it holds our trailers, else nothing."""
    last = re.split(r"\n\s*\n", message.strip())[-1]
    ours = any(text.startswith("Gitops-") for text in last.split("\n"))
    return last if ours and all(_TRAILER.fullmatch(text) for text in last.split("\n")) else ""
