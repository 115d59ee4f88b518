"""What a request was to get and a forge did not take: the request is open all the same."""

from __future__ import annotations

from gitops_actions.model import Finding

_HINT = "correct the name in gitops.yaml or the option; people and teams need access to the repository"


def refused(request: str, what: str, why: str, hint: str | None = None) -> Finding:
    """The forge said no. ``request``: as people call it there; ``what``: such as `alice is not asked for a review`."""
    return Finding("GA319", "error", f"{request} is open, but {what}: {why}", hint=hint or _HINT)


def ignored(request: str, what: str) -> Finding:
    """The forge said nothing, and did not do it."""
    return Finding("GA319", "warning", f"{request} is open, but {what}; the forge does not say why", hint=_HINT)
