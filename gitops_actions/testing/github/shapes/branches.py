"""Branches and their protection in JSON."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote

from gitops_actions.testing.github.repository import Protection, Repository
from gitops_actions.testing.github.shapes.addresses import Json
from gitops_actions.testing.github.shapes.git import GitShapes
from gitops_actions.testing.github.state import stamp
from gitops_actions.testing.github.stored import CommitObject


class BranchShapes(GitShapes):
    """Branches and their protection."""

    def branch(self, repository: Repository, name: str, sha: str) -> Json:
        """``short-branch``."""
        protected = repository.protection(name) is not None
        return {
            "name": name,
            "commit": {"sha": sha, "url": f"{self.root(repository)}/commits/{sha}"},
            "protected": protected,
        }

    def branch_in_full(self, repository: Repository, name: str, commit: CommitObject) -> Json:
        """``branch-with-protection``."""
        url = f"{self.root(repository)}/branches/{quote(name, safe='')}"
        protection = repository.protection(name)
        classic = protection if protection is not None and not protection.ruleset else None
        return {
            "name": name,
            "commit": self.commit(repository, commit),
            "_links": {"self": url, "html": f"{self.page(repository)}/tree/{quote(name)}"},
            "protected": protection is not None,
            "protection": {
                "enabled": classic is not None,
                "required_status_checks": {
                    "enforcement_level": "everyone" if classic and classic.checks else "off",
                    "contexts": list(classic.checks) if classic else [],
                    "checks": [{"context": one, "app_id": None} for one in classic.checks] if classic else [],
                },
            },
            "protection_url": f"{url}/protection",
        }

    def protection(self, repository: Repository, branch: str, protection: Protection) -> Json:
        """``branch-protection``."""
        url = f"{self.root(repository)}/branches/{quote(branch, safe='')}/protection"
        made: Json = {
            "url": url,
            "required_signatures": {"url": f"{url}/required_signatures", "enabled": protection.signatures},
            "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": True},
            "required_linear_history": {"enabled": protection.linear},
            "allow_force_pushes": {"enabled": protection.force},
            "allow_deletions": {"enabled": protection.deletions},
            "block_creations": {"enabled": False},
            "required_conversation_resolution": {"enabled": False},
            "lock_branch": {"enabled": False},
            "allow_fork_syncing": {"enabled": False},
        }
        if protection.checks:
            made["required_status_checks"] = {
                "url": f"{url}/required_status_checks",
                "strict": protection.strict,
                "contexts": list(protection.checks),
                "contexts_url": f"{url}/required_status_checks/contexts",
                "checks": [{"context": context, "app_id": None} for context in protection.checks],
            }
        if protection.pull_requests:
            made["required_pull_request_reviews"] = {
                "url": f"{url}/required_pull_request_reviews",
                "dismiss_stale_reviews": False,
                "require_code_owner_reviews": False,
                "require_last_push_approval": False,
                "required_approving_review_count": protection.approvals,
                **({"bypass_pull_request_allowances": self._actors(protection.bypass)} if protection.bypass else {}),
            }
        if protection.pushers is not None:
            kinds = {f"{kind}_url": f"{url}/restrictions/{kind}" for kind in ("users", "teams", "apps")}
            made["restrictions"] = {"url": f"{url}/restrictions", **kinds, **self._actors(protection.pushers)}
        return made

    def _actors(self, logins: Collection[str]) -> Json:
        """People and Apps, as protections list them."""
        people = [one for login in logins if (one := self.world.account(login)) is not None and one.type == "User"]
        apps = [one for one in self.world.apps.values() if one.bot.login in logins]
        return {"users": [self.account(one) for one in people], "teams": [], "apps": [self.app(one) for one in apps]}

    def ruleset(self, repository: Repository, pattern: str, login: str | None) -> Json:
        """``repository-ruleset`` as somebody sees it."""
        protection = repository.protections[pattern]
        return {
            **self.ruleset_in_short(repository, pattern),
            "conditions": {"ref_name": {"include": [f"refs/heads/{pattern}"], "exclude": []}},
            "rules": [
                {name: rule[name] for name in ("type", "parameters") if name in rule}
                for rule in self.rules(repository, pattern)
            ],
            "current_user_can_bypass": "always" if login in protection.bypass else "never",
        }

    def ruleset_in_short(self, repository: Repository, pattern: str) -> Json:
        """The same in a list."""
        number = list(repository.protections).index(pattern) + 1
        return {
            "id": number,
            "name": f"rules of {pattern}",
            "target": "branch",
            "source_type": "Repository",
            "source": repository.full_name,
            "enforcement": "active",
            "node_id": f"RRS_{number}",
            "created_at": stamp(repository.created),
            "updated_at": stamp(repository.created),
        }

    def rules(self, repository: Repository, pattern: str) -> list[Json]:
        """What ``GET /repos/{owner}/{repo}/rules/branches/{branch}`` lists of a ruleset."""
        protection, number = repository.protections[pattern], list(repository.protections).index(pattern) + 1
        source = {"ruleset_source_type": "Repository", "ruleset_source": repository.full_name, "ruleset_id": number}
        found: list[Json] = []
        if protection.creation:
            found.append({"type": "creation", **source})
        if not protection.deletions:
            found.append({"type": "deletion", **source})
        if not protection.force:
            found.append({"type": "non_fast_forward", **source})
        if protection.linear:
            found.append({"type": "required_linear_history", **source})
        if protection.signatures:
            found.append({"type": "required_signatures", **source})
        if protection.pull_requests:
            found.append({
                "type": "pull_request",
                **source,
                "parameters": {
                    "allowed_merge_methods": list(protection.methods),
                    "dismiss_stale_reviews_on_push": False,
                    "require_code_owner_review": False,
                    "require_last_push_approval": False,
                    "required_approving_review_count": protection.approvals,
                    "required_review_thread_resolution": False,
                },
            })  # fmt: skip
        if protection.checks:
            found.append({
                "type": "required_status_checks",
                **source,
                "parameters": {
                    "required_status_checks": [{"context": context} for context in protection.checks],
                    "strict_required_status_checks_policy": protection.strict,
                },
            })  # fmt: skip
        if protection.queue:
            found.append({
                "type": "merge_queue",
                **source,
                "parameters": {
                    "check_response_timeout_minutes": 60,
                    "grouping_strategy": "ALLGREEN",
                    "max_entries_to_build": 5,
                    "max_entries_to_merge": 5,
                    "merge_method": "MERGE",
                    "min_entries_to_merge": 1,
                    "min_entries_to_merge_wait_minutes": 5,
                },
            })  # fmt: skip
        return found
