"""The local forge keeps the promises of every forge."""

from __future__ import annotations

import pytest

from gitops_actions.testing.forge import ForgeContract, Ground


class TestLocalForge(ForgeContract):
    @pytest.fixture
    def ground(self, request: pytest.FixtureRequest) -> Ground:
        return request.getfixturevalue("ground")  # type: ignore[no-any-return]
