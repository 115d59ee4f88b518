"""What a server may do to a push."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gitops_actions.testing.githttp import GitServer
from gitops_actions.testing.world import POLICY, World

HOOK = """\
#!/bin/sh
echo push >> {count}
echo 'main is protected: ask the platform team' >&2
exit 1
"""


def test_a_refusal_is_told_in_the_servers_words(world: World) -> None:
    count = world.root / "pushes"
    hook = world.config / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK.format(count=count))
    hook.chmod(0o755)
    tip = world.tip()
    done = world.deploy("1.0.1", code=4)
    assert done.outcomes == [("dev", "refused")]
    assert "main is protected: ask the platform team" in done.results[0]["findings"][0]["message"]
    assert 1 <= len(count.read_text().splitlines()) <= 2
    assert world.tip() == tip


def test_an_answer_that_was_lost_is_looked_up(world: World) -> None:
    with GitServer(world.config.parent) as server:
        server.fault(1, "drop-after")
        done = world.run("deploy", "--config-repo", f"{server.url}/config.git", "--image", "ghcr.io/acme/web:1.0.1")
        pushes = [path for method, path in server.requests if method == "POST" and path.endswith("git-receive-pack")]
    assert done.outcomes == [("dev", "committed")]
    assert done.results[0]["commit"] == world.tip()
    assert len(pushes) == 1


def test_a_request_that_never_arrived_is_made_again(world: World) -> None:
    with GitServer(world.config.parent) as server:
        server.fault(1, "drop-before")
        done = world.run("deploy", "--config-repo", f"{server.url}/config.git", "--image", "ghcr.io/acme/web:1.0.1")
    assert done.outcomes == [("dev", "committed")]
    assert world.tag("dev") == "1.0.1"


def test_credentials_come_from_the_environment_only(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds(POLICY)
    with GitServer(world.config.parent, token="s3cret-t0ken") as server:
        url = f"{server.url}/config.git"
        where = ("deploy", "--config-repo", url, "--image", "ghcr.io/acme/web:1.0.1")
        denied = world.run(*where, code=4)
        assert "GITOPS_TOKEN" in denied.errors
        wrong = world.run(*where, code=4, environ={"GITOPS_TOKEN": "wr0ng-t0ken"})
        assert "wr0ng-t0ken" not in wrong.errors + wrong.output
        done = world.run(*where, environ={"GITOPS_TOKEN": "s3cret-t0ken"})
        assert done.outcomes == [("dev", "committed")]
        assert "s3cret-t0ken" not in done.errors + done.output
        inside = world.run("deploy", "--config-repo", url.replace("//", "//me:s3cret-t0ken@"), code=2)
        assert "s3cret-t0ken" not in inside.errors


def test_a_request_needs_a_forge(worlds: Callable[..., World]) -> None:
    world = worlds(POLICY.replace("dev: {deliver: push}", "dev: {}"))
    with GitServer(world.config.parent) as server:
        where = ("deploy", "--config-repo", f"{server.url}/config.git", "--image", "ghcr.io/acme/web:1.0.1")
        assert "no forge" in world.run(*where, code=2).errors
        assert "no forge" in world.run(*where, "--plan", code=2).errors
        assert world.tip("gitops/dev/web") is None


def test_a_refused_auto_merge_tells_what_was_done(worlds: Callable[..., World]) -> None:
    world = worlds(POLICY.replace("dev: {deliver: push}", "dev: {}"))
    hook = world.config / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\nwhile read old new ref; do [ "$ref" != refs/heads/main ] || exit 1; done\n')
    hook.chmod(0o755)
    done = world.deploy("1.0.1", "--auto-merge", code=4)
    assert done.results[0]["pull_request"]["number"] == 1
    assert done.results[0]["commit"] == world.tip("gitops/dev/web")
    assert done.results[0]["outcome"] == "opened"
