"""GitLab's API: one request at a time, within the budget. Only here is python-gitlab spoken.

It is constructed explicitly, so it reads no configuration file and no environment; its own retries are off, because
they repeat writes and wait without a cap (https://python-gitlab.readthedocs.io/en/stable/api-usage-advanced.html).
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, TypeVar

import gitlab
import requests

from gitops_actions.errors import GitOpsError, NotAllowed, Temporary, UsageError
from gitops_actions.forge.gitlab.address import Address
from gitops_actions.forge.gitlab.credentials import JOB_TOKEN, REMEDY, Credentials
from gitops_actions.forge.gitlab.failures import Doubt, Refused, words_of
from gitops_actions.forge.gitlab.session import Elsewhere, Session
from gitops_actions.forge.mistaken import mistaken
from gitops_actions.texts import one_line

PAGE = 100  # the most that GitLab gives: https://docs.gitlab.com/api/rest/#offset-based-pagination
_TRIES = 5
_TIMEOUT = 30.0  # seconds that GitLab may be silent
_TRANSIENT = frozenset({500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 528, 529, 530})
Value = TypeVar("Value")
_LOCKED = re.compile("resource lock", re.IGNORECASE)


class Client:
    """The API of one project.

    Args:
        address: the project.
        credentials: None asks as nobody in particular, which public projects answer.
        deadline: on the monotonic clock; nothing is waited for beyond it.
        detail: tells a person who looks closely.
    """

    def __init__(
        self, address: Address, credentials: Credentials | None, *, deadline: float, detail: Callable[[str], None]
    ) -> None:
        self.address = address
        self.deadline = deadline
        self.detail = detail
        self.credentials = credentials
        self._last = "the API"  # what was asked last
        self._session = Session(address.root)
        token = credentials.token.reveal() if credentials is not None else None
        job = credentials is not None and credentials.job
        self._gitlab = gitlab.Gitlab(
            address.root,
            private_token=None if job else token,
            job_token=token if job else None,
            timeout=_TIMEOUT,
            retry_transient_errors=False,
            keep_base_url=True,
            user_agent="gitops-actions",
            session=self._session,
        )

    def get(self, path: str, /, **query: Any) -> Any:
        """The document at ``path``: below the project, or with a slash below `/api/v4`. Raises Refused."""
        return self._read("get", self._path(path), query, None, _document)

    def raw(self, path: str, /, **query: Any) -> bytes:
        """The bytes at ``path``."""
        return self._read("get", self._path(path), query, None, lambda answer: bytes(answer.content))

    def headers(self, path: str, /, **query: Any) -> Mapping[str, str]:
        """The headers of ``path`` only."""
        return self._read("head", self._path(path), query, None, lambda answer: answer.headers)

    def pages(self, path: str, /, **query: Any) -> Iterator[Any]:
        """The entries of a list, page after page. GitLab's `Link` headers are not followed: they are text from outside,
        and the number of the page is enough."""
        number = 1
        while True:
            found = self.get(path, per_page=PAGE, page=number, **query)
            yield from found
            if len(found) < PAGE:
                return
            number += 1

    def graphql(self, query: str, variables: Mapping[str, Any]) -> Any:
        """What a GraphQL query finds. Raises Refused with status 200 when GitLab does not understand it."""
        body = {"query": query, "variables": variables}
        found = self._read("post", f"{self.address.root}/api/graphql", {}, body, _document)
        if not isinstance(found, dict) or found.get("errors") or not isinstance(found.get("data"), dict):
            words = str(found.get("errors"))[:500] if isinstance(found, dict) else "no document"
            raise Refused(200, self._clean(words), f"{self.address.root} does not answer GraphQL: {self._clean(words)}")
        return found["data"]

    def write(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Change something; never more than once. Returns the document that GitLab answers with.

        Raises Refused, or Doubt when it cannot be known whether it was done. Nothing was done when GitLab answers 429:
        then it is asked again as soon as it says, if the budget lasts.
        """
        path = self._path(path)
        while True:
            try:
                return self._ask(method, path, {}, body, _document)
            except _Again as again:
                if again.after is None or again.status != 429:
                    raise Doubt(
                        f"{self.address.root} did not say whether it did what was asked: {again.words}",
                        hint="run it again; what was done already is not done twice",
                    ) from None
                self._sleep(again.after, again.words)

    def misread(self, why: str, where: str) -> Temporary:
        """See `misreading.Conversation`."""
        self.detail(f"{where} cannot read the answer to {self._last}")
        return Temporary(
            f"the answer to {self._last} is not what GitLab describes: {why}",
            hint="run it again; if it stays so, look at --api-url and at what stands between: a proxy, another server",
        )

    def poll(self, tries: int) -> bool:
        """Pause before looking again, a little longer each time. False when the budget does not allow it."""
        pause = min(2.0, 0.05 * 2**tries)
        if time.monotonic() + pause > self.deadline:
            return False
        time.sleep(pause)
        return True

    def absent(self) -> GitOpsError:
        """What to raise where the project itself is not found."""
        if self.credentials is not None and self.credentials.job:
            return NotAllowed(f"{self.address.web} is not shown to this job: {JOB_TOKEN}", hint=REMEDY)
        who = f"the token in {self.credentials.variable}" if self.credentials else "people without a token"
        return UsageError(
            f"there is no project at {self.address.web}, or it is not visible to {who}",
            hint="check the address; if it is right, the token needs a role in the project (Developer) and scope api",
        )

    def explained(self, refused: Refused) -> NotAllowed:
        """What to raise where a write is forbidden: GitLab does not say that it is because the project is archived."""
        try:
            archived = self.get("").get("archived")
        except GitOpsError:
            return refused
        if not archived:
            return refused
        return NotAllowed(
            f"{self.address.web} is archived, and so read-only: {refused.words}",
            hint="unarchive it in the project's settings (General, Advanced), or give another one",
        )

    def _path(self, path: str) -> str:
        if path.startswith("/"):
            return path
        return f"{self.address.api}/{path}" if path else self.address.api

    def _read(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Mapping[str, Any] | None,
        take: Callable[[requests.Response], Value],
    ) -> Value:
        tries = 0
        while True:
            try:
                return self._ask(method, path, query, body, take)
            except _Again as again:
                tries += 1
                pause = again.after
                if pause is None:
                    pause = random.uniform(0, min(4.0, 0.1 * 2**tries))  # noqa: S311 (jitter, not a secret)
                if tries >= _TRIES:
                    raise Temporary(
                        f"{self.address.root} did not answer {tries} times: {again.words}",
                        hint="run it again; if it stays so, look at the instance's status page",
                    ) from None
                self._sleep(pause, again.words)

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Mapping[str, Any] | None,
        take: Callable[[requests.Response], Value],
    ) -> Value:
        """One request. Raises _Again when there was no answer that counts."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Temporary("the budget is used up", hint="run it again, or give it more time with --budget")
        self._last = f"{method.upper()} {path}"
        self.detail(self._last)
        try:
            answer = self._gitlab.http_request(
                method,
                path,
                query_data=dict(query),
                post_data=None if body is None else dict(body),
                timeout=min(_TIMEOUT, left),
                obey_rate_limit=False,
                retry_transient_errors=False,
                max_retries=0,
            )
            return take(answer)
        except gitlab.exceptions.GitlabHttpError as error:
            self._failed(error.response_code or 0, words_of(error))
        except gitlab.exceptions.GitlabAuthenticationError as error:
            self._failed(401, words_of(error))
        except Elsewhere as error:
            raise UsageError(
                f"{self.address.web} has moved to {self._clean(error.target)}, and the token is not sent after it",
                hint="give the new address",
            ) from None
        except requests.exceptions.SSLError as error:
            raise Temporary(
                f"{self.address.root} cannot be trusted: {self._clean(str(error))}",
                hint="for a private certificate authority, set REQUESTS_CA_BUNDLE to its file",
            ) from None
        except (requests.RequestException, ValueError) as error:  # ValueError: a document that breaks off
            raise _Again(0, f"{type(error).__name__}: {self._clean(str(error))}", None) from None

    def _failed(self, status: int, said: str) -> NoReturn:
        words = self._clean(said)
        told = words if words.startswith(str(status)) else f"{status} {words}"
        if status == 429:
            raise _Again(429, words, self._session.told_to_wait(limited=True))
        if status in _TRANSIENT or (status == 409 and _LOCKED.search(words)):
            raise _Again(status, told[:104], self._session.told_to_wait(limited=False))
        if (error := mistaken("GitLab", self.address.root, self._session.answered)) is not None:
            raise error
        job = self.credentials is not None and self.credentials.job
        if job and status in (401, 403, 404):
            raise Refused(status, words, f"{self.address.root} refuses this job: {words}; {JOB_TOKEN}", hint=REMEDY)
        if status == 401:
            who = f"the token in {self.credentials.variable}" if self.credentials else "a request without a token"
            raise Refused(401, words, f"{self.address.root} does not accept {who}: {words}", hint=REMEDY)
        hint = None
        if status == 403:
            hint = "the token needs scope api and the role Developer, Maintainer where the branch is protected"
        raise Refused(status, words, f"{self.address.root} refuses: {told}", hint=hint)

    def _sleep(self, seconds: float, words: str) -> None:
        if time.monotonic() + seconds > self.deadline:
            raise Temporary(
                f"{self.address.root} asks to wait for {seconds:.0f} s, which is longer than the budget: {words}",
                hint="run it again after that time, or give it more time with --budget",
            )
        self.detail(f"waiting for {seconds:.1f} s: {words}")
        time.sleep(seconds)

    def _clean(self, text: str) -> str:
        text = one_line(text)[:300]
        return self.credentials.masked(text) if self.credentials is not None else text


class _Again(Exception):
    """No answer that counts; ``after`` is how long GitLab asks to wait, if it does."""

    def __init__(self, status: int, words: str, after: float | None) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.after = after


def _document(answer: requests.Response) -> Any:
    return answer.json() if answer.content else None
