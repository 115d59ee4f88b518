"""Commits that GitHub makes on a branch."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.records import Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import Refusal, machine, person
from gitops_actions.testing.github.stored import CommitObject, Entry
from gitops_actions.testing.github.work.refs import Refs


class Commits(Refs):
    """Work on commits."""

    def commit_on_branch(
        self,
        token: Token | None,
        repository: Repository,
        branch: str,
        *,
        expected: str,
        files: Mapping[str, bytes | None],
        message: str,
    ) -> CommitObject:
        """`createCommitOnBranch`: a signed commit on top of a branch that is at ``expected``. Files keep their modes.

        Raises Refusal.
        """
        need(token, repository, "contents", "write")
        assert token is not None
        there = repository.objects.branch(branch)
        if there is None:
            raise Refusal(422, f'No ref found for "{branch}"', kind="NOT_FOUND")
        stale = Refusal(
            409, f'Expected branch to point to "{expected}" but it did not.  Pull and try again.', kind="STALE_DATA"
        )
        if there != expected:
            raise stale
        for path in files:
            parts = path.split("/")
            if not path or path.startswith("/") or any(part in ("", ".", "..", ".git") for part in parts):
                raise Refusal(422, f"A path was requested for {'deletion' if files[path] is None else 'addition'} "
                                   f"which is not valid: {path}")  # fmt: skip
            if path.startswith(".github/workflows/"):
                need(token, repository, "workflows", "write")
        parent = repository.objects.commit(there)
        assert parent is not None
        entries: dict[str, Entry | None] = {}
        for path, content in files.items():
            old = repository.objects.at(there, path)
            if content is None:
                if old is None or old.kind != "blob":
                    raise Refusal(422, "A path was requested for deletion which does not exist as of commit oid "
                                       f"`{there}`")  # fmt: skip
                entries[path] = None
            else:
                mode = old.mode if old is not None and old.kind == "blob" else "100644"
                entries[path] = Entry(mode, "blob", repository.objects.store("blob", content), path)
        tree = repository.objects.changed_tree(parent.tree, entries)
        now = self.world.clock()
        id = repository.objects.write_commit(
            tree, [there], message, person(token.account, now), machine(now), signed=True
        )
        try:
            self.update_refs(token, repository, [(f"refs/heads/{branch}", id, there, False)])
        except Refusal as refusal:
            if refusal.message.startswith("Reference update failed"):  # a push was faster
                raise stale from None
            raise
        made = repository.objects.commit(id)
        assert made is not None
        return made
