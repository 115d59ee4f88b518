"""Which action and image pipelines name for this very tool."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gitops_actions import __version__
from gitops_actions.git.checkout import Checkout
from gitops_actions.resources import templates

REPOSITORY = "gitops-actions/gitops-actions"
IMAGE = "ghcr.io/gitops-actions/gitops-actions"
# Written when a release is built: {"commit": ..., "image": ...}. A commit cannot hold its own id.
RELEASE = "pipelines/release.json"
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Own:
    """``action`` is `owner/repository@SHA`, or empty where no commit is known; ``version`` what a comment says of it;
    ``development`` for what is no release."""

    action: str
    version: str
    image: str
    development: bool


def own(environ: Mapping[str, str]) -> Own:
    """What this installation is: a release, the action itself, or what pip or a person has checked out."""
    image = f"{IMAGE}:{__version__}"
    release = templates() / RELEASE
    if release.is_file():
        said = json.loads(release.read_text(encoding="utf-8"))
        return Own(f"{REPOSITORY}@{said['commit']}", f"v{__version__}", said.get("image") or image, False)
    if commit := _of_action(environ):
        # Who pins the action to a release's commit must get from it what that release writes anywhere else.
        return Own(f"{REPOSITORY}@{commit}", f"v{__version__}", image, False)
    commit = _of_pip() or _of_checkout()
    return Own(f"{REPOSITORY}@{commit}" if commit else "", "development", image, True)


def _of_action(environ: Mapping[str, str]) -> str | None:
    """Within our own action, the commit it was asked for
    (https://docs.github.com/en/actions/reference/workflows-and-actions/variables)."""
    if environ.get("GITHUB_ACTION_REPOSITORY") != REPOSITORY:
        return None
    ref = environ.get("GITHUB_ACTION_REF", "")
    return ref if _COMMIT.fullmatch(ref) else None


def _of_pip() -> str | None:
    """The commit that pip installed (https://packaging.python.org/en/latest/specifications/direct-url/)."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        text = distribution("gitops-actions").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    commit = str(json.loads(text).get("vcs_info", {}).get("commit_id", "")) if text else ""
    return commit if _COMMIT.fullmatch(commit) else None


def _of_checkout() -> str | None:
    root = Path(__file__).resolve().parent.parent.parent
    if not (root / ".git").exists():  # not any repository further up: a venv may lie in somebody's
        return None
    commit = Checkout(root).commit("HEAD")
    return commit if commit and _COMMIT.fullmatch(commit) else None
