"""The machine-readable part of commit messages, and who may speak by it."""

from __future__ import annotations

from gitops_actions.core import messages, trailers
from gitops_actions.model import Commit, Image, Release, Signature, Source

US = Signature("gitops-actions", "gitops-actions@noreply.invalid", 1)
PAT = Signature("Pat", "pat@example.com", 2)
WEB = Release("1.4.2", (Image("a/web", "a/web", "1.4.2"),), Source("acme/web", "4" * 40, 7))
API = Release("2.0", (Image("a/api", "a/api", "2.0"),), Source("acme/api"))


def message(**releases: Release) -> str:
    versions = {app: release.version for app, release in releases.items()}
    title = messages.subject("Promote", versions, "production")
    return messages.commit_message(title, releases, "production", promoted_from="staging", run="https://ci/1")


def commit(text: str, author: Signature = US, committer: Signature = US) -> Commit:
    return Commit("c" * 40, (), author, committer, text)


def test_a_message_of_one_app() -> None:
    assert message(web=WEB).splitlines() == [
        "Promote web 1.4.2 to production",
        "",
        "Gitops-Environment: production",
        "Gitops-App: web",
        "Gitops-Version: 1.4.2",
        "Gitops-Image: a/web:1.4.2",
        f"Gitops-Source: acme/web@{'4' * 40}",
        "Gitops-Sequence: 7",
        "Gitops-From: staging",
        "Gitops-Run: https://ci/1",
    ]


def test_what_is_said_is_understood() -> None:
    assert messages.releases(message(web=WEB, api=API)) == {"web": WEB, "api": API}


def test_a_squash_by_a_forge_puts_other_paragraphs_behind() -> None:
    text = message(web=WEB).replace("\n", "\r\n") + "\r\n\r\nCo-authored-by: Pat <pat@example.com>\r\n"
    assert messages.releases(text) == {"web": WEB}


def test_a_changelog_cannot_pretend_to_be_a_trailer() -> None:
    text = message(web=WEB).replace("\n\n", "\n\n- fix\nGitops-App: api\nGitops-Version: 9\n\n", 1)
    assert list(messages.releases(text)) == ["web"]


def test_a_value_with_a_line_end_stays_one_value() -> None:
    line = trailers.paragraph([(trailers.RUN, "x\nGitops-Version: 9"), (trailers.FROM, None)])
    assert line == "Gitops-Run: x Gitops-Version: 9"


def test_whose_commit_it_is() -> None:
    ours = message(web=WEB)
    assert messages.ours(commit(ours), "production")
    assert messages.ours(commit(ours, US, Signature("GitHub", "noreply@github.com", 3)), "production")
    assert not messages.ours(commit(ours, US, PAT), "production"), "amended by a person"
    assert not messages.ours(commit(ours), "staging"), "of another environment"
    assert not messages.ours(commit("Fix the port", PAT, PAT), "production")


def test_many_apps_are_counted_when_the_line_gets_long() -> None:
    versions = {f"service-{number}": "1.0.0" for number in range(9)}
    assert messages.subject("Promote", versions, "production") == "Promote 9 apps to production"
