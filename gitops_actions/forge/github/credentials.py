"""Who we are for GitHub: a token, or a GitHub App that mints one for the config repo alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.forge.github.address import Address
from gitops_actions.forge.github.failures import Refusal, no_credentials, remedy
from gitops_actions.model import Secret

if TYPE_CHECKING:
    from github.Auth import Auth

    from gitops_actions.forge.github.client import Client

OURS = "GITOPS_TOKEN"
USUAL = ("GH_TOKEN", "GITHUB_TOKEN")
APP = "GITOPS_GITHUB_APP_ID"
KEY = "GITOPS_GITHUB_APP_PRIVATE_KEY"
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_HEADER = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


class Credentials:
    """What the environment holds for GitHub. Nothing is asked before `auth`.

    ``source`` is the variable that counts: GITOPS_TOKEN, else the App, else GH_TOKEN, else GITHUB_TOKEN; None when
    there is none. ``hide`` is told a token that was minted. Raises UsageError for what cannot be a token or a key.
    """

    def __init__(
        self, environ: Mapping[str, Secret], address: Address, hide: Callable[[str], None] = lambda _: None
    ) -> None:
        given = {name: secret.reveal().strip() for name, secret in environ.items()}
        self._address = address
        self._hide = hide
        self._app = given.get(APP, ""), given.get(KEY, "").replace("\\n", "\n")
        names = [OURS, *([APP] if any(self._app) else []), *USUAL]
        self.source = next((name for name in names if name == APP or given.get(name)), None)
        self._token = given.get(self.source or "", "") if self.source != APP else ""
        if self.source == APP:
            self._check_app()
        elif self.source is not None and not _VISIBLE.fullmatch(self._token):
            raise UsageError(f"{self.source} holds spaces, line breaks or other odd characters", hint="set it again")

    def auth(self, client: Callable[[Auth], Client]) -> Auth:
        """How to sign a request. ``client`` makes one that signs in another way, to ask for a token.

        Raises NotAllowed when there is nothing to sign with.
        """
        from github import Auth as methods

        if self.source is None:
            raise no_credentials()
        if self.source == APP:
            self._token = self._minted(client(methods.AppAuth(*self._app)))
            self._hide(self._token)
        return methods.Token(self._token)

    @property
    def remedy(self) -> str | None:
        """What to do where the token that we were given is not enough by its kind."""
        return remedy(self.source, self._token) if self.source != APP else None

    @property
    def expires(self) -> bool:
        """Whether what `auth` gave ends within the hour."""
        return self.source == APP

    def secrets(self) -> tuple[str, ...]:
        """What must not be shown, whoever says it."""
        return tuple(text for text in (self._token, self._app[1]) if len(text) > 3)

    def _check_app(self) -> None:
        number, key = self._app
        if not number or not key:
            raise UsageError(f"a GitHub App needs both {APP} and {KEY}", hint="set the one that is missing")
        if not re.fullmatch(r"[A-Za-z0-9.]{1,100}", number):
            raise UsageError(f"{APP} is neither the id nor the client id of an App", hint="see the App's settings")
        if not _HEADER.match(key):
            raise UsageError(f"{KEY} is not a private key in PEM", hint="put the whole file in it, with its line ends")

    def installation(self, client: Callable[[Auth], Client]) -> Mapping[str, Any] | None:
        """The installation of the App for the config repo, as GitHub tells it
        (https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app); None for
        credentials that are no App. ``client`` as for `auth`. Raises NotAllowed when there is none."""
        from github import Auth as methods

        return self._installation(client(methods.AppAuth(*self._app))) if self.source == APP else None

    def _installation(self, client: Client) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._asked(lambda: client.get(f"{self._address.path}/installation"))
        return found

    def _minted(self, client: Client) -> str:
        """A token of the App's installation, for the config repo alone
        (https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app)."""
        path = f"/app/installations/{int(self._installation(client)['id'])}/access_tokens"
        made = self._asked(lambda: client.send("POST", path, {"repositories": [self._address.name]}))
        return str(made["token"])

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """What the App is answered. Raises NotAllowed where it gets nothing, UsageError where its key signs nothing."""
        from jwt import PyJWTError

        try:
            return ask()
        except Refusal as refusal:
            raise NotAllowed(
                f"the GitHub App {self._app[0]} gets no token for {self._address.full_name}: {refusal.words}",
                hint="install it for the owner of this repository, and let it reach the repository",
            ) from None
        except (ValueError, TypeError, PyJWTError):  # of the libraries that sign
            raise UsageError(f"{KEY} cannot be read as a private key", hint="download a new one") from None
