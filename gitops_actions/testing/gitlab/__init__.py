"""A GitLab for tests: real HTTP on loopback, real git behind it, stateful, and with GitLab's own rules.

    with GitLab(tmp_path) as gitlab:
        gitlab.add_user("ada")
        project = gitlab.add_project("acme/deploy", {"README.md": "# deploy\\n"}, members={"ada": MAINTAINER})
        token = gitlab.add_token("ada")
        ... gitlab.url ...

`GitLab.fault` makes requests go wrong, `GitLab.requests` is the log.
"""

from gitops_actions.testing.gitlab.records import (
    DEVELOPER,
    GUEST,
    MAINTAINER,
    OWNER,
    REPORTER,
    MergeRequest,
    Note,
    Project,
    Token,
    User,
)
from gitops_actions.testing.gitlab.server import GitLab, git_header

__all__ = [
    "DEVELOPER",
    "GUEST",
    "MAINTAINER",
    "OWNER",
    "REPORTER",
    "GitLab",
    "MergeRequest",
    "Note",
    "Project",
    "Token",
    "User",
    "git_header",
]
