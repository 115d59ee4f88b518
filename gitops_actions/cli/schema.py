"""`schema`: for editors, which complete and check gitops.yaml with it."""

from __future__ import annotations

import json

import click

from gitops_actions import plugins
from gitops_actions.cli.settings import Settings
from gitops_actions.config import schema


@click.command("schema")
@click.pass_obj
def command(settings: Settings) -> None:
    """Print the JSON Schema of gitops.yaml, with the edit kinds that are installed here.

    \b
    An editor with the YAML language server uses it after
        gitops-actions schema > gitops.schema.json
    and this first line in gitops.yaml:
        # yaml-language-server: $schema=gitops.schema.json
    """
    document = schema(plugins.Editors())
    settings.result(json.dumps(document, indent=2, ensure_ascii=False), document)
