"""What GitHub tells about a repository before anything is written: see `protocols.Diagnosing`.

Where a permission is told by nobody, a request is sent that GitHub cannot carry out: it answers that it is invalid to
those who may, and that they may not to others.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from gitops_actions.errors import NotAllowed
from gitops_actions.forge.github.failures import Doubt, Refusal
from gitops_actions.forge.github.identity import ACTIONS, Identity
from gitops_actions.forge.github.protection import Protections, Settings
from gitops_actions.forge.github.view import View
from gitops_actions.model import MergeMethod
from gitops_actions.model.diagnosis import YES, Fact, Facts, Inquiry

_METHODS: Mapping[MergeMethod, tuple[str, str]] = {
    "merge": ("mergeCommitAllowed", "merge commits are"),
    "squash": ("squashMergeAllowed", "squash merging is"),
    "rebase": ("rebaseMergeAllowed", "rebase merging is"),
}
_ACTIONS = "'Allow GitHub Actions to create and approve pull requests'"
_WRITE = "the owner of the token needs the role Write here; a fine-grained one or an App also contents: write"
_APP = "add it under Permissions & events in the settings of the App, then accept it where the App is installed"


def facts(view: View, us: Identity, inquiry: Inquiry) -> Facts:
    """See `protocols.Diagnosing.diagnose`."""
    settings = Settings(view, inquiry)
    page, protections = settings.page, Protections(view, us, settings)
    rights = _Rights(view, us, settings)
    waits = Fact("no", "auto-merge is not allowed in this repository", f"turn on 'Allow auto-merge': {page}/settings")
    general = f"allow it under Pull Requests: {page}/settings; or give another `merge-method`"
    return Facts(
        push=rights.push(),
        request=rights.request(inquiry.bases[0]) if inquiry.branches else YES,
        auto_merge=YES if settings["autoMergeAllowed"] else waits,
        methods={
            method: YES if settings[setting] else Fact("no", f"{words} not allowed in this repository", general)
            for method, (setting, words) in _METHODS.items()
        },
        branches={name: protections.facts(name) for name in (*inquiry.bases, *inquiry.branches)},
        people={
            **{name: rights.reviewer(name) for name in inquiry.reviewers},
            **{name: rights.team(name) for name in inquiry.teams},
        },
        labels=frozenset(name for name in inquiry.labels if settings.label(name)),
    )


class _Rights:
    """What our credentials are allowed in a repository."""

    def __init__(self, view: View, us: Identity, settings: Settings) -> None:
        self._view = view
        self._us = us
        self._settings = settings

    def push(self) -> Fact:
        """Whether we may write content; unknown where only git tells."""
        page = self._settings.page
        if self._settings["isArchived"]:
            return Fact("no", "the repository is archived, and so read-only", f"unarchive it: {page}/settings")
        if self._us.permissions is not None:
            return self._granted(self._us.permissions, "contents")
        enough = {"repo"} if self._settings["isPrivate"] else {"repo", "public_repo"}
        if self._us.scopes is not None and not self._us.scopes & enough:
            return Fact("no", "the token lacks the scope repo", "add it: https://github.com/settings/tokens")
        return Fact("unknown", hint=self._view.client.credentials.remedy or _WRITE)

    def request(self, base: str) -> Fact:
        """Whether we may open requests."""
        if (push := self.push()).answer == "no":
            return push
        if self._us.permissions is not None:
            return self._granted(self._us.permissions, "pull_requests")
        if self._us.scopes is not None:
            return YES
        probed = self._probed(base)
        return self._of_actions() if self._us.login == ACTIONS and probed.answer == "yes" else probed

    def _granted(self, permissions: Mapping[str, str], name: str) -> Fact:
        held = permissions.get(name, "none")
        words = f"the installation of the App has the permission {name}: {held}, and {name}: write is needed"
        return YES if held in ("write", "admin") else Fact("no", words, _APP)

    def _probed(self, base: str) -> Fact:
        """Ask for a request from a branch into itself, which there cannot be."""
        body = {"title": "gitops-actions doctor", "head": base, "base": base}
        try:
            self._view.client.send("POST", f"{self._view.address.path}/pulls", body)
        except NotAllowed as error:
            return Fact("no", error.message, error.hint)
        except Refusal as refusal:
            if refusal.status == 422:
                return YES
            return Fact("no", f"GitHub refuses: {refusal.words}", "give the token the permission pull_requests: write")
        except Doubt as doubt:
            return Fact("unknown", doubt.message, "run it again")
        return YES

    def _of_actions(self) -> Fact:
        """https://docs.github.com/en/rest/actions/permissions#get-default-workflow-permissions-for-a-repository"""
        place = f"{self._settings.page}/settings/actions"
        try:
            told = self._view.client.get(f"{self._view.address.path}/actions/permissions/workflow")
        except (Refusal, NotAllowed):
            words = f"whether {_ACTIONS} is on is shown to administrators only"
            return Fact("unknown", words, f"an administrator sees it: {place}")
        if told["can_approve_pull_request_reviews"]:
            return YES
        mend = f"turn it on: {place}, and in the organization; or use the token of a GitHub App"
        return Fact("no", f"{_ACTIONS} is off", mend)

    def reviewer(self, name: str) -> Fact:
        """Whether somebody can be asked for a review."""
        mend = "check `reviewers` in gitops.yaml: a reviewer needs access to the repository"
        if name.lower() == self._us.login.lower():
            words = f"{name} owns the token, and nobody reviews what he opened himself"
            return Fact("no", words, "take the name out of `reviewers`, or use the token of an App or a machine user")
        there = self._there(f"{self._view.address.path}/collaborators/{quote(name, safe='')}")
        if there is None:
            return Fact("unknown", f"whether {name} may review is not shown to this token", mend)
        return YES if there else Fact("no", f"{name} is no collaborator of the repository", mend)

    def team(self, name: str) -> Fact:
        """Whether a team can be asked."""
        organization, _, slug = name.rpartition("/")
        organization = organization or self._view.address.owner
        if self._there(f"/orgs/{quote(organization, safe='')}/teams/{quote(slug, safe='')}"):
            return YES
        return Fact(
            "no",
            f"there is no team {slug} in {organization}, or this token does not see it",
            "check `team-reviewers` in gitops.yaml; the token needs members: read (a classic one: the scope read:org)",
        )

    def _there(self, path: str) -> bool | None:
        """Whether there is something; None where we may not know."""
        try:
            self._view.client.get(path)
        except Refusal as refusal:
            return False if refusal.status == 404 else None
        except NotAllowed:
            return None
        return True
