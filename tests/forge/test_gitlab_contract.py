"""The GitLab forge keeps the promises of every forge."""

from __future__ import annotations

import pytest

from gitops_actions.testing.forge import ForgeContract, Ground
from tests.forge.lab import GitLabGround


class TestGitLabForge(ForgeContract):
    @pytest.fixture
    def ground(self, gitlab_ground: GitLabGround) -> Ground:
        return gitlab_ground
