"""Comments of requests."""

from __future__ import annotations

from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.records import Comment, Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import Refusal
from gitops_actions.testing.github.work.requests import BODY, Requests


class Comments(Requests):
    """Work on comments."""

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
        if len(body) > BODY:
            raise Refusal(422, "Validation Failed", errors=[
                {"resource": "IssueComment", "code": "unprocessable", "field": "data",
                 "message": f"Body is too long (maximum is {BODY} characters)"}])  # fmt: skip
        return body
