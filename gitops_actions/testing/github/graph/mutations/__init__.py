"""What can be done by GraphQL (https://docs.github.com/en/graphql/reference/mutations)."""

from __future__ import annotations

from gitops_actions.testing.github.graph.mutations import attachments, merges, refs, requests
from gitops_actions.testing.github.graph.mutations.naming import Mutation

MUTATIONS: dict[str, Mutation] = {
    **refs.MUTATIONS,
    **requests.MUTATIONS,
    **merges.MUTATIONS,
    **attachments.MUTATIONS,
}
