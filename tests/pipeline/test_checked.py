"""What the platforms, and those who audit them, say of the golden files, and of our own workflows: nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gitops_actions.testing import repos
from tests.checkers import audited, fits_schema, node, npm_package, said

HERE = Path(__file__).parent
OURS = HERE.parent.parent.glob(".github/workflows/*.yml")
WORKFLOWS = sorted([*HERE.glob("golden/*/*/.github/workflows/*.yml"), *OURS])
PIPELINES = sorted([*HERE.glob("golden/*/*/.gitlab-ci.yml"), *HERE.glob("golden/*/*/.gitlab/ci/*.yml")])
ROOTS = sorted(HERE.glob("golden/*/*/.gitlab-ci.yml"))


def test_workflows_fit_the_schema() -> None:
    fits_schema("vendor.github-workflows", *WORKFLOWS)


def test_pipelines_fit_the_schema() -> None:
    fits_schema("vendor.gitlab-ci", *PIPELINES)


def test_zizmor_finds_nothing() -> None:
    audited(*WORKFLOWS)


def test_the_editor_of_github_has_no_complaint(tmp_path: Path) -> None:
    """`@actions/languageservice` is what GitHub's own editor and its extension for VS Code say; `workflow-parser` in it
    is what GitHub reads workflows with (https://github.com/actions/languageservices)."""
    modules = npm_package("@actions/languageservice", "0.3.61").parent.parent
    bundler = npm_package("esbuild", "0.28.2")
    program = tmp_path / "workflows.cjs"
    said(
        node(), bundler / "bin" / "esbuild", HERE / "checkers" / "workflows.mjs", "--bundle", "--platform=node",
        "--format=cjs", f"--outfile={program}", "--log-level=warning",
        env={**os.environ, "NODE_PATH": str(modules)},
    )  # fmt: skip
    assert said(node(), program, *WORKFLOWS) == ""
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "runs-off:"))
    done = subprocess.run([node(), program, broken], capture_output=True, text=True, check=False)
    assert done.returncode == 1, "this checker cannot fail"
    assert "runs-off" in done.stdout


@pytest.mark.parametrize("root", ROOTS, ids=lambda path: f"{path.parent.parent.name}-{path.parent.name}")
def test_gitlab_ci_local_reads_them(root: Path, tmp_path: Path) -> None:
    """https://github.com/firecow/gitlab-ci-local; it has the schema too, which was looked at above."""
    program = npm_package("gitlab-ci-local", "4.75.1") / "dist" / "index.js"
    shutil.copytree(root.parent, tmp_path, dirs_exist_ok=True)
    repos.git(tmp_path, "init", "--quiet", "--initial-branch=main")
    repos.git(tmp_path, "remote", "add", "origin", "https://gitlab.com/acme/web.git")
    repos.git(tmp_path, "add", ".")
    repos.git(tmp_path, "commit", "--quiet", "-m", "x")
    repos.git(tmp_path, "update-ref", "refs/remotes/origin/main", "HEAD")
    repos.git(tmp_path, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    environ = {**os.environ, "HOME": str(tmp_path)}
    quick = "--json-schema-validation=false"
    listed = said(node(), program, "--list-json", quick, cwd=tmp_path, env=environ)
    jobs, _ = json.JSONDecoder().raw_decode(listed)
    shown = said(node(), program, "--preview", quick, cwd=tmp_path, env=environ)
    assert jobs
    assert all(f"\n{job['name']}:" in shown or f"\n'{job['name']}':" in shown for job in jobs)
