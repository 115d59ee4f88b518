"""The words of whoever runs us go out as they are; and GitLab, which obeys lines with a slash first, obeys none."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_actions.testing.github import GitHub
from gitops_actions.testing.gitlab import GitLab
from tests.forge.sky import KINDS, Kind, policy, sky

WORDS = "See https://example.org, @alice\n/close\n/label ~bad\n/merge"


@pytest.mark.parametrize("kind", KINDS)
def test_body_and_comment(tmp_path: Path, kind: Kind) -> None:
    with sky(kind, tmp_path, policy("deliver: pull-request")) as there:
        there.play("deploy", "--image", "ghcr.io/acme/web:1.1", "--body", WORDS)
        assert there.request().state == "open"
        assert "bad" not in there.request().labels
        there.play("pr", "close", "1", "--comment", WORDS.replace("/close", "/reopen"))
        request = there.request()
        assert (request.state, request.turns) == ("closed", ("closed",))
        (comment,) = request.comments
        shown = comment.replace("\n\\/", "\n/")  # Markdown does not show the backslash
        assert WORDS.replace("/close", "/reopen") in shown
        if isinstance(there.server, GitLab):
            (stored,) = there.server.state.projects[0].merge_requests
            assert stored.commands == []
            assert WORDS in stored.description.replace("\n\\/", "\n/")
            assert "\n\\/reopen" in comment
        else:
            assert isinstance(there.server, GitHub)
            assert comment == shown
            assert WORDS in (there.server.requests_of("acme/deploy")[0].body or "")
