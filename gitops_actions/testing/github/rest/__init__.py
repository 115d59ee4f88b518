"""The REST API: one function for each endpoint that a client of configuration repositories uses
(https://docs.github.com/en/rest)."""

from gitops_actions.testing.github.rest import (
    accounts,
    apps,
    commits,
    contents,
    deployments,
    gitdata,
    issues,
    pulls,
    repositories,
)
from gitops_actions.testing.github.rest.routing import DOCUMENTATION, ROUTES, serve, template_of

__all__ = ["DOCUMENTATION", "ROUTES", "serve", "template_of"]
_ENDPOINTS = (
    accounts,
    apps,
    commits,
    contents,
    deployments,
    gitdata,
    issues,
    pulls,
    repositories,
)  # importing registers
