"""`status` and `history` where an environment is not there yet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gitops_actions.cli import history, status
from gitops_actions.cli.settings import Settings
from gitops_actions.errors import UsageError
from gitops_actions.testing.repos import bare

POLICY = """\
version: 1
environments:
  dev: {}
  production: {after: dev, branch: env/production}
apps:
  web:
    image: ghcr.io/acme/web
    edits:
      - kustomize: web/{environment}
"""
RECORD = "app: web\nenvironment: dev\nversion: 1.0.0\nimages:\n  - ghcr.io/acme/web:1.0.0\n"
FILES = {
    "gitops.yaml": POLICY,
    "web/dev/kustomization.yaml": "images:\n  - name: ghcr.io/acme/web\n    newTag: 1.0.0\n",
    ".gitops/releases/dev/web.yaml": RECORD,
}


def run(command: Any, folder: Path, *arguments: str) -> Result:
    where = ("--config-repo", str(folder / "config.git"), *arguments)
    return CliRunner().invoke(command, where, obj=Settings("json", 0, {}, 0))


@pytest.mark.parametrize(("module", "key"), [(status, "cells"), (history, "entries")])
def test_an_environment_whose_branch_is_not_there_yet_is_empty(tmp_path: Path, module: Any, key: str) -> None:
    bare(tmp_path / "config.git", FILES)
    result = run(module.command, tmp_path)
    assert result.exit_code == 0, result.exception
    versions = {one["environment"]: one["version"] for one in json.loads(result.stdout)[key]}
    assert versions == {"dev": "1.0.0", **({"production": None} if module is status else {})}
    assert "environment production is empty: there is no branch 'env/production'" in result.stderr
    result = run(module.command, tmp_path, "-e", "dev")
    assert (result.exit_code, result.stderr) == (0, ""), result.exception
    result = run(module.command, tmp_path, "-e", "production")
    assert isinstance(result.exception, UsageError)
    assert "no branch 'env/production'" in str(result.exception)
