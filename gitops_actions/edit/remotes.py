"""Remote resources of a kustomization: git URLs whose query says which revision is meant
(https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote_plus

from yaml.nodes import ScalarNode

from gitops_actions.edit import documents, places
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import AMBIGUOUS, BAD_SPEC, MISSING, quoted, refusal
from gitops_actions.errors import UsageError
from gitops_actions.model import EditSpec

# `bases` is what old kustomizations have for `resources`.
_LISTS = ("resources", "components", "bases")
_SCHEME = re.compile(r"(?:git::)?[A-Za-z][A-Za-z0-9+.-]*://")
_USER = re.compile(r"[^/@]*@")


class Remote(NamedTuple):
    """An entry of the wanted repository; ``url[start:end]`` is the revision, as a query has it."""

    spot: Spot
    url: str
    start: int
    end: int

    @property
    def revision(self) -> str:
        return unquote_plus(self.url[self.start : self.end])

    def at(self, revision: str) -> str:
        """The URL with another revision in it, and nothing else changed."""
        return self.url[: self.start] + quote(revision, safe="/:@!,~") + self.url[self.end :]


def travelling(parsed: Parsed, spec: EditSpec) -> list[Remote]:
    """The remote resources that travel with the release: at least one, if the edit asks for them."""
    wanted = spec.options.get("remote")
    if wanted is None:
        return []
    if not isinstance(wanted, str) or not wanted.strip("/:"):
        message = f"remote cannot be {quoted(str(wanted))}"
        raise UsageError(message, code=BAD_SPEC, hint="write a repository such as acme/deploy, or its URL")
    roots = documents.select(parsed, spec.document)
    found = [remote for root in roots for remote in _of(parsed, root, wanted)]
    if not found:
        mark = documents.start(parsed, spec.document)
        hint = "correct remote:, or write the resource with ?ref= once by hand"
        raise refusal(MISSING, f"no remote resource is of {quoted(wanted)}", mark, hint)
    return found


def _of(parsed: Parsed, root: Spot, wanted: str) -> Iterator[Remote]:
    """The entries of ``resources`` and ``components`` that are of the repository ``wanted``: an URL, or some whole
    parts of one, such as ``acme/deploy``.

    Raises EditRefused for such an URL without a revision, or with two.
    """
    parts = _parts(wanted)
    for key in _LISTS:
        spot = places.child(parsed, root, key)
        for item in places.items(parsed, spot) if spot is not None else ():
            if isinstance(item.node, ScalarNode) and _is_remote(item.node.value):
                url = item.node.value
                if _holds(_parts(url.partition("?")[0]), parts):
                    yield Remote(item, url, *_revision(item, url))


def _is_remote(text: str) -> bool:
    """Whether an entry is an URL, not a path: kustomize takes what it cannot find on disk for an URL, too."""
    return bool(_SCHEME.match(text) or _USER.match(text)) or "?" in text


def _parts(url: str) -> list[str]:
    """Host, repository and folder, whatever way the URL is written."""
    text = _USER.sub("", _SCHEME.sub("", url.removeprefix("git::"), count=1), count=1)
    return [part.removesuffix(".git") for part in re.split("[/:]", text.partition("?")[0]) if part]


def _holds(parts: list[str], wanted: list[str]) -> bool:
    return any(parts[start : start + len(wanted)] == wanted for start in range(len(parts) - len(wanted) + 1))


def _revision(item: Spot, url: str) -> tuple[int, int]:
    """Where the revision stands: in ``ref``, else in ``version``, which kustomize takes for the same."""
    query = url.partition("?")[0]
    position = len(query) + 1
    found: dict[str, list[tuple[int, int]]] = {"ref": [], "version": []}
    for pair in url[position:].split("&"):
        name, equals, value = pair.partition("=")
        if name in found and equals:
            end = position + len(pair)
            found[name].append((end - len(value), end))
        position += len(pair) + 1
    spans = found["ref"] or found["version"]
    mark = item.node.start_mark
    if not spans:
        hint = "write ?ref= and a revision at the end of it once by hand"
        raise refusal(MISSING, f"{item.shown} names no revision: {quoted(url)}", mark, hint)
    if len(spans) > 1:
        raise refusal(AMBIGUOUS, f"{item.shown} names {len(spans)} revisions", mark, "keep one ref=")
    return spans[0]
