"""The answers have the fields of the documented examples (fields.json names the page of each)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.testing.gitlab.conftest import Ground

FIELDS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("fields.json").read_text(encoding="utf-8"))


def missing(document: Any, fields: list[str]) -> list[str]:
    """The fields that a document lacks; `a.b` is b inside a, `a[].b` b inside the first of a."""
    return [field for field in fields if not _has(document, field.split("."))]


def _has(document: Any, parts: list[str]) -> bool:
    if not parts:
        return True
    name = parts[0].removesuffix("[]")
    if not isinstance(document, dict) or name not in document:
        return False
    inner = document[name]
    if parts[0].endswith("[]"):
        return bool(inner) and _has(inner[0], parts[1:])
    return _has(inner, parts[1:])


def attributes(one: Any) -> dict[str, Any]:
    """What was answered."""
    found: dict[str, Any] = one.attributes
    return found


def answers(ground: Ground) -> dict[str, Callable[[], Any]]:
    """How to get an answer of each kind."""
    api, client, sha = ground.api, ground.client, ground.project.refs["main"]
    actions = [{"action": "create", "file_path": "x", "content": "x"}]
    commit = {"branch": "b", "start_branch": "main", "commit_message": "m", "actions": actions}
    deployment = {"environment": "dev", "sha": sha, "ref": "main", "tag": False, "status": "success"}

    def status() -> Any:
        return api.commits.get(sha).statuses.create({"state": "success", "name": "gitops/dev"})

    def compared() -> Any:
        ground.change("b", {"x": "1"})
        return api.repository_compare("main", "b")

    def after(first: Callable[[], Any], then: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            first()
            return then()

        return run

    return {
        "branch": lambda: api.branches.get("main"),
        "branches": lambda: api.branches.list(get_all=True)[0],
        "created branch": lambda: api.branches.create({"branch": "b", "ref": "main"}),
        "commit": lambda: api.commits.get(sha),
        "commits": lambda: api.commits.list(get_all=True)[0],
        "created commit": lambda: api.commits.create(commit),
        "commit diff": lambda: next(iter(api.commits.get(sha).diff(iterator=True))),
        "signature": lambda: api.commits.get(ground.change("b", {"x": "1"})).signature(),
        "statuses": after(status, lambda: api.commits.get(sha).statuses.list(get_all=True)[0]),
        "set status": status,
        "file": lambda: api.files.get("README.md", "main"),
        "tree": lambda: next(iter(api.repository_tree(iterator=True))),
        "compare": compared,
        "merge base": after(lambda: ground.change("b", {"x": "1"}), lambda: api.repository_merge_base(["main", "b"])),
        "merge request": lambda: ground.checked(),
        "merge requests": after(ground.request, lambda: api.mergerequests.list(get_all=True)[0]),
        "created merge request": lambda: ground.request(),
        "updated merge request": lambda: api.mergerequests.update(ground.request().iid, {"title": "New"}),
        "merged merge request": lambda: ground.checked().merge(),
        "head pipeline": lambda: _pipeline(ground),
        "pipelines": after(status, lambda: api.pipelines.list(get_all=True)[0]),
        "note": lambda: ground.request().notes.create({"body": "Hello"}),
        "labels": after(
            lambda: ground.request(labels="dev"), lambda: api.labels.list(get_all=True, with_counts=True)[0]
        ),
        "protected branch": lambda: api.protectedbranches.get("main"),
        "environment": lambda: api.environments.create({"name": "dev"}),
        "environments": after(
            lambda: api.environments.create({"name": "dev"}), lambda: api.environments.list(get_all=True)[0]
        ),
        "deployment": lambda: api.deployments.create(deployment),
        "deployments": after(lambda: api.deployments.create(deployment), lambda: api.deployments.list(get_all=True)[0]),
        "metadata": lambda: client.http_get("/metadata"),
        "token": lambda: client.personal_access_tokens.get("self"),
        "users": lambda: client.users.list(username="ada", get_all=True)[0],
        "member": lambda: api.members_all.list(get_all=True)[0],
        "project": lambda: api,
        "push rule": lambda: client.http_get(f"/projects/{ground.project.id}/push_rule"),
    }


def _pipeline(ground: Ground) -> Any:
    ground.project.ci = ("test",)
    return ground.checked().head_pipeline


@pytest.mark.parametrize("name", FIELDS)
def test_an_answer_has_the_documented_fields(ground: Ground, name: str) -> None:
    document = answers(ground)[name]()
    shown = document if isinstance(document, dict) else attributes(document)
    assert missing(shown, FIELDS[name]["fields"]) == [], FIELDS[name]["url"]


def test_each_kind_of_answer_names_its_page(ground: Ground) -> None:
    assert set(answers(ground)) == set(FIELDS)
    assert all(kind["url"].startswith("https://docs.gitlab.com/api/") for kind in FIELDS.values())
