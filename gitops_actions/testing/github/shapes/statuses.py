"""Statuses, check runs and deployments in JSON."""

from __future__ import annotations

from gitops_actions.testing.github.records import CheckRun, Deployment, DeploymentStatus, Status
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.shapes.accounts import AccountShapes
from gitops_actions.testing.github.shapes.addresses import Json
from gitops_actions.testing.github.state import node_id, stamp


class StatusShapes(AccountShapes):
    """What is told about commits."""

    def status(self, repository: Repository, sha: str, status: Status, *, simple: bool = False) -> Json:
        """``status``, or ``simple-commit-status``."""
        made: Json = {
            "id": status.id,
            "node_id": node_id("SC", repository.full_name, status.id),
            "url": f"{self.root(repository)}/statuses/{sha}",
            "avatar_url": self.account(status.creator)["avatar_url"],
            "state": status.state,
            "context": status.context,
            "description": status.description,
            "target_url": status.target,
            "created_at": stamp(status.created),
            "updated_at": stamp(status.created),
        }
        return made if simple else {**made, "creator": self.account(status.creator)}

    def check(self, repository: Repository, run: CheckRun) -> Json:
        """``check-run``."""
        url = f"{self.root(repository)}/check-runs/{run.id}"
        return {
            "id": run.id,
            "node_id": node_id("CR", repository.full_name, run.id),
            "head_sha": run.sha,
            "external_id": run.external or "",
            "name": run.name,
            "url": url,
            "html_url": f"{self.page(repository)}/runs/{run.id}",
            "details_url": run.details,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": stamp(run.started),
            "completed_at": None if run.completed is None else stamp(run.completed),
            "output": {
                "title": run.title,
                "summary": run.summary,
                "text": None,
                "annotations_count": 0,
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": run.app.id},
            "app": self.app(run.app),
            "pull_requests": [],
        }

    def deployment(self, repository: Repository, deployment: Deployment) -> Json:
        """``deployment``."""
        url = f"{self.root(repository)}/deployments/{deployment.id}"
        return {
            "id": deployment.id,
            "node_id": node_id("DE", repository.full_name, deployment.id),
            "url": url,
            "sha": deployment.sha,
            "ref": deployment.ref,
            "task": deployment.task,
            "payload": deployment.payload,
            "environment": deployment.environment,
            "original_environment": deployment.environment,
            "description": deployment.description,
            "creator": self.account(deployment.creator),
            "created_at": stamp(deployment.created),
            "updated_at": stamp(deployment.created),
            "statuses_url": f"{url}/statuses",
            "repository_url": self.root(repository),
            "transient_environment": deployment.transient,
            "production_environment": deployment.production,
            "performed_via_github_app": None,
        }

    def deployment_status(self, repository: Repository, deployment: Deployment, status: DeploymentStatus) -> Json:
        """``deployment-status``."""
        url = f"{self.root(repository)}/deployments/{deployment.id}"
        return {
            "id": status.id,
            "node_id": node_id("DES", repository.full_name, status.id),
            "url": f"{url}/statuses/{status.id}",
            "state": status.state,
            "creator": self.account(status.creator),
            "description": status.description,
            "environment": status.environment,
            "target_url": status.target,
            "log_url": status.target,
            "environment_url": status.environment_url,
            "created_at": stamp(status.created),
            "updated_at": stamp(status.created),
            "deployment_url": url,
            "repository_url": self.root(repository),
            "performed_via_github_app": None,
        }
