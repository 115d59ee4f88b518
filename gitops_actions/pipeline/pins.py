"""The table of actions that templates use, and how it is renewed from what others pin."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import yaml

from gitops_actions.errors import UsageError
from gitops_actions.pipeline.sandbox import source

FILE = "pipelines/pins.yaml"
_AGREED = 2
# As workflows write it: `uses: owner/name@SHA # v1.2.3`.
_USE = re.compile(r"([\w.-]+/[\w.-]+)@([0-9a-f]{40})\s+#\s*(v[0-9]+\.[0-9]+\.[0-9]+)\b", re.ASCII)
_LINE = re.compile(r"([\w./-]+): \{version: (v[0-9.]+), sha: ([0-9a-f]{40})\}", re.ASCII)


def uses() -> dict[str, str]:
    """For each action, by its last name with `_` for `-`: what stands behind `uses:`, its version as comment."""
    table = yaml.safe_load(source(FILE))
    return {
        action.rpartition("/")[2].replace("-", "_"): f"{action}@{pin['sha']} # {pin['version']}"
        for action, pin in table.items()
    }


def refreshed(table: str, sources: Mapping[str, str]) -> str:
    """The table with the newest version of each action that two sources (texts by name) at least pin to one commit.

    Raises UsageError when sources have the same version at different commits: one of them lies.
    """
    lines = []
    for line in table.splitlines():
        match = _LINE.fullmatch(line)
        lines.append(_renewed(match, sources) if match else line)
    return "\n".join(lines) + "\n"


def _renewed(line: re.Match[str], sources: Mapping[str, str]) -> str:
    action, version, sha = line.groups()
    votes = Counter(
        pin
        for text in sources.values()
        for pin in {(found, commit) for name, commit, found in _USE.findall(text) if name == action}
    )
    best = version, sha
    for found, commit in votes:
        rivals = {other for name, other in (*votes, (version, sha)) if name == found}
        if len(rivals) > 1:
            raise UsageError(f"{action} {found} is pinned to {' and to '.join(sorted(rivals))}")
        if votes[found, commit] >= _AGREED and _order(found) > _order(best[0]):
            best = found, commit
    return f"{action}: {{version: {best[0]}, sha: {best[1]}}}"


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split("."))
