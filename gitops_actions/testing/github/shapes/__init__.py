"""The JSON of the REST API (https://docs.github.com/en/rest), with all that the official description requires."""

from __future__ import annotations

from gitops_actions.testing.github.shapes.addresses import Json
from gitops_actions.testing.github.shapes.branches import BranchShapes
from gitops_actions.testing.github.shapes.requests import RequestShapes
from gitops_actions.testing.github.shapes.statuses import StatusShapes

__all__ = ["Json", "Shapes"]


class Shapes(BranchShapes, RequestShapes, StatusShapes):
    """Makes answers. ``api`` is the root of the REST API, ``web`` that of the pages."""
