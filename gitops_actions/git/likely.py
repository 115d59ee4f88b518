"""Which blobs will probably be read next, judged by their paths: each network command saved is a connection saved."""

from __future__ import annotations

import re
from collections.abc import Collection

from gitops_actions.git.objects import Objects

_MOST = 64
_LOOKS = 400  # trees; so the cost does not grow with the repository
_WIDE = 64  # folders beside each other, none with a word in its name: not a place to search
_TEXT = re.compile(r".*\.(?:ya?ml|json|toml)", re.IGNORECASE | re.DOTALL)


def likely_blobs(objects: Objects, tree: str, words: Collection[str]) -> list[str]:
    """The ids of at most 64 small text files of a tree whose path holds a word of ``words``, those with most words
    first.

    Where the names of some folders hold a word, only these are looked into: in ``apps/`` the one of the app, in
    ``overlays/`` those of the environments.
    """
    word = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, sorted(words)))})(?![A-Za-z0-9])")
    found: dict[str, int] = {}
    level: list[tuple[str, frozenset[str]]] = [(tree, frozenset())]
    looks = 0
    while level and looks < _LOOKS:
        level = level[: _LOOKS - looks]
        looks += len(level)
        children = objects.children([id for id, _ in level])
        below: list[tuple[str, frozenset[str]]] = []
        for id, above in level:
            folders = []
            for name, entry in children[id]:
                held = above.union(word.findall(name))
                if entry.is_tree:
                    folders.append((entry.id, held))
                elif held and entry.is_blob and _TEXT.fullmatch(name):
                    found[entry.id] = max(len(held), found.get(entry.id, 0))
            named = [folder for folder in folders if folder[1] != above]
            below += named or (folders if len(folders) <= _WIDE else [])
        level = below
    return sorted(found, key=lambda id: -found[id])[:_MOST]
