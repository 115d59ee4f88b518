"""The part of the suite in `gitops_actions.testing.forge` that is about deployments of source repositories."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.model import Deployment
from gitops_actions.testing.forge_ground import Ground
from gitops_actions.testing.repos import Step

SOURCE = "acme/web"
URL = "https://example.com/requests/7"


class DeploymentContract:
    """The promises of `protocols.Forge` about deployments."""

    @pytest.fixture
    def built(self, ground: Ground) -> list[Deployment]:
        """Three builds of a source, on their way to staging."""
        if "deployments" not in ground.forge().capabilities:
            pytest.skip("this forge keeps no deployments")
        ids = ground.source(SOURCE, [Step("one"), Step("two"), Step("three")])
        return [
            Deployment(SOURCE, id, "staging", "web", f"1.{number}", "in_progress", URL) for number, id in enumerate(ids)
        ]

    def states(self, ground: Ground) -> list[tuple[str, str]]:
        """(commit, state) of the deployments into staging."""
        return [(commit, state) for name, commit, state in ground.deployments(SOURCE) if name == "staging"]

    @pytest.mark.parametrize("state", ["in_progress", "success", "failure"])
    def test_it_is_reported_once_however_often(
        self, ground: Ground, built: list[Deployment], state: Literal["in_progress", "success", "failure"]
    ) -> None:
        for _ in range(3):
            ground.forge().report_deployment(replace(built[0], state=state))
        assert ground.deployments(SOURCE) == [("staging", built[0].revision, state)]

    def test_what_waits_is_told_where_the_forge_has_a_word_for_it(
        self, ground: Ground, built: list[Deployment]
    ) -> None:
        ground.forge().report_deployment(replace(built[0], state="queued"))
        assert self.states(ground) in ([], [(built[0].revision, "queued")])
        ground.forge().report_deployment(built[0])
        assert self.states(ground) == [(built[0].revision, "in_progress")]

    @pytest.mark.parametrize("end", ["success", "failure"])
    def test_a_deployment_comes_to_its_end(
        self, ground: Ground, built: list[Deployment], end: Literal["success", "failure"]
    ) -> None:
        ground.forge().report_deployment(built[0])
        ground.forge().report_deployment(replace(built[0], state=end))
        assert self.states(ground) == [(built[0].revision, end)]

    def test_each_time_that_a_revision_comes_is_a_deployment(self, ground: Ground, built: list[Deployment]) -> None:
        way = [built[0], built[1], built[0], built[2]]
        for one in way:
            ground.forge().report_deployment(one)
        assert [commit for commit, _ in self.states(ground)] == [one.revision for one in way]

    def test_environments_are_told_apart(self, ground: Ground, built: list[Deployment]) -> None:
        ground.forge().report_deployment(built[0])
        ground.forge().report_deployment(replace(built[0], environment="production"))
        assert {name for name, _, _ in ground.deployments(SOURCE)} == {"staging", "production"}

    def test_once_makes_up_for_what_is_missing_and_leaves_what_is_there(
        self, ground: Ground, built: list[Deployment]
    ) -> None:
        ground.forge().report_deployment(built[0], once=True)
        assert self.states(ground) == [(built[0].revision, "in_progress")]
        ground.forge().report_deployment(replace(built[0], state="success"))
        ground.forge().report_deployment(built[1])
        ground.forge().report_deployment(built[0], once=True)
        assert [commit for commit, _ in self.states(ground)] == [built[0].revision, built[1].revision]

    def test_what_is_not_there_or_not_for_us_is_refused(self, ground: Ground, built: list[Deployment]) -> None:
        hidden = ground.source("acme/hidden", [Step("one")], visible=False)
        for one in (
            replace(built[0], revision="0" * 39 + "1"),
            replace(built[0], repository="nobody/nothing"),
            replace(built[0], repository="https://else.example/acme/web"),
            replace(built[0], repository="acme/hidden", revision=hidden[0]),
        ):
            with pytest.raises((UsageError, NotAllowed)):
                ground.forge().report_deployment(one)
        assert ground.deployments(SOURCE) == []
