"""Scripts that the sets write, run as a runner does it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from gitops_actions.testing import repos

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
LINES = "".join(f"line {number}\n" for number in range(20))


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq, which the runners of GitHub have, is not installed")
@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"services/web/a b.txt": "x"}, ["web"]),
        ({"services/web/größe.txt": "x"}, ["web"]),
        ({'services/web/"a\nb"': "x"}, ["web"]),
        ({"services/webs/a": "x", "README.md": "x"}, []),
        ({"services/web/moved": None, "services/api/moved": LINES}, ["web", "api"]),
        ({"go.mod": "x"}, ["web", "api"]),
        ({"libs/x/y": "x"}, ["web", "api"]),
        (None, ["web", "api"]),
    ],
)
def test_which_services_have_changed(
    changed: Mapping[str, str | None] | None, found: list[str], tmp_path: Path
) -> None:
    text = (GOLDEN / "monorepo/full/.github/workflows/shop.yml").read_text(encoding="utf-8")
    step = yaml.safe_load(text)["jobs"]["changes"]["steps"][1]
    repo = repos.bare(tmp_path / "repo", {"README": "x", "services/web/moved": LINES})
    before = repos.git(repo, "rev-parse", "HEAD")
    repos.commit(repo, changed or {"x": "new"}, message="x")
    output = tmp_path / "output"
    environ = {
        "PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(output),
        "SERVICES": step["env"]["SERVICES"], "SHARED": step["env"]["SHARED"],
        "BEFORE": "0" * 40 if changed is None else before,
    }  # fmt: skip
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=repo, env=environ, check=True)
    name, _, value = output.read_text().partition("=")
    assert (name, [each["name"] for each in json.loads(value)]) == ("services", found)


def test_the_base_branch_is_fetched_for_sets_of_the_repository(tmp_path: Path) -> None:
    job = yaml.safe_load((GOLDEN / "dynamic/default/.gitlab-ci.yml").read_text(encoding="utf-8"))["generate"]
    *_, component = yaml.safe_load_all((ROOT / "templates/generate-check.yml").read_text(encoding="utf-8"))
    assert job["script"] == component["$[[ inputs.job-name ]]"]["script"]
    served = repos.bare(tmp_path / "served", {".gitops/templates/own/set.yaml": "x"})
    repos.commit(served, {"a": "b"}, message="x", branch="request", start="main")
    repos.git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=request", f"file://{served}", "clone")
    for more, base in ({}, "main"), ({"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "request"}, "request"):
        environ = {"PATH": os.environ["PATH"], "CI_DEFAULT_BRANCH": "main", **more}
        subprocess.run(["sh", "-euc", job["script"][0]], cwd=tmp_path / "clone", env=environ, check=True)
        fetched = repos.git(tmp_path / "clone", "rev-parse", f"refs/remotes/origin/{base}")
        assert fetched == repos.git(served, "rev-parse", base)


@pytest.mark.parametrize(
    ("registry", "secret", "auths"),
    [
        ("docker.io", "p:w", {"https://index.docker.io/v1/": {"auth": "dTpwOnc="}}),
        ("registry.example.com:5000", "p:w", {"registry.example.com:5000": {"auth": "dTpwOnc="}}),
        ("docker.io", "", None),
    ],
)
def test_credentials_are_for_one_registry(registry: str, secret: str, auths: object, tmp_path: Path) -> None:
    job = yaml.safe_load((GOLDEN / "container/full/.gitlab-ci.yml").read_text(encoding="utf-8"))["build"]
    environ = {"HOME": str(tmp_path), "REGISTRY": registry, "REGISTRY_LOGIN": "u", "REGISTRY_SECRET": secret}
    environ["PATH"] = os.environ["PATH"]
    subprocess.run(["sh", "-euc", job["script"][0]], env=environ, check=True)
    written = tmp_path / ".docker/config.json"
    assert (json.loads(written.read_text())["auths"] if written.exists() else None) == auths


@contextmanager
def registry() -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    """A registry of packages that takes everything: where it is, and what it was sent (path, authorization, body)."""
    sent: list[tuple[str, str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(404)

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent.append((self.path, self.headers["Authorization"], body))
            self._answer(201)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", sent
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_a_node_library_is_published(tmp_path: Path) -> None:
    about = {"name": "@acme/lib", "version": "1.2.3"}
    (tmp_path / "package.json").write_text(json.dumps(about))
    (tmp_path / "package-lock.json").write_text(json.dumps({**about, "lockfileVersion": 3, "packages": {"": about}}))
    jobs = yaml.safe_load((GOLDEN / "package/full-node/.gitlab-ci.yml").read_text(encoding="utf-8"))
    with registry() as (host, sent):
        environ = {
            "PATH": os.environ["PATH"], "HOME": str(tmp_path), "CI_SERVER_FQDN": host, "CI_JOB_TOKEN": "s3sam",
            "CI_API_V4_URL": f"http://{host}/api/v4", "CI_PROJECT_ID": "7", "npm_config_update_notifier": "false",
        }  # fmt: skip
        for job in ("build", "publish"):
            script = "\n".join(jobs[job]["script"])
            subprocess.run(["sh", "-euc", script], cwd=tmp_path, env=environ, check=True, capture_output=True)
    ((path, authorization, body),) = sent
    assert (path, authorization) == ("/api/v4/projects/7/packages/npm/@acme%2flib", "Bearer s3sam")
    assert json.loads(body)["dist-tags"] == {"latest": "1.2.3"}
    assert "s3sam" not in (tmp_path / ".npmrc").read_text()
