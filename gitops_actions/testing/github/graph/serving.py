"""How a GraphQL request is checked, carried out and answered (https://docs.github.com/en/graphql)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.language import FieldNode

from gitops_actions.testing.github.graph.finding import Session
from gitops_actions.testing.github.graph.mutations import MUTATIONS
from gitops_actions.testing.github.graph.nodes import Graph
from gitops_actions.testing.github.graph.paging import Node
from gitops_actions.testing.github.graph.queries import QUERIES
from gitops_actions.testing.github.state import Refusal


@cache
def schema() -> GraphQLSchema:
    """The schema with its resolvers."""
    text = files("gitops_actions.testing.github").joinpath("schema.graphql").read_text(encoding="utf-8")
    made = build_schema(text)
    query, mutation = made.query_type, made.mutation_type
    assert query is not None
    assert mutation is not None
    for name, resolver in QUERIES.items():
        query.fields[name].resolve = resolver
    for name in mutation.fields:
        mutation.fields[name].resolve = _in_order(MUTATIONS[name])
    return made


def _in_order(mutation: Callable[[Graph, Node], Node]) -> Callable[..., Node | None]:
    """Mutations of a document run one after the other; after one that failed, the others are not run."""

    def resolve(_root: object, info: Any, input: Node) -> Node | None:
        session: Session = info.context
        if session.failed:
            return None
        try:
            made = mutation(Graph(session), input)
        except Refusal:
            session.failed = True
            raise
        return {**made, "clientMutationId": input.get("clientMutationId")}

    return resolve


def serve(session: Session, document: Mapping[str, Any]) -> Node:
    """Answer a GraphQL request: ``data`` and ``errors`` as GitHub words them."""
    text, variables, name = document.get("query"), document.get("variables") or {}, document.get("operationName")
    if not isinstance(text, str) or not text.strip():
        return {"errors": [{"message": "A query attribute must be specified and must be a string."}]}
    try:
        tree, problems = _checked(text)
    except GraphQLError as error:
        return {"errors": [{"message": error.message, "locations": _locations(error)}]}
    if problems:
        return {"errors": [_problem(error, tree) for error in problems]}
    done = execute_sync(
        schema(), tree, context_value=session, variable_values=dict(variables), operation_name=name or None
    )
    answer: Node = {"data": done.data}
    if done.data is None and done.errors and all(error.path is None for error in done.errors):
        answer = {}
    if done.errors:
        answer["errors"] = [_error(error) for error in done.errors]
    return answer


@lru_cache(maxsize=256)
def _checked(text: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """A document and what is wrong with it; clients send the same ones again and again."""
    tree = parse(text)
    return tree, validate(schema(), tree)


def _problem(error: GraphQLError, tree: Any) -> Node:
    kind = next((one.operation.value for one in tree.definitions if isinstance(one, OperationDefinitionNode)), "query")
    names = [node.name.value for node in error.nodes or () if isinstance(node, FieldNode)]
    code = "undefinedField" if "Cannot query field" in error.message else "invalid"
    return {
        "path": [kind, *names],
        "extensions": {"code": code},
        "locations": _locations(error),
        "message": error.message,
    }


def _error(error: GraphQLError) -> Node:
    cause = error.original_error
    if isinstance(cause, Refusal):
        return {"type": cause.kind, "path": error.path, "locations": _locations(error), "message": cause.sentence()}
    if cause is not None:
        raise cause
    return {"path": error.path, "locations": _locations(error), "message": error.message}


def _locations(error: GraphQLError) -> list[Node]:
    return [{"line": one.line, "column": one.column} for one in error.locations or ()]
