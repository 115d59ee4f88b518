"""Users, bots, organizations, teams and Apps in JSON."""

from __future__ import annotations

from gitops_actions.testing.github.records import Account, App, Team
from gitops_actions.testing.github.shapes.addresses import Addresses, Json
from gitops_actions.testing.github.state import node_id, stamp


class AccountShapes(Addresses):
    """Who there is."""

    def account(self, account: Account) -> Json:
        """``simple-user``."""
        url = f"{self.api}/users/{account.login}"
        return {
            "login": account.login,
            "id": account.id,
            "node_id": node_id({"Bot": "BOT", "Organization": "O"}.get(account.type, "U"), account.login),
            "avatar_url": f"{self.web}/avatars/u/{account.id}",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.web}/{account.login}",
            "followers_url": f"{url}/followers",
            "following_url": f"{url}/following{{/other_user}}",
            "gists_url": f"{url}/gists{{/gist_id}}",
            "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
            "subscriptions_url": f"{url}/subscriptions",
            "organizations_url": f"{url}/orgs",
            "repos_url": f"{url}/repos",
            "events_url": f"{url}/events{{/privacy}}",
            "received_events_url": f"{url}/received_events",
            "type": account.type,
            "user_view_type": "public",
            "site_admin": False,
        }

    def user(self, account: Account) -> Json:
        """``public-user``."""
        return {
            **self.account(account),
            "name": account.name,
            "company": None,
            "blog": "",
            "location": None,
            "email": account.email,
            "hireable": None,
            "bio": None,
            "twitter_username": None,
            "public_repos": 0,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "created_at": stamp(0),
            "updated_at": stamp(0),
        }

    def team(self, team: Team, owner: Account) -> Json:
        """``team``."""
        url = f"{self.api}/organizations/{owner.id}/team/{team.id}"
        return {
            "id": team.id,
            "node_id": node_id("T", owner.login, team.slug),
            "url": url,
            "html_url": f"{self.web}/orgs/{owner.login}/teams/{team.slug}",
            "name": team.name,
            "slug": team.slug,
            "description": None,
            "privacy": "closed",
            "notification_setting": "notifications_enabled",
            "permission": "pull",
            "members_url": f"{url}/members{{/member}}",
            "repositories_url": f"{url}/repos",
            "type": "organization",
            "parent": None,
        }

    def app(self, app: App) -> Json:
        """``integration``."""
        return {
            "id": app.id,
            "slug": app.slug,
            "client_id": app.client_id,
            "node_id": node_id("A", app.id),
            "owner": self.account(app.bot),
            "name": app.slug,
            "description": None,
            "external_url": f"{self.web}/apps/{app.slug}",
            "html_url": f"{self.web}/apps/{app.slug}",
            "created_at": stamp(0),
            "updated_at": stamp(0),
            "permissions": dict(app.permissions),
            "events": [],
        }
