"""A request as it is kept: one JSON file, `requests/<number>.json`, that a person can read with `git show`.

Whoever may push to the repository may write these files, so reading trusts nothing in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from gitops_actions import texts
from gitops_actions.errors import UsageError
from gitops_actions.names import complaint_about_branch

FOLDER = "requests"
State = Literal["open", "closed", "merged"]
Kept = TypeVar("Kept")

ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LATER = frozenset({"milestone"})
_PATH = re.compile(rf"{FOLDER}/([1-9][0-9]{{0,8}})\.json")


def line(text: str) -> str:
    """Text from outside as one harmless line."""
    return " ".join(texts.one_line(_unicode(text)).split())


def lines(text: str) -> str:
    """Text from outside as harmless lines."""
    return texts.lines(_unicode(text).replace("\r\n", "\n"))


@dataclass(frozen=True, slots=True)
class Request:
    """All that is kept of a request. ``head`` is the commit it had when we last wrote; ``comments`` are by topic.

    Its texts are harmless however it was made: they end up in terminals and commit messages.
    """

    number: int
    branch: str
    base: str
    head: str
    title: str
    body: str
    state: State = "open"
    merge_commit: str | None = None
    draft: bool = False
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    team_reviewers: tuple[str, ...] = ()
    milestone: str | None = None
    comments: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clean: dict[str, object] = {"title": line(self.title), "body": lines(self.body)}
        for name in ("labels", "assignees", "reviewers", "team_reviewers"):
            clean[name] = tuple(dict.fromkeys(text for value in getattr(self, name) if (text := line(value))))
        clean["milestone"] = line(self.milestone) or None if self.milestone is not None else None
        clean["comments"] = {line(topic): lines(text) for topic, text in self.comments.items()}
        for name, value in clean.items():
            object.__setattr__(self, name, value)  # the only way in a frozen dataclass


def path(number: int) -> str:
    """The file of a request."""
    return f"{FOLDER}/{number}.json"


def number_of(file: str) -> int | None:
    """The number of the request that a path belongs to; None for any other file."""
    match = _PATH.fullmatch(file)
    return int(match[1]) if match else None


def encode(request: Request) -> bytes:
    """The content of a request's file."""
    return (json.dumps(asdict(request), indent=2, ensure_ascii=False) + "\n").encode()


def decode(content: bytes, number: int) -> Request:
    """The request in a file. Raises UsageError when the content is not what `encode` makes."""
    try:
        request = build(Request, json.loads(content))
        problem = _problem(request, number)
    except (ValueError, RecursionError) as error:
        problem = str(error)
    if problem:
        raise UsageError(
            f"the data of request {number} cannot be read: {line(problem)[:200]}",
            file=path(number),
            hint="see what happened with `git log -p refs/gitops/requests` and put the file right",
        )
    return request


def build(kind: type[Kept], values: object) -> Kept:
    """A value of a dataclass from what JSON gave. Raises ValueError when a field is missing, unknown or of another
    type. A field of `_LATER` may be missing: it was not there from the beginning."""
    types = get_type_hints(kind)
    if not isinstance(values, dict) or not types.keys() - _LATER <= values.keys() <= types.keys():
        raise ValueError(f"it needs the fields {', '.join(types)}, and no others")
    return kind(**{name: _as(types[name], name, value) for name, value in values.items()})


def _as(kind: Any, name: str, value: object) -> Any:
    """A JSON value as the type of a field."""
    if kind == tuple[str, ...] and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if kind == Mapping[str, str] and isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return value
    if get_origin(kind) is Literal and value in get_args(kind):
        return value
    if kind in (str, bool, int) and type(value) is kind:
        return value
    if kind == str | None and (value is None or isinstance(value, str)):
        return value
    raise ValueError(f"{name!r} is {value!r}")


def _problem(request: Request, number: int) -> str | None:
    """What is wrong with a request whose fields have the right types."""
    if request.number != number:
        return f"it says that it is {request.number}"
    for branch in (request.branch, request.base):
        complaint = complaint_about_branch(branch)
        if complaint:
            return f"the branch {branch!r} {complaint}"
    for commit in (request.head, request.merge_commit):
        if commit is not None and not ID.fullmatch(commit):
            return f"{commit!r} is not a commit id"
    return None


def _unicode(text: str) -> str:
    """Without lone surrogates, which come from bytes in arguments that are not UTF-8 and cannot be written again."""
    return text.encode("utf-8", "replace").decode()
