"""`plugins`: what is installed."""

from __future__ import annotations

import click

from gitops_actions import plugins
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.tables import table
from gitops_actions.cli.templates import built_in


@click.command("plugins")
@click.pass_obj
def command(settings: Settings) -> None:
    """Show the edit kinds, forges, stores, reporters, runtimes, agents and sets of templates that are installed."""
    rows = [
        {"group": group, "name": name, "built_in": name in plugins.BUILT_IN[group]}
        for group in plugins.BUILT_IN
        for name in plugins.names(group)
    ]
    rows += [{"group": "templates", "name": name, "built_in": True} for name in built_in()]
    rows += [{"group": "templates", "name": name, "built_in": False} for name in plugins.installed_templates()]
    text = table(
        [["GROUP", "NAME", "FROM"]]
        + [
            [str(r["group"]), str(r["name"]), "gitops-actions" if r["built_in"] else "an installed package"]
            for r in rows
        ]
    )
    settings.result(text, {"schema_version": 1, "command": "plugins", "plugins": rows})
