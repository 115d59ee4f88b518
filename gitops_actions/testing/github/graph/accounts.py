"""Users, bots, organizations, teams and the people in commits as nodes."""

from __future__ import annotations

from gitops_actions.testing.github.graph.finding import Finder
from gitops_actions.testing.github.graph.paging import Node
from gitops_actions.testing.github.records import Account, Team
from gitops_actions.testing.github.state import node_id, stamp
from gitops_actions.testing.github.stored import Person


class AccountNodes(Finder):
    """Who there is."""

    def account(self, account: Account) -> Node:
        """User, Bot or Organization."""
        shape = self.shapes.account(account)
        return {
            "__typename": account.type,
            "id": shape["node_id"],
            "databaseId": account.id,
            "login": account.login,
            "url": shape["html_url"],
            "resourcePath": f"/{account.login}",
            "name": account.name,
            "email": account.email or "",
            "avatarUrl": lambda _info, **_given: shape["avatar_url"],
            "team": lambda _info, slug: self._team(account, slug),
        }

    def _team(self, owner: Account, slug: str) -> Node | None:
        found = self.world.teams_of(owner).get(slug.lower())
        return self.team(found, owner.login) if found else None

    def team(self, team: Team, owner: str) -> Node:
        """Team."""
        account = self.world.account(owner)
        return {
            "__typename": "Team",
            "id": node_id("T", owner, team.slug),
            "name": team.name,
            "slug": team.slug,
            "combinedSlug": f"{owner}/{team.slug}",
            "organization": lambda _info: self.account(account) if account else None,
        }

    def actor(self, person: Person) -> Node:
        """GitActor."""
        found = next((one for one in self.world.accounts.values() if one.mail == person.email), None)
        return {
            "name": person.name,
            "email": person.email,
            "date": stamp(person.time),
            "user": lambda _info: self.account(found) if found is not None and found.type == "User" else None,
            "avatarUrl": lambda _info, **_given: f"{self.shapes.web}/avatars/u/{found.id if found else 0}",
        }

    def me(self) -> Node:
        """Who asks."""
        return self.account(self.token.account)
