"""Who is to do something about a request: assignees and reviewers."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.records import Account, Request, Review, Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import Refusal
from gitops_actions.testing.github.work.upkeep import Upkeep


class People(Upkeep):
    """Work on who is asked."""

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
            if account is None or not is_collaborator(repository, account):
                raise _strangers(repository, "users or teams")
            if account.login == request.author.login:
                raise Refusal(422, "Review cannot be requested from pull request author.")
            found.append(account.login)
        known = self.world.teams_of(repository.owner)
        for slug in teams:
            if slug.lower() not in known:
                raise _strangers(repository, "teams")
        request.reviewers += [login for login in found if login not in request.reviewers]
        request.events += [f"asked {login}" for login in found]
        slugs = [known[slug.lower()].slug for slug in teams]
        request.teams += [slug for slug in slugs if slug not in request.teams]

    def review(self, repository: Repository, request: Request, review: Review) -> None:
        """Keep a review. Who has given one is not asked any more."""
        request.reviews.append(review)
        request.reviewers = [login for login in request.reviewers if login != review.author.login]
        self.follow(repository)

    def people(self, logins: Sequence[str]) -> list[Account]:
        """Accounts by login."""
        return [found for login in logins if (found := self.world.account(login)) is not None]


def is_collaborator(repository: Repository, account: Account) -> bool:
    """Whether a person has access to a repository: everybody whom its roles do not shut out."""
    return account.type == "User" and repository.roles.get(account.login) != "none"


def _strangers(repository: Repository, who: str) -> Refusal:
    return Refusal(
        422,
        f"Reviews may only be requested from collaborators. One or more of the {who} you specified is not a "
        f"collaborator of the {repository.full_name} repository.",
    )
