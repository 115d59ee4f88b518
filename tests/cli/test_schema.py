"""`gitops-actions schema`."""

from __future__ import annotations

import json

from click.testing import CliRunner

from gitops_actions import plugins
from gitops_actions.cli.schema import command
from gitops_actions.cli.settings import Settings
from gitops_actions.config import schema


def test_it_prints_the_schema_with_the_installed_kinds() -> None:
    for output in ("text", "json"):
        result = CliRunner().invoke(command, obj=Settings(output, 0, {}, 0))
        assert result.exit_code == 0
        assert json.loads(result.stdout) == schema(plugins.Editors())
    assert {"kustomize", "helm", "manifest", "yaml", "text"} <= set(
        json.loads(result.stdout)["$defs"]["Edit"]["properties"]
    )
