"""Requests to GitHub's API, by PyGithub's requester: what is retried, what is waited for, and what an answer means.

PyGithub's own retries repeat POST, and it waits a second between two writes: both are off. Here reads are repeated,
a write never is: whoever asked looks what became of it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gitops_actions import __version__
from gitops_actions.errors import Temporary, UsageError
from gitops_actions.forge.github import failures
from gitops_actions.forge.github.address import Address
from gitops_actions.forge.github.answers import Lost, backoff, document_of, never_sent, pause, reason
from gitops_actions.forge.github.credentials import Credentials
from gitops_actions.forge.github.failures import Doubt, Refusal
from gitops_actions.forge.github.patience import RATE, TRIES, Patience
from gitops_actions.forge.github.words import line
from gitops_actions.forge.mistaken import mistaken

if TYPE_CHECKING:
    from github.Auth import Auth
    from github.Requester import Requester

_HOPS = 2
_TIMEOUT = 30  # GitHub itself ends a request after ten seconds
_RENEW = 50 * 60  # a token of an installation ends after an hour
_SECONDARY = re.compile(r"secondary rate limit|abuse detection|rate limit exceeded", re.IGNORECASE)
_NAMED = re.compile(r"\s*(?:query|mutation) (\w+)")
_REPOSITORY = re.compile(r"/repos/([^/]+/[^/]+)/")
_NEXT = re.compile(r'<([^<>]*)>; rel="next"')


class Client:
    """One conversation with the API of one GitHub.

    Args:
        credentials: who we are; asked when the first request is made.
        deadline: on the monotonic clock; nothing is waited for beyond it.
        detail: is told each request.

    Every method raises NotAllowed, Temporary, or `failures.Refusal` (a UsageError) when GitHub says no.
    """

    def __init__(
        self, address: Address, credentials: Credentials, *, deadline: float, detail: Callable[[str], None]
    ) -> None:
        self._address = address
        self.credentials = credentials
        self._deadline = deadline
        self._detail = detail
        self._made: tuple[Requester, Auth, float] | None = None
        self._patience = Patience(deadline, detail)
        self._last = "the API"  # what was asked last, in words
        self._timeout = 0  # seconds that `_made` waits for an answer

    def query(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a GraphQL query. What was not found in it is None."""
        return self._graphql(document, variables, write=False)

    def mutate(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a GraphQL mutation. Raises Doubt when nobody knows whether it was done."""
        return self._graphql(document, variables, write=True)

    def get(self, path: str, **parameters: str | int) -> Any:
        """A document of the REST API."""
        return self._ask("GET", path, parameters, None, write=False)[0]

    def headers(self, path: str) -> Mapping[str, str]:
        """The headers (names in lower case) that come with a document of the REST API."""
        return self._ask("GET", path, {}, None, write=False)[1]

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """The pages of a list of the REST API."""
        document, headers = self._ask("GET", path, {"per_page": 100, **parameters}, None, write=False)
        yield document
        while (match := _NEXT.search(headers.get("link", ""))) is not None:
            target, api = urlsplit(match[1]), urlsplit(self._address.api)
            if (target.scheme, target.netloc) != (api.scheme, api.netloc):
                raise failures.moved(line(target.hostname, 100))
            # Some pages go by the repository's number instead of its name.
            place = target.path.removeprefix(api.path) + ("?" + target.query if target.query else "")
            document, headers = self._ask("GET", place, {}, None, write=False)
            yield document

    def send(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """A write by the REST API. Raises Doubt when nobody knows whether it was done."""
        return self._ask(verb, path, {}, body, write=True)[0]

    def token(self) -> str:
        """What requests are signed with."""
        self._requester()
        assert self._made is not None  # noqa: S101 (the line before)
        return self._made[1].token

    def misread(self, why: str, where: str) -> Temporary:
        """See `misreading.Conversation`."""
        self._detail(f"{where} cannot read the answer to {self._last}")
        return Temporary(
            f"the answer to {self._last} is not what GitHub describes: {why}",
            hint="run it again; if it stays so, look at --api-url and at what stands between: a proxy, another server",
        )

    def installation(self) -> Mapping[str, Any] | None:
        """See `Credentials.installation`."""
        return self.credentials.installation(self._beside)

    def pause(self, tries: int, why: str) -> None:
        """Wait a moment, longer each time. Raises Temporary when the budget does not allow it."""
        self._patience.wait(backoff(tries), why)

    # --- one request ---

    def _graphql(self, document: str, variables: Mapping[str, Any], *, write: bool) -> dict[str, Any]:
        for tries in range(1, TRIES + 1):
            answer, headers = self._ask("POST", "", {}, {"query": document, "variables": variables}, write=write)
            data = answer.get("data") if isinstance(answer, dict) else None
            errors = answer.get("errors") or [] if isinstance(answer, dict) else [{"message": "no JSON object"}]
            if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
                errors = [{"message": "errors that are no list"}]
            kinds = {error.get("type") for error in errors}
            if "RATE_LIMITED" in kinds:
                self._patience.wait(pause(headers), RATE)
                continue
            if isinstance(data, dict) and (not errors or (not write and kinds == {"NOT_FOUND"})):
                return data
            done = not isinstance(answer, dict) or "data" in answer
            name, remedy = self._address.full_name, self.credentials.remedy
            failure = failures.of_graphql(errors, name, remedy, write=write, done=done)
            if failure is not None:
                raise mistaken("GitHub", self._address.api, headers) or failure
            words = line("; ".join(str(error.get("message")) for error in errors), 300) or "an answer without data"
            if write:
                raise Doubt(f"GitHub broke off: {words}", hint="run it again")
            self._patience.wait(backoff(tries), f"GitHub cannot answer: {words}")
        raise Temporary("GitHub cannot answer", hint="run it again; see https://www.githubstatus.com")

    def _ask(
        self, verb: str, path: str, parameters: Mapping[str, str | int], body: Mapping[str, Any] | None, *, write: bool
    ) -> tuple[Any, Mapping[str, str]]:
        """Ask once; reads, and what a rate limit turned away, more often. The document and the headers (names in
        lower case)."""
        tries = hops = 0
        while True:
            tries += 1
            if write:
                self._patience.pace()
            try:
                status, headers, text = self._exchange(verb, path, parameters, body)
            except Lost as lost:
                if write and lost.sent:
                    raise Doubt(f"the answer of GitHub was lost: {lost}", hint="run it again") from None
                self._patience.again(tries, f"GitHub cannot be reached: {lost}")
                continue
            document = document_of(text)
            if status < 300 and (document is not None or not text):
                return document, headers
            if status < 300 or status >= 500:
                words = failures.words_of(document, status)
                if write:
                    raise Doubt(f"GitHub broke off: {words}", hint="run it again")
                self._patience.again(tries, f"GitHub cannot answer: {words}", headers)
                continue
            moved = self._moved_here(status, headers) if hops < _HOPS else None
            if moved is not None:
                path, hops = moved, hops + 1
                continue
            self._refused(status, headers, document, write=write, path=path)

    def _moved_here(self, status: int, headers: Mapping[str, str]) -> str | None:
        """Where a repository that was renamed is now, for what writes: nothing was done, and is to be done there
        (https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects).
        None for any other answer, and for other places."""
        target, api = urlsplit(headers.get("location", "")), urlsplit(self._address.api)
        same = (target.scheme, target.netloc) == (api.scheme, api.netloc) and target.path.startswith(api.path)
        return target.path.removeprefix(api.path) if status in (307, 308) and same else None

    def _refused(self, status: int, headers: Mapping[str, str], document: Any, *, write: bool, path: str) -> None:
        """Wait for the end of a rate limit, or raise what the answer means."""
        words = failures.words_of(document, status)
        if status < 400:
            raise failures.moved(line(urlsplit(headers.get("location", "")).hostname or "another place", 100))
        if status == 429 or (
            status == 403
            and ("retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or _SECONDARY.search(words))
        ):
            self._patience.wait(pause(headers), RATE)
            return
        if (error := mistaken("GitHub", self._address.api, headers)) is not None:
            raise error
        if status == 401:
            raise failures.refused_credentials(words, self.credentials.source)
        if status == 403:
            named = _REPOSITORY.match(path)
            name = named[1] if named else self._address.full_name
            asked = headers.get("x-accepted-github-permissions", "")
            raise failures.not_allowed(words, name, self.credentials.remedy, write=write, asked=asked)
        if status == 404 and not path:  # who may not use it is told so
            raise failures.no_api(self._address.api, words)
        raise Refusal(status, "NOT_FOUND" if status == 404 else "", words)

    def _exchange(
        self, verb: str, path: str, parameters: Mapping[str, str | int], body: Mapping[str, Any] | None
    ) -> tuple[int, Mapping[str, str], str]:
        from requests import exceptions

        requester = self._requester()
        url = path or requester.graphql_url
        began = time.monotonic()
        self._last = told = f"{verb} {path or _operation(body)}"
        try:
            status, headers, text = requester.requestJson(verb, url, dict(parameters), {}, body)
        except exceptions.SSLError as error:
            raise UsageError(
                f"the certificate of GitHub cannot be trusted: {self._hidden(reason(error))}",
                hint="put the authority's certificate into a file, and its path into REQUESTS_CA_BUNDLE",
            ) from None
        except (exceptions.RequestException, OSError) as error:
            self._detail(f"{told}: {type(error).__name__}")
            raise Lost(self._hidden(reason(error)), sent=not never_sent(error)) from None
        except RuntimeError:  # PyGithub follows no redirect to another host, nor one to the same place
            raise failures.moved("another place") from None
        self._detail(f"{told}: {status} in {time.monotonic() - began:.2f} s")
        return status, headers, self._hidden(text)  # whatever it repeats, nobody is told

    def _requester(self) -> Requester:
        now = time.monotonic()
        if self._made is None or (self.credentials.expires and now - self._made[2] > _RENEW):
            auth = self.credentials.auth(self._beside)
            self._made = self._signing(auth), auth, now
        elif self._timeout > 2 * self._left():  # near the end of the budget; for less, a new connection is too dear
            self._made = self._signing(self._made[1]), *self._made[1:]
        return self._made[0]

    def _left(self) -> int:
        """How many seconds an answer may take now: not less than a few, or nothing could be asked at all."""
        return int(max(5, min(_TIMEOUT, self._deadline - time.monotonic())))

    def _beside(self, auth: Auth) -> Client:
        """Another client for the same place, that signs in another way."""
        other = Client(self._address, self.credentials, deadline=self._deadline, detail=self._detail)
        other._made = self._signing(auth), auth, time.monotonic()
        return other

    def _signing(self, auth: Auth) -> Requester:
        import github

        self._timeout = self._left()
        return github.Github(
            auth=auth,
            base_url=self._address.api,
            timeout=self._timeout,
            user_agent=f"gitops-actions/{__version__}",
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
        ).requester

    def _hidden(self, text: str) -> str:
        for secret in self.credentials.secrets():
            text = text.replace(secret, "***")
        return text


def _operation(body: Mapping[str, Any] | None) -> str:
    """GraphQL's one path, with the name of what is asked for."""
    match = _NAMED.match(body["query"]) if body is not None else None
    return f"/graphql ({match[1]})" if match else "/graphql"
