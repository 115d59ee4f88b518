"""Commits and comparisons (https://docs.github.com/en/rest/commits)."""

from __future__ import annotations

import json

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.github.records import CheckRun
from gitops_actions.testing.github.rest.routing import Ask, bounded, commit_of, resolved, route
from gitops_actions.testing.github.state import Refusal


@route("GET", "/repos/{owner}/{repo}/commits")
def _commits(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    query = ask.call.query
    start = repository.objects.resolve(query.get("sha") or repository.objects.head())
    if start is None:
        if not repository.objects.refs("refs/heads/"):
            raise Refusal(409, "Git Repository is empty.")
        raise Refusal(404, "Not Found")
    ids = repository.objects.history(start, query.get("path"))
    found = [one for id in ids if (one := repository.objects.commit(id)) is not None]
    return ask.page([ask.shapes.commit(repository, one) for one in found])


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}/status")
def _combined_status(ask: Ask) -> Answer:
    repository = ask.repository("statuses")
    sha = resolved(repository, ask.values["ref"])
    newest = {one.context: one for one in repository.statuses.get(sha, ())}
    states = [one.state for one in newest.values()]
    worst = "failure" if {"error", "failure"} & set(states) else "success"
    state = "pending" if not states or (worst == "success" and "pending" in states) else worst
    url = ask.shapes.root(repository)
    page = ask.page([ask.shapes.status(repository, sha, one, simple=True) for one in newest.values()])
    return Answer.of(200, {
        "state": state,
        "statuses": json.loads(page.body),
        "sha": sha,
        "total_count": len(newest),
        "repository": ask.shapes.repository(repository, None),
        "commit_url": f"{url}/commits/{sha}",
        "url": f"{url}/commits/{sha}/status",
    }, {name: value for name, value in page.headers.items() if name == "Link"})  # fmt: skip


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}/statuses")
def _statuses(ask: Ask) -> Answer:
    repository = ask.repository("statuses")
    sha = resolved(repository, ask.values["ref"])
    newest_first = reversed(repository.statuses.get(sha, ()))
    return ask.page([ask.shapes.status(repository, sha, one) for one in newest_first])


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}/check-runs")
def _check_runs(ask: Ask) -> Answer:
    repository = ask.repository("checks")
    sha = resolved(repository, ask.values["ref"])
    found = [one for one in repository.checks.values() if one.sha == sha]
    name = ask.call.query.get("check_name")
    if name is not None:
        found = [one for one in found if one.name == name]
    if ask.call.query.get("filter", "latest") == "latest":
        found = list({(one.app.id, one.name): one for one in found}.values())
    return ask.page([ask.shapes.check(repository, one) for one in reversed(found)], "check_runs")


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}/pulls")
def _commit_requests(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    sha = resolved(repository, ask.values["ref"])
    found = [
        one
        for one in repository.requests.values()
        if sha in (one.head_sha, one.merge_commit)
        or (one.state == "open" and sha in repository.objects.between(one.base_sha, one.head_sha))
    ]
    return ask.page([ask.shapes.request(repository, one) for one in found])


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}")
def _one_commit(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    commit = commit_of(repository, resolved(repository, ask.values["ref"]))
    old = commit.parents[0] if commit.parents else _EMPTY_TREE
    files = ask.shapes.files(repository, old, commit.id) if commit.parents else []
    added, deleted = sum(one["additions"] for one in files), sum(one["deletions"] for one in files)
    stats = {"additions": added, "deletions": deleted, "total": added + deleted}
    return Answer.of(200, {**ask.shapes.commit(repository, commit), "stats": stats, "files": files})


_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_COMPARED = 250  # commits that a comparison shows when nobody asks for pages


@route("GET", "/repos/{owner}/{repo}/compare/{range+}")
def _compare(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    objects = repository.objects
    base_name, dots, head_name = ask.values["range"].partition("...")
    prefix = f"{repository.owner.login}:"
    base, head = (objects.resolve(name.removeprefix(prefix)) for name in (base_name, head_name))
    if not dots or base is None or head is None:
        raise Refusal(404, "Not Found")
    fork = objects.merge_base(base, head)
    if fork is None:
        raise Refusal(404, f"No common ancestor between {base_name} and {head_name}.")
    ahead, behind = objects.between(base, head), objects.between(head, base)
    status = "identical" if base == head else "diverged" if ahead and behind else "ahead" if ahead else "behind"
    url, page = ask.shapes.root(repository), ask.shapes.page(repository)
    where = ask.values["range"]
    # https://docs.github.com/en/rest/commits/commits#compare-two-commits: who asks for no page gets the newest 250, the
    # oldest of them first. Pages begin with the oldest of all, and only the first one has the files.
    paged = not ask.call.query.keys().isdisjoint({"page", "per_page"})
    size = bounded(ask.call.query.get("per_page"), 30, 100) if paged else _COMPARED
    number = bounded(ask.call.query.get("page"), 1, 10**9)
    shown = ahead[(number - 1) * size : number * size] if paged else ahead[-size:]
    last = max(1, -(-len(ahead) // size)) if paged else 1
    links = [f'<{ask.link(number + 1)}>; rel="next"', f'<{ask.link(last)}>; rel="last"'] if number < last else []
    return Answer.of(200, {
        "url": f"{url}/compare/{where}",
        "html_url": f"{page}/compare/{where}",
        "permalink_url": f"{page}/compare/{base}...{head}",
        "diff_url": f"{page}/compare/{where}.diff",
        "patch_url": f"{page}/compare/{where}.patch",
        "base_commit": ask.shapes.commit(repository, commit_of(repository, base)),
        "merge_base_commit": ask.shapes.commit(repository, commit_of(repository, fork)),
        "status": status,
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [ask.shapes.commit(repository, commit_of(repository, id)) for id in shown],
        "files": ask.shapes.files(repository, fork, head)[:300] if number == 1 else [],
    }, {"Link": ", ".join(links)} if links else {})  # fmt: skip


@route("POST", "/repos/{owner}/{repo}/statuses/{sha}")
def _set_status(ask: Ask) -> Answer:
    repository = ask.repository("statuses", "write")
    sha = ask.values["sha"]
    made = ask.work.set_status(
        ask.token,
        repository,
        sha,
        state=ask.document().get("state"),
        context=ask.text("context") or "default",
        description=ask.text("description"),
        target=ask.text("target_url"),
    )
    shown = ask.shapes.status(repository, sha, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


@route("POST", "/repos/{owner}/{repo}/check-runs")
def _create_check(ask: Ask) -> Answer:
    repository = ask.repository("checks", "write")
    if ask.token is None or ask.token.app is None:
        raise Refusal(403, "You must authenticate via a GitHub App.", kind="FORBIDDEN")
    document = ask.document()
    sha, name = ask.needed("head_sha"), ask.needed("name")
    if repository.objects.kind(sha) != "commit":
        raise Refusal(422, f"No commit found for SHA: {sha}")
    app = ask.world.apps[ask.token.app]
    output = document.get("output") or {}
    conclusion = ask.text("conclusion")
    now = ask.world.clock()
    status = "completed" if conclusion else ask.text("status") or "queued"
    run = CheckRun(
        next(ask.world.ids), name, sha, status, conclusion, ask.text("details_url"), ask.text("external_id"),
        output.get("title"), output.get("summary"), app, now, now if status == "completed" else None,
    )  # fmt: skip
    repository.checks[run.id] = run
    ask.work.follow(repository)
    return Answer.of(201, ask.shapes.check(repository, run))


@route("PATCH", "/repos/{owner}/{repo}/check-runs/{id}")
def _update_check(ask: Ask) -> Answer:
    repository = ask.repository("checks", "write")
    run = repository.checks.get(ask.number("id"))
    if run is None:
        raise Refusal(404, "Not Found")
    run.conclusion = ask.text("conclusion") or run.conclusion
    run.status = "completed" if run.conclusion else ask.text("status") or run.status
    run.completed = ask.world.clock() if run.status == "completed" else None
    ask.work.follow(repository)
    return Answer.of(200, ask.shapes.check(repository, run))
