"""Credentials for git over HTTP, handed to it by its environment only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gitops_actions.errors import UsageError
from gitops_actions.model import Secret

# What GitHub Apps and most other forges take as the user of a token.
USERNAME = "x-access-token"
_VISIBLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token and the user name that goes with it. ``remedy``: what to do where a token of this kind is not enough, if
    that is known."""

    token: Secret
    username: str = USERNAME
    remedy: str | None = None

    def environment(self, origin: str | None) -> dict[str, str]:
        """What git needs in its environment to show the token to ``origin`` (``https://host``) and to nobody else;
        empty for None (https://git-scm.com/docs/git-config, ``http.<url>.*`` and ``GIT_CONFIG_COUNT``)."""
        if origin is None:
            return {}
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{origin}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {self._basic()}",
        }

    def texts(self) -> tuple[str, str]:
        """The token in every form in which git may repeat it."""
        return self.token.reveal(), self._basic()

    def _basic(self) -> str:
        from base64 import b64encode

        return b64encode(f"{self.username}:{self.token.reveal()}".encode()).decode()


def from_environment(environ: Mapping[str, str]) -> Credentials | None:
    """The credentials in ``GITOPS_TOKEN`` and, where the user matters, ``GITOPS_USERNAME``; None without a token.

    Raises UsageError when they hold what cannot be part of an HTTP header.
    """
    token = environ.get("GITOPS_TOKEN", "").strip()
    username = environ.get("GITOPS_USERNAME", "").strip() or USERNAME
    if not token:
        return None
    if not _VISIBLE.fullmatch(token):
        raise UsageError("GITOPS_TOKEN holds spaces, line breaks or other odd characters", hint="set it again")
    if not _VISIBLE.fullmatch(username) or ":" in username:
        raise UsageError("GITOPS_USERNAME holds a colon, a space or other odd characters", hint="set it again")
    return Credentials(Secret(token), username)
