"""gitops.yaml at the edge: `load` makes a `Config` of it or says everything that is wrong; `schema` describes it."""

from gitops_actions.config.loading import load
from gitops_actions.config.schemas import schema

__all__ = ["load", "schema"]
