"""Labels of repositories and requests."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.records import Label, Request, Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import Refusal
from gitops_actions.testing.github.work.upkeep import Upkeep


class Labels(Upkeep):
    """Work on labels."""

    def label(self, repository: Repository, name: str, color: str = "ededed", text: str | None = None) -> Label:
        """The label of a name, whatever its case; a new one when there is none."""
        key = name.lower()
        if key not in repository.labels:
            repository.labels[key] = Label(next(self.world.ids), name, color, text)
        return repository.labels[key]

    def add_labels(self, token: Token | None, repository: Repository, request: Request, names: Sequence[str]) -> None:
        """Add labels, and create those that there are not. Raises Refusal."""
        need(token, repository, "issues", "write")
        for name in names:
            if not isinstance(name, str) or not name.strip() or len(name) > 50:
                raise Refusal(422, "Validation Failed",
                              errors=[{"resource": "Label", "code": "invalid", "field": "name"}])  # fmt: skip
        for name in names:
            spelled = self.label(repository, name).name
            if spelled not in request.labels:
                request.labels.append(spelled)
        request.updated = self.world.clock()

    def remove_label(self, token: Token | None, repository: Repository, request: Request, name: str) -> None:
        """Take a label off. Raises Refusal when it is not on."""
        need(token, repository, "issues", "write")
        there = next((one for one in request.labels if one.lower() == name.lower()), None)
        if there is None:
            raise Refusal(404, "Label does not exist", kind="NOT_FOUND")
        request.labels.remove(there)
