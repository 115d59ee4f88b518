"""The nodes of GraphQL: what repositories, commits, requests and the rest look like."""

from __future__ import annotations

from gitops_actions.testing.github.graph.objects import ObjectNodes
from gitops_actions.testing.github.graph.paging import Node
from gitops_actions.testing.github.graph.repositories import RepositoryNodes
from gitops_actions.testing.github.graph.requests import RequestNodes
from gitops_actions.testing.github.state import Refusal, parts_of


class Graph(RepositoryNodes, ObjectNodes, RequestNodes):
    """Makes the nodes. A node is a mapping whose values are computed when they are asked for."""

    def node(self, id: str) -> Node | None:
        """Any node by its id. Raises Refusal."""
        kind, parts = parts_of(id)
        if kind in ("U", "BOT", "O") and parts and (account := self.world.account(parts[0])) is not None:
            return self.account(account)
        if kind == "T" and (team := self.world.teams.get((parts[0].lower(), parts[1].lower()))) is not None:
            return self.team(team, parts[0])
        kind, repository, rest = self.by_id(id)
        if kind == "R":
            return self.repository(repository)
        if kind == "PR":
            return self.request(*self.request_of(id))
        if kind == "REF" and repository.objects.ref(rest[0]) is not None:
            return self.ref(repository, rest[0])
        if kind in ("C", "B", "TR", "TA"):
            return self.object(repository, rest[0])
        if kind == "LA" and rest[0] in repository.labels:
            return self.label(repository, repository.labels[rest[0]])
        if kind == "IC" and int(rest[0]) in repository.comments:
            return self.comment(repository, repository.comments[int(rest[0])])
        if kind == "MI" and int(rest[0]) in repository.milestones:
            return self.milestone(repository, repository.milestones[int(rest[0])])
        raise Refusal(404, f"Could not resolve to a node with the global id of '{id}'", kind="NOT_FOUND")
