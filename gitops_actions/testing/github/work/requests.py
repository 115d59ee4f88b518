"""Pull requests: opened, edited, closed, reopened, made drafts."""

from __future__ import annotations

from typing import Any

from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.records import Request, Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import Refusal
from gitops_actions.testing.github.work.upkeep import Upkeep

BODY = 65536  # characters of a text at most


class Requests(Upkeep):
    """Work on requests."""

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
        if isinstance(body, str) and len(body) > BODY:
            errors.append({"resource": "Issue", "code": "custom", "field": "body",
                           "message": f"body is too long (maximum is {BODY} characters)"})  # fmt: skip
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
        if body is not None and len(body) > BODY:
            errors.append({"resource": "Issue", "code": "custom", "field": "body",
                           "message": f"body is too long (maximum is {BODY} characters)"})  # fmt: skip
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

    def plan(self, token: Token | None, repository: Repository, request: Request, number: int | None) -> None:
        """Give a request a milestone, or (None) take it away."""
        assert token is not None
        if number is not None and number != request.milestone:
            request.milestoned.append((repository.milestones[number].title, self.world.clock(), token.account))
        request.milestone = number
        request.updated = self.world.clock()

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
