"""The GraphQL API, on a part of the official schema (`schema.graphql`): https://docs.github.com/en/graphql"""

from gitops_actions.testing.github.graph.finding import Session
from gitops_actions.testing.github.graph.serving import schema, serve

__all__ = ["Session", "schema", "serve"]
