"""The edit kinds that the tests of the configuration have: some that are built in, and one of somebody else."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_actions.edit.text import TextPattern
from gitops_actions.model import Take
from gitops_actions.plugins import Editors
from gitops_actions.protocols import Editor

KINDS: Mapping[str, Editor] = {kind: Editors()[kind] for kind in ("helm", "kustomize", "manifest", "text", "yaml")}


class Hcl(TextPattern):
    """It takes what no kind of ours does: only what it says counts here."""

    kind = "hcl"
    takes: Mapping[str, Take] = {
        "path": Take(needed=True, without="pattern"),
        "pattern": Take(),
        "value": Take(default="{version}"),
        "module": Take(default="{app}", about="The block that holds it"),
        "label": Take(needed=True, beside="path"),
        "images": Take(),
    }


OTHERS: Mapping[str, Editor] = {"hcl": Hcl(), **KINDS}
