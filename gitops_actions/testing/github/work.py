"""What can be done in a repository, the same by REST, by GraphQL and by git: refs, commits, requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gitops_actions.testing.github import merging
from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.objects import ZERO, CommitObject, Entry, RefMoved
from gitops_actions.testing.github.state import (
    Account,
    AutoMerge,
    Comment,
    Label,
    Protection,
    Refusal,
    Repository,
    Request,
    Status,
    Token,
    World,
    machine,
    person,
)

STATUSES = 1000  # for each commit and context (https://docs.github.com/en/rest/commits/statuses#create-a-commit-status)
_SHA = re.compile(r"[0-9a-f]{40}")
_BODY = 65536


class Work:
    """Does what callers ask. Who calls holds the lock; each operation leaves the requests up to date."""

    def __init__(self, world: World) -> None:
        self.world = world

    # --- requests follow git ---

    def follow(self, repository: Repository) -> None:
        """Bring the requests up to what happened to their branches, and merge what waits for nothing any more.

        A request is merged when its base got the commits of its head, and closed when its head was reset to
        something that the base had already, or was deleted.
        """
        while True:
            refs = repository.objects.refs("refs/heads/")
            if refs != repository.seen:
                before, repository.seen = repository.seen, refs
                for request in list(repository.requests.values()):
                    if request.state == "open":
                        self._follow(repository, request, before, refs)
            if not self._settle(repository):
                return

    def _follow(
        self, repository: Repository, request: Request, before: Mapping[str, str], refs: Mapping[str, str]
    ) -> None:
        now = self.world.clock()
        head, base = refs.get(f"refs/heads/{request.head}"), refs.get(f"refs/heads/{request.base}")
        if head is None or base is None:
            self._closed(request, now)
            return
        if (head, base) == (request.head_sha, request.base_sha):
            return
        old_base = before.get(f"refs/heads/{request.base}", request.base_sha)
        moved = head != request.head_sha
        request.base_sha = base
        if moved:
            request.head_sha = head
            repository.objects.keep(f"refs/pull/{request.number}/head", head)
            request.updated = now
            request.events.append("pushed")
        if repository.objects.is_ancestor(head, base):
            if repository.objects.is_ancestor(head, old_base):
                self._closed(request, now)
                return
            request.state = "closed"
            request.merged = request.closed = request.updated = now
            request.merge_commit = base
            request.auto_merge = None
            request.events.append("merged")

    def _closed(self, request: Request, now: float) -> None:
        request.state = "closed"
        request.closed = request.updated = now
        request.auto_merge = None
        request.queued = None
        request.events.append("closed")

    def _settle(self, repository: Repository) -> bool:
        """Merge one request whose auto-merge can happen now."""
        for request in repository.requests.values():
            wanted = request.auto_merge
            if request.state != "open" or wanted is None or request.draft:
                continue
            protection = repository.protections.get(request.base)
            if protection is not None and protection.queue:
                ready = merging.conflict_free(repository, request) and not merging.blockers(repository, request, None)
                if ready and request.queued is None:  # "merge when ready" puts it into the queue
                    request.queued, request.queued_by = self.world.clock(), wanted.by
                    request.auto_merge = None
                    request.events.append("queued")
                    return True
                continue
            if merging.merge_state(repository, request) not in ("clean", "unstable"):
                continue
            try:
                merging.merge(
                    self.world,
                    repository,
                    request,
                    by=wanted.by,
                    method=wanted.method,
                    title=wanted.title,
                    message=wanted.message,
                )
            except RefMoved:
                return True  # a push was faster: look again
            except Refusal:
                request.auto_merge = None
                request.events.append("auto_merge_disabled")
            return True
        return False

    def run_queue(self, repository: Repository) -> list[int]:
        """Let the merge queue merge what is in it and waits for nothing, in order; the numbers of what it merged."""
        merged = []
        waiting = [one for one in repository.requests.values() if one.queued is not None and one.state == "open"]
        for request in sorted(waiting, key=lambda one: one.queued or 0.0):
            try:
                merging.merge(self.world, repository, request, by=request.queued_by or request.author, from_queue=True)
                merged.append(request.number)
            except Refusal:
                request.queued = None
            self.follow(repository)
        return merged

    # --- refs ---

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
        protection = repository.protections.get(branch)
        if protection is None or (token is not None and token.account.login in protection.bypass):
            return
        complaint = self._complaint(repository, protection, old, new, forward)
        if complaint:
            if protection.ruleset:
                complaint = f"Repository rule violations found\n\n{complaint}\n\n"
            raise Refusal(422, complaint)

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

    # --- commits ---

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
                entries[path] = Entry(mode, "blob", repository.objects.write("blob", content), path)
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

    # --- requests ---

    def request(self, repository: Repository, number: int) -> Request:
        """A request by its number. Raises Refusal."""
        found = repository.requests.get(number)
        if found is None:
            raise Refusal(404, "Not Found", kind="NOT_FOUND")
        return found

    def open(
        self,
        token: Token | None,
        repository: Repository,
        *,
        title: object,
        head: object,
        base: object,
        body: str | None = None,
        draft: bool = False,
    ) -> Request:
        """A new request. Raises Refusal with all that is wrong."""
        if token is not None and token.kind == "actions" and not repository.settings.can_approve_pull_request_reviews:
            need(token, repository, "metadata", "read")
            raise Refusal(403, "GitHub Actions is not permitted to create or approve pull requests.", kind="FORBIDDEN")
        need(token, repository, "pull_requests", "write")
        assert token is not None
        errors: list[Any] = []
        owner = repository.owner.login
        if not isinstance(title, str) or not title.strip():
            errors.append({"resource": "PullRequest", "code": "missing_field", "field": "title"})
        if not isinstance(head, str) or not isinstance(base, str) or not head or not base:
            raise Refusal(422, 'Invalid request.\n\n"head", "base" weren\'t supplied.')
        before, colon, name = head.partition(":")
        head = name if colon and before.lower() == owner.lower() else head
        refs = repository.objects.refs("refs/heads/")
        head_sha, base_sha = refs.get(f"refs/heads/{head}"), refs.get(f"refs/heads/{base}")
        errors += [
            {"resource": "PullRequest", "field": field, "code": "invalid"}
            for field, sha in (("head", head_sha), ("base", base_sha))
            if sha is None
        ]
        if errors or head_sha is None or base_sha is None:
            raise Refusal(422, "Validation Failed", errors=errors)
        if isinstance(body, str) and len(body) > _BODY:
            errors.append({"resource": "Issue", "code": "custom", "field": "body",
                           "message": f"body is too long (maximum is {_BODY} characters)"})  # fmt: skip
        if isinstance(title, str) and len(title) > 256:
            errors.append({"resource": "Issue", "code": "custom", "field": "title",
                           "message": "title is too long (maximum is 256 characters)"})  # fmt: skip
        there = [one for one in repository.requests.values() if (one.head, one.base, one.state) == (head, base, "open")]
        if there:
            errors.append({"resource": "PullRequest", "code": "custom",
                           "message": f"A pull request already exists for {owner}:{head}."})  # fmt: skip
        elif repository.objects.is_ancestor(head_sha, base_sha):
            errors.append({"resource": "PullRequest", "code": "custom",
                           "message": f"No commits between {base} and {head}"})  # fmt: skip
        elif repository.objects.merge_base(base_sha, head_sha) is None:
            errors.append({"resource": "PullRequest", "code": "custom",
                           "message": f"The {head} branch has no history in common with {base}"})  # fmt: skip
        if errors:
            raise Refusal(422, "Validation Failed", errors=errors)
        now = self.world.clock()
        number = next(repository.numbers)
        made = Request(
            id=next(self.world.ids), number=number, title=str(title), body=body, head=head, base=base,
            head_sha=head_sha, base_sha=base_sha, author=token.account, created=now, updated=now, draft=bool(draft),
            events=["opened"],
        )  # fmt: skip
        repository.requests[number] = made
        repository.objects.keep(f"refs/pull/{number}/head", head_sha)
        return made

    def edit(
        self,
        token: Token | None,
        repository: Repository,
        request: Request,
        *,
        title: str | None = None,
        body: str | None = None,
        state: str | None = None,
        base: str | None = None,
    ) -> None:
        """Change what is given. Raises Refusal."""
        need(token, repository, "pull_requests", "write")
        now = self.world.clock()
        errors: list[Any] = []
        if title is not None and (not title.strip() or len(title) > 256):
            errors.append({"resource": "Issue", "code": "custom", "field": "title",
                           "message": "title is too long (maximum is 256 characters)" if title.strip() else
                           "title can't be blank"})  # fmt: skip
        if body is not None and len(body) > _BODY:
            errors.append({"resource": "Issue", "code": "custom", "field": "body",
                           "message": f"body is too long (maximum is {_BODY} characters)"})  # fmt: skip
        base_sha = repository.objects.branch(base) if base is not None else None
        if base is not None and base_sha is None:
            errors.append({"resource": "PullRequest", "field": "base", "code": "invalid"})
        if state == "open" and request.state != "open":
            errors += self._not_reopened(repository, request)
        if errors:
            raise Refusal(422, "Validation Failed", errors=errors)
        request.title = request.title if title is None else title
        request.body = request.body if body is None else body
        if base is not None and base_sha is not None:
            request.base, request.base_sha = base, base_sha
        if state == "closed" and request.state == "open":
            self._closed(request, now)
        elif state == "open" and request.state != "open":
            request.state = "open"
            request.closed = None
            request.head_sha = repository.objects.branch(request.head) or request.head_sha
            request.base_sha = repository.objects.branch(request.base) or request.base_sha
            request.events.append("reopened")
        request.updated = now

    def _not_reopened(self, repository: Repository, request: Request) -> list[Any]:
        head, base = repository.objects.branch(request.head), repository.objects.branch(request.base)
        message = None
        others = (one for one in repository.requests.values() if one.state == "open")
        if request.merged is not None:
            message = "state cannot be changed. The pull request cannot be reopened."
        elif head is None:
            message = f"state cannot be changed. The {request.head} branch has been deleted."
        elif base is None:
            message = f"state cannot be changed. The {request.base} branch has been deleted."
        elif any((one.head, one.base) == (request.head, request.base) for one in others):
            message = f"state cannot be changed. There is already an open pull request from {request.head}."
        elif not repository.objects.is_ancestor(request.head_sha, head):
            message = f"state cannot be changed. The {request.head} branch was force-pushed or recreated."
        elif repository.objects.is_ancestor(head, base):
            message = f"state cannot be changed. There are no new commits on the {request.head} branch."
        if message is None:
            return []
        return [{"resource": "PullRequest", "code": "custom", "field": "state", "message": message}]

    def merge(self, token: Token | None, repository: Repository, request: Request, **how: Any) -> str:
        """Merge a request now; returns the commit. Raises Refusal."""
        need(token, repository, "contents", "write")
        assert token is not None
        try:
            commit = merging.merge(self.world, repository, request, by=token.account, **how)
        except RefMoved:
            raise Refusal(409, "Base branch was modified. Review and try the merge again.") from None
        self.follow(repository)
        return commit

    def update_branch(
        self, token: Token | None, repository: Repository, request: Request, *, expected: str | None
    ) -> None:
        """Merge the base into the head. Raises Refusal."""
        need(token, repository, "contents", "write")
        assert token is not None
        if expected is not None and expected != request.head_sha:
            raise Refusal(422, f"expected head sha didn't match current head ref {request.head_sha}.")
        if repository.objects.is_ancestor(request.base_sha, request.head_sha):
            raise Refusal(422, "There are no new commits on the base branch.")
        tree, _ = repository.objects.merged_tree(request.head_sha, request.base_sha)
        if tree is None:
            raise Refusal(422, "merge conflict between base and head")
        now = self.world.clock()
        message = f"Merge branch '{request.base}' into {request.head}"
        made = repository.objects.write_commit(
            tree, [request.head_sha, request.base_sha], message, person(token.account, now), machine(now), signed=True
        )
        self.update_refs(token, repository, [(f"refs/heads/{request.head}", made, request.head_sha, False)])

    def enable_auto_merge(
        self,
        token: Token | None,
        repository: Repository,
        request: Request,
        *,
        method: str,
        expected: str | None,
        title: str | None,
        message: str | None,
    ) -> None:
        """Merge as soon as everything required is there. Raises Refusal, also when nothing is left to wait for."""
        need(token, repository, "contents", "write")
        need(token, repository, "pull_requests", "write")
        assert token is not None
        if request.state != "open":
            raise Refusal(422, "Pull request Pull request is closed")
        if not repository.settings.allow_auto_merge:
            raise Refusal(422, "Pull request Auto merge is not allowed for this repository")
        if expected is not None and expected != request.head_sha:
            raise Refusal(422, "Head branch was modified. Review and try the merge again.")
        if not getattr(repository.settings, {"merge": "allow_merge_commit", "squash": "allow_squash_merge",
                                             "rebase": "allow_rebase_merge"}[method]):  # fmt: skip
            raise Refusal(422, f"Merge method {method} merging is not allowed on this repository")
        state = merging.merge_state(repository, request)
        if state in ("clean", "unstable", "draft"):
            word = "draft" if state == "draft" else state
            raise Refusal(422, f"Pull request Pull request is in {word} status")
        request.auto_merge = AutoMerge(token.account, method, self.world.clock(), title, message)
        request.events.append("auto_merge_enabled")
        self.follow(repository)

    def disable_auto_merge(self, token: Token | None, repository: Repository, request: Request) -> None:
        """Take auto-merge back. Raises Refusal."""
        need(token, repository, "pull_requests", "write")
        if request.auto_merge is None:
            raise Refusal(422, "Can't disable auto-merge for this pull request")
        request.auto_merge = None
        request.events.append("auto_merge_disabled")

    def enqueue(self, token: Token | None, repository: Repository, request: Request, *, expected: str | None) -> None:
        """Put a request into the merge queue of its base. Raises Refusal."""
        need(token, repository, "contents", "write")
        assert token is not None
        protection = repository.protections.get(request.base)
        if protection is None or not protection.queue:
            raise Refusal(422, "Merge queue is not enabled for this branch")
        if request.state != "open" or request.draft:
            raise Refusal(422, "Pull request is not in a state that can be added to the merge queue")
        if expected is not None and expected != request.head_sha:
            raise Refusal(422, "Head branch was modified. Review and try the merge again.")
        if request.queued is not None:
            raise Refusal(422, "Pull request is already in the queue")
        request.queued, request.queued_by = self.world.clock(), token.account
        request.events.append("queued")

    def mark(self, token: Token | None, repository: Repository, request: Request, *, draft: bool) -> None:
        """Make a request a draft, or ready."""
        need(token, repository, "pull_requests", "write")
        if request.draft != draft:
            request.draft = draft
            request.updated = self.world.clock()
            request.events.append("converted_to_draft" if draft else "ready_for_review")
        if draft:
            request.auto_merge = None
        self.follow(repository)

    # --- what hangs on requests and commits ---

    def label(self, repository: Repository, name: str, color: str = "ededed", text: str | None = None) -> Label:
        """The label of a name, whatever its case; a new one when there is none."""
        key = name.lower()
        if key not in repository.labels:
            repository.labels[key] = Label(next(self.world.ids), name, color, text)
        return repository.labels[key]

    def add_labels(self, token: Token | None, repository: Repository, request: Request, names: Sequence[str]) -> None:
        """Add labels, and create those that there are not. Raises Refusal."""
        need(token, repository, "issues", "write")
        for name in names:
            if not isinstance(name, str) or not name.strip() or len(name) > 50:
                raise Refusal(422, "Validation Failed",
                              errors=[{"resource": "Label", "code": "invalid", "field": "name"}])  # fmt: skip
        for name in names:
            spelled = self.label(repository, name).name
            if spelled not in request.labels:
                request.labels.append(spelled)
        request.updated = self.world.clock()

    def remove_label(self, token: Token | None, repository: Repository, request: Request, name: str) -> None:
        """Take a label off. Raises Refusal when it is not on."""
        need(token, repository, "issues", "write")
        there = next((one for one in request.labels if one.lower() == name.lower()), None)
        if there is None:
            raise Refusal(404, "Label does not exist", kind="NOT_FOUND")
        request.labels.remove(there)

    def assign(self, token: Token | None, repository: Repository, request: Request, logins: Sequence[str]) -> None:
        """Add assignees; those that may not be assigned are left out quietly, as on GitHub."""
        need(token, repository, "issues", "write")
        for login in logins:
            account = self.world.account(login)
            if account is not None and account.type == "User" and account.login not in request.assignees:
                request.assignees.append(account.login)

    def ask_reviews(
        self,
        token: Token | None,
        repository: Repository,
        request: Request,
        logins: Sequence[str],
        teams: Sequence[str],
    ) -> None:
        """Request reviews, all or none. Raises Refusal for who is no collaborator, or the author."""
        need(token, repository, "pull_requests", "write")
        found = []
        for login in logins:
            account = self.world.account(login)
            if account is None or account.type != "User":
                raise _strangers(repository, "users or teams")
            if account.login == request.author.login:
                raise Refusal(422, "Review cannot be requested from pull request author.")
            found.append(account.login)
        known = self.world.teams_of(repository.owner)
        for slug in teams:
            if slug.lower() not in known:
                raise _strangers(repository, "teams")
        request.reviewers += [login for login in found if login not in request.reviewers]
        slugs = [known[slug.lower()].slug for slug in teams]
        request.teams += [slug for slug in slugs if slug not in request.teams]

    def comment(self, token: Token | None, repository: Repository, number: int, body: object) -> Comment:
        """A new comment. Raises Refusal."""
        need(token, repository, "issues", "write")
        assert token is not None
        self.request(repository, number)
        text = self._text(body)
        now = self.world.clock()
        made = Comment(next(self.world.ids), number, text, token.account, now, now)
        repository.comments[made.id] = made
        return made

    def edit_comment(self, token: Token | None, repository: Repository, id: int, body: object) -> Comment:
        """Change a comment. Raises Refusal."""
        need(token, repository, "issues", "write")
        if id not in repository.comments:
            raise Refusal(404, "Not Found", kind="NOT_FOUND")
        text = self._text(body)
        there = repository.comments[id]
        there.body, there.updated = text, self.world.clock()
        return there

    def _text(self, body: object) -> str:
        if not isinstance(body, str) or not body.strip():
            raise Refusal(422, "Validation Failed",
                          errors=[{"resource": "IssueComment", "code": "missing_field", "field": "body"}])  # fmt: skip
        if len(body) > _BODY:
            raise Refusal(422, "Validation Failed", errors=[
                {"resource": "IssueComment", "code": "unprocessable", "field": "data",
                 "message": f"Body is too long (maximum is {_BODY} characters)"}])  # fmt: skip
        return body

    def set_status(
        self,
        token: Token | None,
        repository: Repository,
        sha: str,
        *,
        state: object,
        context: str = "default",
        description: str | None = None,
        target: str | None = None,
    ) -> Status:
        """A status of a commit. Raises Refusal, also for the 1,001st of a context."""
        need(token, repository, "statuses", "write")
        assert token is not None
        if not _SHA.fullmatch(sha) or repository.objects.kind(sha) != "commit":
            raise Refusal(422, f"No commit found for SHA: {sha}")
        if state not in ("error", "failure", "pending", "success"):
            raise Refusal(422, "Validation Failed",
                          errors=[{"resource": "Status", "code": "custom", "field": "state",
                                   "message": "state is not included in the list"}])  # fmt: skip
        if description is not None and len(description) > 140:
            raise Refusal(422, "Validation Failed",
                          errors=[{"resource": "Status", "code": "custom", "field": "description",
                                   "message": "description is too long (maximum is 140 characters)"}])  # fmt: skip
        there = repository.statuses.setdefault(sha, [])
        if sum(one.context == context for one in there) >= STATUSES:
            raise Refusal(422, "Validation Failed",
                          errors=[{"resource": "Status", "code": "custom",
                                   "message": "This SHA and context has reached the maximum number of "
                                              "statuses."}])  # fmt: skip
        made = Status(next(self.world.ids), str(state), context, description, target, token.account, self.world.clock())
        there.append(made)
        self.follow(repository)
        return made

    # --- who ---

    def people(self, logins: Sequence[str]) -> list[Account]:
        """Accounts by login."""
        return [found for login in logins if (found := self.world.account(login)) is not None]


def _strangers(repository: Repository, who: str) -> Refusal:
    return Refusal(
        422,
        f"Reviews may only be requested from collaborators. One or more of the {who} you specified is not a "
        f"collaborator of the {repository.full_name} repository.",
    )


def whole(value: object, error: Callable[[], Refusal]) -> int:
    """A number from a path or a body."""
    text = str(value)
    if not re.fullmatch(r"\d{1,18}", text):
        raise error()
    return int(text)
