"""A GitHub for tests: real HTTP on loopback, real git behind. Needs the extra ``testing``."""

from gitops_actions.testing.github.records import Request
from gitops_actions.testing.github.repository import Protection, Repository, Settings
from gitops_actions.testing.github.server import GitHub
from gitops_actions.testing.github.state import Refusal

__all__ = ["GitHub", "Protection", "Refusal", "Repository", "Request", "Settings"]
