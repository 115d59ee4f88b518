"""Which token GitLab is shown, and what is wrong with one that cannot do the work."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from gitops_actions.errors import UsageError
from gitops_actions.model import Secret

# In this order; the last one is that of the job itself.
NAMES = ("GITOPS_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN")
REMEDY = (
    "give a project access token (role Developer, scope api), a service account's or a personal one in GITOPS_TOKEN or "
    "GITLAB_TOKEN, as a masked CI/CD variable; see docs/gitlab.md"
)
JOB_TOKEN = "a job's own CI_JOB_TOKEN can neither read files by the API nor open merge requests"  # noqa: S105
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_JOB = "glcbt-"  # https://docs.gitlab.com/security/tokens/#token-prefixes


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, the variable it was in, and whether it is a job's own."""

    token: Secret
    variable: str
    job: bool

    @property
    def remedy(self) -> str | None:
        """What to do where it is not enough by its kind."""
        return f"{JOB_TOKEN}; {REMEDY}" if self.job else None

    def masked(self, text: str) -> str:
        """A text without the token in any form: plain, in base64, in an URL."""
        token = self.token.reveal()
        encoded = base64.b64encode(token.encode()).decode()
        for form in (token, quote(token, safe=""), encoded, encoded.rstrip("=")):
            text = text.replace(form, "***")
        return text


def chosen(credentials: Mapping[str, Secret]) -> Credentials | None:
    """The token to use: GITOPS_TOKEN, else GITLAB_TOKEN, else CI_JOB_TOKEN; None without any.

    Raises UsageError for one that cannot be part of an HTTP header.
    """
    for name in NAMES:
        token = credentials[name].reveal().strip() if name in credentials else ""
        if not token:
            continue
        if not _VISIBLE.fullmatch(token):
            raise UsageError(f"{name} holds spaces, line breaks or other odd characters", hint="set it again")
        return Credentials(Secret(token), name, name == "CI_JOB_TOKEN" or token.startswith(_JOB))
    return None
