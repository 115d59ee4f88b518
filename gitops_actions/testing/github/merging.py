"""When a request can be merged, what it waits for, and the merge itself.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches
"""

from __future__ import annotations

from contextlib import suppress

from gitops_actions.testing.forgegit import RefMoved
from gitops_actions.testing.github.records import Account, Request
from gitops_actions.testing.github.repository import Protection, Repository
from gitops_actions.testing.github.state import Refusal, World, machine, person

_METHODS = {
    "merge": ("allow_merge_commit", "Merge commits are not allowed on this repository."),
    "squash": ("allow_squash_merge", "Squash merges are not allowed on this repository."),
    "rebase": ("allow_rebase_merge", "Rebase merges are not allowed on this repository."),
}
_NAMES = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}
NOT_AUTHORIZED = "You're not authorized to push to this branch."


def lets_in(protection: Protection, by: Account | None) -> bool:
    """Whether somebody is among those who may write to a branch."""
    return protection.pushers is None or (by is not None and by.login in protection.pushers | protection.bypass)


def verdicts(repository: Repository, sha: str) -> dict[str, str]:
    """``success``, ``pending`` or ``failure`` for the newest status and check run of each context."""
    found: dict[str, str] = {}
    for status in repository.statuses.get(sha, ()):
        found[status.context] = {"error": "failure"}.get(status.state, status.state)
    for run in repository.checks.values():
        if run.sha == sha:
            good = run.conclusion in ("success", "neutral", "skipped")
            found[run.name] = "pending" if run.status != "completed" else "success" if good else "failure"
    return found


def lacking_checks(repository: Repository, protection: Protection, sha: str) -> list[str]:
    """The complaints about required checks of a commit, as GitHub words them."""
    found = verdicts(repository, sha)
    words = {None: "is expected", "pending": "is pending", "failure": "is failing"}
    return [
        f'Required status check "{context}" {words[found.get(context)]}.'
        for context in protection.checks
        if found.get(context) != "success"
    ]


def blockers(repository: Repository, request: Request, by: Account | None) -> list[str]:
    """What the protection of the base still wants before a request may be merged."""
    protection = repository.protection(request.base)
    if protection is None or (by is not None and by.login in protection.bypass):
        return []
    found = []
    newest = {review.author.login: review.state for review in request.reviews if review.state != "COMMENTED"}
    if sum(state == "APPROVED" for state in newest.values()) < protection.approvals:
        count = protection.approvals
        found.append(f"At least {count} approving review{'' if count == 1 else 's'} is required by reviewers with "
                     "write access.")  # fmt: skip
    if "CHANGES_REQUESTED" in newest.values():
        found.append("Changes have been requested.")
    found += lacking_checks(repository, protection, request.head_sha)
    if protection.signatures and _unsigned(repository, request.base_sha, request.head_sha):
        found.append("Commits must have verified signatures.")
    return found


def mergeable(repository: Repository, request: Request) -> bool | None:
    """Whether a request merges without conflict; None for as many reads of a new head as the settings say."""
    if request.state != "open":
        return None
    key = f"{request.head_sha} {request.base_sha}"
    reads = repository.unknown_reads.get(key, 0)
    if reads < repository.settings.unknown_mergeability:
        repository.unknown_reads[key] = reads + 1
        return None
    return conflict_free(repository, request)


def conflict_free(repository: Repository, request: Request) -> bool:
    """Whether a request merges without conflict."""
    return repository.objects.merged_tree(request.base_sha, request.head_sha) is not None


def merge_state(repository: Repository, request: Request) -> str:
    """``mergeable_state``, in lower case (https://docs.github.com/en/graphql/reference/enums#mergestatestatus)."""
    if request.state != "open":
        return "unknown"
    if not conflict_free(repository, request):
        return "dirty"
    if request.draft:
        return "draft"
    protection = repository.protection(request.base)
    if blockers(repository, request, None) or (protection is not None and protection.queue):
        return "blocked"
    if (
        protection is not None
        and protection.strict
        and not repository.objects.is_ancestor(request.base_sha, request.head_sha)
    ):
        return "behind"
    if any(state != "success" for state in verdicts(repository, request.head_sha).values()):
        return "unstable"
    return "clean"


def merge(
    world: World,
    repository: Repository,
    request: Request,
    *,
    by: Account,
    method: str = "merge",
    expected: str | None = None,
    title: str | None = None,
    message: str | None = None,
    from_queue: bool = False,
) -> str:
    """Merge a request; returns the commit. Raises Refusal with what GitHub says."""
    if method not in _METHODS:
        raise Refusal(422, 'Invalid request.\n\nNo subschema in "anyOf" matched.')
    if request.state != "open":
        raise Refusal(405, "Pull Request is not mergeable")
    if expected is not None and expected != request.head_sha:
        raise Refusal(409, "Head branch was modified. Review and try the merge again.")
    if request.draft:
        raise Refusal(405, "Pull Request is still a draft")
    if not conflict_free(repository, request):
        raise Refusal(405, "Pull Request is not mergeable")
    setting, refusal = _METHODS[method]
    if not getattr(repository.settings, setting):
        raise Refusal(405, refusal)
    protection = repository.protection(request.base)
    complaints = blockers(repository, request, by)
    if complaints:
        raise Refusal(405, complaints[0])
    if protection is not None and by.login not in protection.bypass:
        if protection.queue and not from_queue:
            raise Refusal(405, "Changes must be made through the merge queue")
        if not lets_in(protection, by):
            raise Refusal(405, NOT_AUTHORIZED)
        if method not in protection.methods:
            raise Refusal(405, f"{_NAMES[method]} are not allowed on this repository.")
        if protection.linear and method == "merge":
            raise Refusal(405, "Merge commits are not allowed on this repository.")
        if protection.strict and not repository.objects.is_ancestor(request.base_sha, request.head_sha):
            raise Refusal(405, "Head branch is out of date. Review and try the merge again.")
    commit = _made(world, repository, request, by, method, title, message)
    repository.objects.update_refs([(f"refs/heads/{request.base}", commit, request.base_sha)])
    now = world.clock()
    request.state = "closed"
    request.merged = request.closed = request.updated = now
    request.merged_by = by
    request.merge_commit = commit
    request.auto_merge = None
    request.queued = None
    request.events.append("merged")
    if repository.settings.delete_branch_on_merge and _may_go(repository, request):
        with suppress(RefMoved):  # somebody pushed meanwhile
            repository.objects.update_refs([(f"refs/heads/{request.head}", "0" * 40, request.head_sha)])
    return commit


def _may_go(repository: Repository, request: Request) -> bool:
    protection = repository.protection(request.head)
    return request.head != repository.objects.head() and (protection is None or protection.deletions)


def _made(
    world: World, repository: Repository, request: Request, by: Account, method: str, title: str | None,
    message: str | None,
) -> str:  # fmt: skip
    objects = repository.objects
    now = world.clock()
    commits = [objects.commit(id) for id in objects.between(request.base_sha, request.head_sha)]
    own = [commit for commit in commits if commit is not None]
    if method == "rebase":
        current = request.base_sha
        for commit in own:
            if len(commit.parents) > 1:
                continue
            ours = objects.commit(current)
            assert ours is not None
            tree = objects.picked(ours.tree, commit.id, commit.parents)
            if tree is None:
                raise Refusal(405, "This branch can't be rebased")
            committer = person(by, now)
            current = objects.write_commit(tree, [current], commit.message, commit.author, committer, signed=False)
        return current
    tree = objects.merged_tree(request.base_sha, request.head_sha)
    assert tree is not None
    if method == "merge":
        subject = title or f"Merge pull request #{request.number} from {repository.owner.login}/{request.head}"
        body = request.title if message is None else message
        parents = [request.base_sha, request.head_sha]
    else:
        # The default: the message of a single commit; else the request's title and all the messages
        # (https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/about-merge-methods-on-github).
        single = own[0].message.strip().partition("\n") if len(own) == 1 else None
        subject = title or f"{single[0] if single else request.title} (#{request.number})"
        if message is not None:
            body = message
        elif single:
            body = single[2].strip("\n")
        else:
            body = "\n\n".join(f"* {commit.message.strip()}" for commit in own)
        parents = [request.base_sha]
    text = f"{subject}\n\n{body}" if body else subject
    return objects.write_commit(tree, parents, text, person(by, now), machine(now), signed=True)


def _unsigned(repository: Repository, base: str, head: str) -> list[str]:
    commits = (repository.objects.commit(id) for id in repository.objects.between(base, head))
    return [commit.id for commit in commits if commit is not None and not commit.verified]
