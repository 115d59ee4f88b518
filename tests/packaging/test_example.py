"""The example plugin: installed as a user would, it is listed, checked, deployed with, and keeps the contract."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gitops_actions.testing import repos

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "edit-kind-plugin"
POLICY = """\
version: 1
environments:
  dev: {deliver: push}
apps:
  web:
    image: ghcr.io/acme/web
    edits:
      - dotenv: compose/{environment}/.env
        path: WEB_TAG
        value: "{tag}"
      - dotenv: compose/{environment}/.env
        path: WEB_VERSION
"""
ENV = "# web in dev\nWEB_TAG='1.0' # by CI\r\nexport WEB_VERSION=1.0\nAPI_TAG=1.0"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, and beside it a folder with what pip made of it."""
    folder = tmp_path_factory.mktemp("example")
    source = shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    done = subprocess.run(
        [*pip, "--no-build-isolation", "--target", str(folder / "site"), str(source)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


def run(installed: Path, *arguments: str, code: int = 0) -> str:
    """What a Python module prints that can import the plugin as it is installed."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(installed), "PYTHONPATH": str(installed / "site")}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=installed, env=environ, check=False, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr if code else done.stdout


def test_it_is_listed(installed: Path) -> None:
    lines = [line.split(maxsplit=2) for line in run(installed, "gitops_actions", "plugins").splitlines()]
    assert ["editors", "dotenv", "an installed package"] in lines


def test_it_is_checked_and_deployed_with(installed: Path, tmp_path: Path) -> None:
    repo = repos.bare(tmp_path / "deploy.git", {"gitops.yaml": POLICY, "compose/dev/.env": ENV})
    assert "Everything is fine." in run(installed, "gitops_actions", "validate", "--config-repo", str(repo))
    deploy = ("deploy", "--config-repo", str(repo), "--app", "web", "--image", "ghcr.io/acme/web:1.10")
    run(installed, "gitops_actions", *deploy)
    assert repos.show(repo, "main", "compose/dev/.env").decode() == ENV.replace(
        "WEB_TAG='1.0'", "WEB_TAG='1.10'"
    ).replace("WEB_VERSION=1.0", "WEB_VERSION=1.10")
    tip = repos.git(repo, "rev-parse", "main")
    run(installed, "gitops_actions", *deploy)
    assert repos.git(repo, "rev-parse", "main") == tip
    assert "1.10" in run(installed, "gitops_actions", "status", "--config-repo", str(repo))


def test_what_it_does_not_take_is_refused(installed: Path, tmp_path: Path) -> None:
    policy = POLICY.replace("path: WEB_VERSION", "on-missing: create")
    repo = repos.bare(tmp_path / "deploy.git", {"gitops.yaml": policy, "compose/dev/.env": ENV})
    said = run(installed, "gitops_actions", "validate", "--config-repo", str(repo), code=2)
    lines = policy.splitlines()
    here = lines.index("        on-missing: create") + 1
    assert f"gitops.yaml:{here - 1}:9: an edit of kind dotenv needs the key `path`" in said
    assert f"gitops.yaml:{here}:9: an edit of kind dotenv has no key 'on-missing'" in said
    (tmp_path / ".env").write_text(ENV)
    edit = ("gitops_actions", "edit", "dotenv", str(tmp_path / ".env"), "--version", "2")
    assert "needs a path" in run(installed, *edit, code=2)
    assert "has no use for --create here" in run(installed, *edit, "--path", "WEB_TAG", "--create", code=2)
    assert "has no use for --version here" in run(installed, *edit, "--path", "WEB_TAG", "--value", "3", code=2)
    assert "1.0 -> 2" in run(installed, *edit, "--path", "WEB_TAG")


def test_its_own_tests_pass(installed: Path) -> None:
    tests = installed / "tests"  # away from the module, so that the installed one is imported
    tests.mkdir()
    shutil.copy(EXAMPLE / "test_gitops_actions_dotenv.py", tests)
    done = run(installed, "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", str(tests))
    assert "100%" in done
