"""A GitHub for tests: real HTTP on loopback, real git behind. Needs the extra ``testing``."""

from gitops_actions.testing.github.server import GitHub
from gitops_actions.testing.github.state import Protection, Refusal, Repository, Request, Settings

__all__ = ["GitHub", "Protection", "Refusal", "Repository", "Request", "Settings"]
