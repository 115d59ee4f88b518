"""The GraphQL that is sent: constants, and documents that are put together from parts.

https://docs.github.com/en/graphql/reference; a test checks every document against the official schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

COMMIT = """
fragment CommitParts on Commit {
  oid
  message
  author { name email date }
  committer { name email date }
  parents(first: 20) { nodes { oid } }
}"""

# No field of a team: a classic token without the scope `read:org` gets no answer at all then.
REQUEST = """
fragment RequestParts on PullRequest {
  id
  number
  url
  state
  title
  body
  headRefName
  headRefOid
  baseRefName
  isDraft
  isCrossRepository
  labels(first: 100) { nodes { name } }
  assignees(first: 20) { nodes { login } }
  reviewRequests(first: 50) { nodes { requestedReviewer { __typename ... on User { login } } } }
  milestone { title }
  autoMergeRequest { enabledAt }
  mergeQueueEntry { state }
  mergeCommit { oid }
}"""

REPOSITORY = """
  id
  defaultBranchRef { name target { oid } }
  managed: refs(refPrefix: "refs/heads/gitops/", first: 100) {
    nodes { name prefix target { oid } }
    pageInfo { hasNextPage }
  }
  temporary: refs(refPrefix: "refs/heads/gitops-tmp/", first: 20) {
    nodes { name prefix target { oid } }
  }"""
WAITING = """
  waiting: pullRequests(states: [OPEN], first: 50, orderBy: {field: CREATED_AT, direction: DESC}) {
    nodes { ...RequestParts }
    pageInfo { hasNextPage }
  }"""

BRANCHES = """
query Branches($owner: String!, $name: String!, $prefix: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    refs(refPrefix: $prefix, first: 100, after: $after) {
      nodes { name prefix target { oid } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""

REQUESTS = (
    """
query Requests(
  $owner: String!, $name: String!, $states: [PullRequestState!], $branch: String, $base: String, $after: String,
  $merges: Boolean!
) {
  repository(owner: $owner, name: $name) {
    pullRequests(
      states: $states, headRefName: $branch, baseRefName: $base, first: 50, after: $after,
      orderBy: {field: CREATED_AT, direction: DESC}
    ) {
      nodes { ...RequestParts mergeable @include(if: $merges) }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
    + REQUEST
)

ONE_REQUEST = (
    """
query OneRequest($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      ...RequestParts mergeable mergeStateStatus isMergeQueueEnabled
      latestReviews(first: 100) { nodes { author { login } } }
      milestoned: timelineItems(itemTypes: [MILESTONED_EVENT], first: 1) { nodes { __typename } }
    }
  }
}"""
    + REQUEST
)

REQUEST_COMMITS = """
query RequestCommits($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) { commits(last: 100) { nodes { commit { message } } } }
  }
}"""

COMMENTS = """
query Comments($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      id
      comments(first: 100, after: $after) {
        nodes { id body viewerDidAuthor }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}"""

ADD_COMMENT = """
mutation AddComment($input: AddCommentInput!) { addComment(input: $input) { commentEdge { node { id } } } }"""
UPDATE_COMMENT = """
mutation UpdateComment($input: UpdateIssueCommentInput!) { updateIssueComment(input: $input) { clientMutationId } }"""
DELETE_COMMENT = """
mutation DeleteComment($input: DeleteIssueCommentInput!) { deleteIssueComment(input: $input) { clientMutationId } }"""

OPEN = (
    """
mutation Open($input: CreatePullRequestInput!) {
  createPullRequest(input: $input) { pullRequest { ...RequestParts } }
}"""
    + REQUEST
)
UPDATE = (
    """
mutation Update($input: UpdatePullRequestInput!) {
  updatePullRequest(input: $input) { pullRequest { ...RequestParts } }
}"""
    + REQUEST
)
AUTO_MERGE = """
mutation AutoMerge($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { number } }
}"""
ENQUEUE = """
mutation Enqueue($input: EnqueuePullRequestInput!) {
  enqueuePullRequest(input: $input) { mergeQueueEntry { state } }
}"""

BRANCH = """createRef(input: $branch) { ref { target { oid } } }"""
COMMIT_ON_BRANCH = """createCommitOnBranch(input: $commit) { commit { oid } }"""
PUBLISH = f"""
mutation Publish($commit: CreateCommitOnBranchInput!) {{ {COMMIT_ON_BRANCH} }}"""
PUBLISH_NEW = f"""
mutation PublishNew($branch: CreateRefInput!, $commit: CreateCommitOnBranchInput!) {{ {BRANCH} {COMMIT_ON_BRANCH} }}"""
PROPOSE = (
    f"""
mutation Propose(
  $branch: CreateRefInput!, $commit: CreateCommitOnBranchInput!, $request: CreatePullRequestInput!
) {{
  {BRANCH}
  {COMMIT_ON_BRANCH}
  createPullRequest(input: $request) {{ pullRequest {{ ...RequestParts }} }}
}}"""
    + REQUEST
)
MOVE = """
mutation Move($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"""

STATUSES = """
query Statuses($owner: String!, $name: String!, $commit: GitObjectID!, $after: String) {
  repository(owner: $owner, name: $name) {
    object(oid: $commit) {
      oid
      ... on Commit {
        statusCheckRollup {
          contexts(first: 100, after: $after) {
            nodes {
              __typename
              ... on StatusContext { context state description targetUrl createdAt }
              ... on CheckRun { name status conclusion title detailsUrl startedAt completedAt }
            }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }
  }
}"""

Take = Callable[[Mapping[str, Any]], None]


class Reading:
    """One query about one repository, of as many parts as are wanted. Names in it are given as variables only."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._types: dict[str, str] = {"owner": "String!", "name": "String!"}
        self._values: dict[str, Any] = {}
        self._fragments: list[tuple[str, ...]] = []
        self._takers: list[Take] = []

    def __bool__(self) -> bool:
        return bool(self._parts)

    def variable(self, type: str, value: object) -> str:
        """``$v0``, standing for a value."""
        name = f"v{len(self._values)}"
        self._types[name], self._values[name] = type, value
        return f"${name}"

    def alias(self) -> str:
        """A name for a part, of its own in this query."""
        return f"p{len(self._parts)}"

    def add(self, text: str, take: Take, *fragments: str) -> None:
        """A selection below the repository; ``take`` is given the repository's data."""
        self._parts.append(text)
        self._takers.append(take)
        self._fragments.append(fragments)

    def drop(self) -> None:
        """Take the part that was added last out again. It has no variables."""
        self._parts.pop()
        self._takers.pop()
        self._fragments.pop()

    def document(self) -> str:
        """The query."""
        variables = ", ".join(f"${name}: {type}" for name, type in self._types.items())
        parts = "\n  ".join(self._parts)
        head = f"query Reading({variables}) {{\n repository(owner: $owner, name: $name) {{\n  {parts}\n }}\n}}"
        return head + "".join(dict.fromkeys(fragment for some in self._fragments for fragment in some))

    def values(self) -> Mapping[str, Any]:
        """Its variables, without those of the repository."""
        return self._values

    def take(self, repository: Mapping[str, Any]) -> None:
        """Hand the answer to the parts, in the order in which they were added."""
        for take in self._takers:
            take(repository)


def files(reading: Reading, asked: Sequence[tuple[str, bool]]) -> tuple[str, list[str]]:
    """A selection on a commit: the entries of paths, with their text where it is wanted. And their aliases."""
    aliases = [f"f{number}" for number in range(len(asked))]
    parts = []
    for alias, (path, text) in zip(aliases, asked, strict=True):
        content = " object { ... on Blob { text } }" if text else ""
        parts.append(f"{alias}: file(path: {reading.variable('String!', path)}) {{ mode type oid{content} }}")
    return f"oid ... on Commit {{ tree {{ oid }} {' '.join(parts)} }}", aliases
