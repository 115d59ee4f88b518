"""The wheel: what is in it, and that it works far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from gitops_actions import __version__
from gitops_actions.testing import repos

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script in an environment of its own, with this one's dependencies and not its editable install."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index", "--no-deps", "--quiet"]
    subprocess.run([*pip, "--disable-pip-version-check", str(wheel)], check=True, capture_output=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # A path added like this is searched, but its own .pth files (of the editable install) are not read.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin" / "gitops-actions"


def run(script: Path, folder: Path, *arguments: str) -> str:
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder), "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [str(script), *arguments], cwd=folder, env=environ, text=True, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_content(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    templates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "templates").rglob("*") if path.is_file()}
    room = ROOT / "gitops_actions"
    sources = {path.relative_to(ROOT).as_posix() for kind in ("py", "graphql") for path in room.rglob(f"*.{kind}")}
    info = f"gitops_actions-{__version__}.dist-info"
    assert names == {
        "gitops_actions/py.typed",
        *sources,
        *(f"gitops_actions/{name}" for name in templates),
        *(f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")),
    }


def test_version_and_place(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "--version") == f"gitops-actions {__version__}\n"
    command = [str(installed.parent / "python"), "-I", "-c", "import gitops_actions; print(gitops_actions.__file__)"]
    where = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()
    assert Path(where).is_relative_to(installed.parent.parent)


def test_templates_are_found(installed: Path, tmp_path: Path) -> None:
    run(installed, tmp_path, "init", "app")
    assert "config-repo:" in (tmp_path / "gitops.yaml").read_text(encoding="utf-8")


def test_deploy_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    apps = "apps: {web: {image: acme/web, edits: [{kustomize: 'web/{environment}'}]}}\n"
    files = {
        "gitops.yaml": "version: 1\nenvironments: {dev: {deliver: push}}\n" + apps,
        "web/dev/kustomization.yaml": "images:\n  - name: acme/web\n    newTag: 1.0.0\n",
    }
    repos.bare(tmp_path / "config.git", files)
    out = run(installed, tmp_path, "deploy", "--config-repo", "config.git", "--image", "acme/web:1.0.1")
    assert "web 1.0.1 in dev: committed" in out
    assert b"newTag: 1.0.1\n" in repos.show(tmp_path / "config.git", "main", "web/dev/kustomization.yaml")


def test_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    lines = (ROOT / "LICENSE").read_text(encoding="utf-8").splitlines()
    assert [line.strip() for line in lines if line.strip()][:2] == ["Apache License", "Version 2.0, January 2004"]
