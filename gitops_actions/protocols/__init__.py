"""The plugin protocols. Each is as wide as its callers need; its promises are in words, and the suites in
`gitops_actions.testing` hold an implementation to them. `Pipelines` and `Agent` join when their callers exist."""

from gitops_actions.protocols.editors import Editor
from gitops_actions.protocols.forges import (
    Ancestry,
    Capability,
    Connection,
    Diagnosing,
    Foresight,
    Forge,
    Minting,
    Proposing,
)
from gitops_actions.protocols.runs import Reporter, Runtime
from gitops_actions.protocols.stores import Store

__all__ = [
    "Ancestry",
    "Capability",
    "Connection",
    "Diagnosing",
    "Editor",
    "Foresight",
    "Forge",
    "Minting",
    "Proposing",
    "Reporter",
    "Runtime",
    "Store",
]
