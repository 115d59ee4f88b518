"""Branches and their protection in JSON."""

from __future__ import annotations

from urllib.parse import quote

from gitops_actions.testing.github.repository import Protection, Repository
from gitops_actions.testing.github.shapes.addresses import Json
from gitops_actions.testing.github.shapes.git import GitShapes
from gitops_actions.testing.github.stored import CommitObject


class BranchShapes(GitShapes):
    """Branches and their protection."""

    def branch(self, repository: Repository, name: str, sha: str) -> Json:
        """``short-branch``."""
        protected = name in repository.protections
        return {
            "name": name,
            "commit": {"sha": sha, "url": f"{self.root(repository)}/commits/{sha}"},
            "protected": protected,
        }

    def branch_in_full(self, repository: Repository, name: str, commit: CommitObject) -> Json:
        """``branch-with-protection``."""
        url = f"{self.root(repository)}/branches/{quote(name, safe='')}"
        protection = repository.protections.get(name)
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
            }
        return made

    def rules(self, repository: Repository, protection: Protection) -> list[Json]:
        """What ``GET /repos/{owner}/{repo}/rules/branches/{branch}`` lists of a ruleset."""
        source = {"ruleset_source_type": "Repository", "ruleset_source": repository.full_name, "ruleset_id": 1}
        found: list[Json] = []
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
                    "allowed_merge_methods": ["merge", "squash", "rebase"],
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
