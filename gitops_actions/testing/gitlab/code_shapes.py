"""How commits, branches and differences are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from gitops_actions.testing.gitlab.records import Project, Protection
from gitops_actions.testing.gitlab.repository import Commit
from gitops_actions.testing.gitlab.shapes import Document
from gitops_actions.testing.gitlab.state import State

_TRAILER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*): (.+)")


def commit(state: State, home: Project, one: Commit) -> Document:
    """https://docs.gitlab.com/api/commits/."""
    trailers = _trailers(one.message)
    return {
        "id": one.id,
        "short_id": one.id[:8],
        "created_at": _time(one.committed),
        "parent_ids": list(one.parents),
        "title": one.title,
        "message": one.message,
        "author_name": one.author,
        "author_email": one.author_mail,
        "authored_date": _time(one.authored),
        "committer_name": one.committer,
        "committer_email": one.committer_mail,
        "committed_date": _time(one.committed),
        "trailers": {name: values[-1] for name, values in trailers.items()},
        "extended_trailers": trailers,
        "web_url": f"{state.url}/{home.path}/-/commit/{one.id}",
    }


def branch(
    state: State, home: Project, name: str, tip: Commit, rules: Sequence[Protection], can_push: bool
) -> Document:
    """https://docs.gitlab.com/api/branches/."""
    return {
        "name": name,
        "commit": commit(state, home, tip),
        "merged": False,
        "protected": bool(rules),
        "developers_can_push": any(rule.push == 30 for rule in rules),
        "developers_can_merge": any(rule.merge == 30 for rule in rules),
        "can_push": can_push,
        "default": name == home.default_branch,
        "web_url": f"{state.url}/{home.path}/-/tree/{quote(name)}",
    }


def diffs(patch: bytes) -> list[Document]:
    """A patch of git as a list (https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits)."""
    found = []
    for part in re.split(r"^diff --git ", patch.decode("utf-8", "replace"), flags=re.MULTILINE)[1:]:
        head, mark, body = part.partition("\n@@")
        old = re.search(r"^--- (?:a/)?(.*)$", head, re.MULTILINE)
        new = re.search(r"^\+\+\+ (?:b/)?(.*)$", head, re.MULTILINE)
        renamed = re.search(r"^rename from (.*)\nrename to (.*)$", head, re.MULTILINE)
        names = re.match(r"a/(.*) b/(.*)", head)
        before = renamed[1] if renamed else old[1] if old and old[1] != "/dev/null" else names[1] if names else ""
        after = renamed[2] if renamed else new[1] if new and new[1] != "/dev/null" else before
        added, deleted = "\nnew file mode " in head, "\ndeleted file mode " in head
        modes = re.findall(
            r"^(?:old mode|new mode|new file mode|deleted file mode) (\d+)|^index \S+ (\d+)$", head, re.MULTILINE
        )
        seen = [first or second for first, second in modes] or ["100644"]
        found.append(
            {
                "old_path": after if added else before,
                "new_path": after,
                "a_mode": "0" if added else seen[0],
                "b_mode": "0" if deleted else seen[-1],
                "diff": f"@@{body}" if mark else "",
                "collapsed": False,
                "too_large": False,
                "new_file": added,
                "renamed_file": bool(renamed),
                "deleted_file": deleted,
                "generated_file": False,
            }
        )
    return found


def _trailers(message: str) -> dict[str, list[str]]:
    paragraphs = re.split(r"\n\s*\n", message.strip())
    found: dict[str, list[str]] = {}
    for line in paragraphs[-1].splitlines() if len(paragraphs) > 1 else []:
        if match := _TRAILER.fullmatch(line):
            found.setdefault(match[1], []).append(match[2])
    return found


def _time(text: str) -> str:
    """git's time with milliseconds."""
    return f"{text[:19]}.000{text[19:]}"
