"""Branches and tags: made, moved and deleted, as far as protection lets it happen."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_actions.testing.forgegit import ZERO, RefMoved
from gitops_actions.testing.github import merging
from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.records import Token
from gitops_actions.testing.github.repository import Protection, Repository
from gitops_actions.testing.github.state import Refusal
from gitops_actions.testing.github.work.upkeep import Upkeep


class Refs(Upkeep):
    """Work on refs."""

    def create_ref(self, token: Token | None, repository: Repository, ref: str, sha: str) -> None:
        """A new ref. Raises Refusal when it exists, or its name or object is bad."""
        need(token, repository, "contents", "write")
        if (
            ref.startswith("refs/pull/")
            or not ref.startswith("refs/")
            or ref.count("/") < 2
            or not repository.objects.good_name(ref)
        ):
            raise Refusal(422, f"{ref} is not a valid ref name.")
        if ref in repository.objects.refs():
            raise Refusal(422, "Reference already exists", kind="UNPROCESSABLE")
        if repository.objects.kind(sha) is None:
            raise Refusal(422, "Object does not exist")
        if ref.startswith("refs/heads/") and repository.objects.kind(sha) != "commit":
            raise Refusal(422, "Reference update failed")
        self._creatable(token, repository, ref.removeprefix("refs/heads/"))
        self._move(repository, [(ref, sha, ZERO)])

    def update_ref(
        self, token: Token | None, repository: Repository, ref: str, sha: str, *, force: bool, old: str | None = None
    ) -> None:
        """Move a ref; without ``force`` only forward. Raises Refusal."""
        self.update_refs(token, repository, [(ref, sha, old, force)])

    def delete_ref(self, token: Token | None, repository: Repository, ref: str) -> None:
        """Delete a ref. Raises Refusal when there is none, or it is protected."""
        if ref not in repository.objects.refs():
            need(token, repository, "contents", "write")
            raise Refusal(422, "Reference does not exist")
        self.update_refs(token, repository, [(ref, ZERO, None, True)])

    def update_refs(
        self, token: Token | None, repository: Repository, updates: Sequence[tuple[str, str, str | None, bool]]
    ) -> None:
        """Move, create and delete refs, all or none: (ref, new, old or None, force); zeros as new delete, zeros as old
        mean that it must not exist. Raises Refusal."""
        need(token, repository, "contents", "write")
        now = repository.objects.refs()
        moves: list[tuple[str, str, str | None]] = []
        for ref, new, old, force in updates:
            there = now.get(ref)
            if ref.startswith("refs/pull/") or not ref.startswith("refs/") or not repository.objects.good_name(ref):
                raise Refusal(422, f"{ref} is not a valid ref name.")
            if old is not None and (there or ZERO) != old:
                raise Refusal(422, f"Reference update failed: {ref} is not at {old}", kind="STALE_DATA")
            if there is None and new == ZERO:
                raise Refusal(422, "Reference does not exist")
            if there is None and old is None:
                raise Refusal(422, "Reference does not exist")
            if new != ZERO and repository.objects.kind(new) != "commit":
                raise Refusal(422, "Object does not exist")
            if there is None:
                self._creatable(token, repository, ref.removeprefix("refs/heads/"))
            forward = there is None or new == ZERO or repository.objects.is_ancestor(there, new)
            if not forward and not force:
                raise Refusal(422, "Update is not a fast forward")
            self._allowed(token, repository, ref, there, new, forward)
            moves.append((ref, new, there or ZERO))
        self._move(repository, moves)

    def _move(self, repository: Repository, moves: Sequence[tuple[str, str, str | None]]) -> None:
        try:
            repository.objects.update_refs(moves)
        except RefMoved:
            raise Refusal(422, "Reference update failed") from None
        self.follow(repository)

    def _allowed(
        self, token: Token | None, repository: Repository, ref: str, old: str | None, new: str, forward: bool
    ) -> None:
        """What the protection of a branch says to a write that is not a merge. Raises Refusal."""
        branch = ref.removeprefix("refs/heads/")
        if new == ZERO and branch == repository.objects.head():
            raise Refusal(422, "Cannot delete the default branch")
        protection = repository.protection(branch)
        if protection is None or (token is not None and token.account.login in protection.bypass):
            return
        if not merging.lets_in(protection, token.account if token is not None else None):
            raise _refused(protection, merging.NOT_AUTHORIZED)
        complaint = self._complaint(repository, protection, old, new, forward)
        if complaint:
            raise _refused(protection, complaint)

    def _creatable(self, token: Token | None, repository: Repository, branch: str) -> None:
        """Raises Refusal for a branch that only others may make."""
        protection = repository.protection(branch)
        if protection is None or (token is not None and token.account.login in protection.bypass):
            return
        if protection.creation:
            raise _refused(protection, "Cannot create ref due to creations being restricted.")

    def _complaint(
        self, repository: Repository, protection: Protection, old: str | None, new: str, forward: bool
    ) -> str | None:
        if new == ZERO:
            return None if protection.deletions else "Cannot delete this protected branch"
        if not forward and not protection.force:
            return "Cannot force-push to this protected branch"
        if protection.queue:
            return "Changes must be made through the merge queue"
        if protection.pull_requests:
            return "Changes must be made through a pull request."
        lacking = merging.lacking_checks(repository, protection, new)
        if lacking:
            return lacking[0]
        if protection.signatures and old is not None:
            for id in repository.objects.between(old, new):
                commit = repository.objects.commit(id)
                if commit is not None and not commit.verified:
                    return "Commits must have verified signatures."
        return None


def _refused(protection: Protection, complaint: str) -> Refusal:
    ruleset = f"Repository rule violations found\n\n{complaint}\n\n"
    return Refusal(422, ruleset if protection.ruleset else complaint)
