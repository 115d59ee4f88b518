"""What was read of a repository, until it is forgotten: its branches, the entries of its commits, and blobs."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.forge.github import failures, queries
from gitops_actions.forge.github.address import Address
from gitops_actions.forge.github.client import Client
from gitops_actions.forge.github.failures import Refusal
from gitops_actions.forge.github.nodes import Entry, blob_id, commit, with_folders
from gitops_actions.forge.github.queries import Reading
from gitops_actions.model import Commit

HEADS = "refs/heads/"
MANAGED = "gitops/"
TEMPORARY = "gitops-tmp/"
_AT_ONCE = 150  # files in one query: GitHub gives it ten seconds


class View:
    """The reads that the store and the forge of one repository share.

    ``opened`` is called with what the first query told about the repository.
    """

    def __init__(self, client: Client, address: Address) -> None:
        self.client = client
        self.address = address
        self.blobs: dict[str, bytes] = {}
        self.forget()

    def forget(self) -> None:
        """Nothing is known any more, but contents by their ids."""
        self.opened = False
        self.id = ""
        self.default: str | None = None
        self.waiting: tuple[Sequence[Mapping[str, Any]], bool] = ((), False)  # open requests, and whether that is all
        self.temporary: Mapping[str, str] = {}
        self.heads: dict[str, str | None] = {}
        self.trees: dict[str, str] = {}  # of commits
        self.entries: dict[tuple[str, str], Entry | None] = {}
        self.commits_ahead: dict[tuple[str, str], tuple[Commit, ...]] = {}
        self.milestones: dict[str, str | None] = {}  # their ids by title, as far as somebody has asked
        self._complete: set[str] = set()

    # --- asking ---

    def ask(self, reading: Reading) -> None:
        """Send a reading; the first one also asks for the repository itself. Raises UsageError when it is not there."""
        if self.opened:
            if reading:
                reading.take(self.repository(reading.document(), reading.values()))
            return
        reading.add(queries.REPOSITORY, self._open)
        reading.add(queries.WAITING, self._wait, queries.REQUEST)
        try:
            found = self.repository(reading.document(), reading.values())
        except NotAllowed:  # a token that may not see requests, as an agent's, can do the rest
            reading.drop()
            found = self.repository(reading.document(), reading.values())
        reading.take(found)

    def open(self) -> None:
        """Ask for the repository, unless that was done."""
        if not self.opened:
            self.ask(Reading())

    def repository(self, document: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """The repository in the answer to any query. Raises UsageError when it is not there."""
        names = {"owner": self.address.owner, "name": self.address.name}
        found = self.client.query(document, {**names, **variables}).get("repository")
        if found is None:
            raise failures.not_visible(self.address.full_name, self.client.credentials.remedy)
        return dict(found)

    def _open(self, repository: Mapping[str, Any]) -> None:
        self.opened = True
        self.id = repository["id"]
        default = repository["defaultBranchRef"]
        if default is not None:
            self.default = default["name"]
            self.heads.setdefault(default["name"], default["target"]["oid"])
        self._learn(repository["managed"])
        if not repository["managed"]["pageInfo"]["hasNextPage"]:
            self._complete.add(MANAGED)
        self.temporary = {_full_name(one): one["target"]["oid"] for one in repository["temporary"]["nodes"]}

    def _wait(self, repository: Mapping[str, Any]) -> None:
        self.waiting = repository["waiting"]["nodes"], not repository["waiting"]["pageInfo"]["hasNextPage"]

    # --- branches ---

    def branches(self, prefix: str) -> Mapping[str, str]:
        """The branches that start with ``prefix``. What was read of one before counts."""
        if prefix.startswith(MANAGED):
            self.open()
        folder = prefix[: prefix.rfind("/") + 1]
        if not any(prefix.startswith(known) for known in self._complete):
            after = None
            while True:
                page = self.repository(queries.BRANCHES, {"prefix": HEADS + folder, "after": after})["refs"]
                if page is not None:
                    self._learn(page)
                if page is None or not page["pageInfo"]["hasNextPage"]:
                    break
                after = page["pageInfo"]["endCursor"]
            self._complete.add(folder)
        return {name: oid for name, oid in sorted(self.heads.items()) if oid and name.startswith(prefix)}

    def _learn(self, page: Mapping[str, Any]) -> None:
        for one in page["nodes"]:
            self.heads.setdefault(_full_name(one), one["target"]["oid"])

    def known_head(self, branch: str) -> tuple[bool, str | None]:
        """Whether it is known where a branch is, and where."""
        if branch in self.heads:
            return True, self.heads[branch]
        return any(branch.startswith(known) for known in self._complete), None

    def look(self, branch: str) -> str | None:
        """Where a branch is now, whatever was known."""
        reading = Reading()
        found: list[str | None] = []

        def take(repository: Mapping[str, Any]) -> None:
            found.append(repository["look"]["target"]["oid"] if repository["look"] else None)

        reading.add(
            f"look: ref(qualifiedName: {reading.variable('String!', HEADS + branch)}) {{ target {{ oid }} }}", take
        )
        self.ask(reading)
        self.moved(branch, found[0])
        return found[0]

    def moved(self, branch: str, oid: str | None) -> None:
        """A branch is known to be somewhere else now."""
        self.heads[branch] = oid

    # --- files ---

    def want(self, reading: Reading, ref: str, commit: str | None, paths: Iterable[str]) -> None:
        """Add to a reading what is not known of these paths and of the folders they are in. ``commit`` None: of the
        commit that the branch ``ref`` is at, or ("") the default branch."""
        contents = set(paths)
        asked = [(path, path in contents) for path in with_folders(contents)]
        if commit is not None:
            asked = [(path, text) for path, text in asked if self._lacks(commit, path, text)]
            if not asked and commit in self.trees:
                return
        alias = reading.alias()
        selection, names = queries.files(reading, asked)

        def take(repository: Mapping[str, Any]) -> None:
            found = repository[alias]
            if commit is None:
                name = ref or (found or {}).get("name")
                found = found["target"] if found else None
                if name:
                    self.heads.setdefault(name, found["oid"] if found else None)
            if found and "tree" in found:
                self.trees[found["oid"]] = found["tree"]["oid"]
                for (path, _), file in zip(asked, names, strict=True):
                    self._keep(found["oid"], path, found[file])

        if commit is None and not ref:
            reading.add(f"{alias}: defaultBranchRef {{ name target {{ {selection} }} }}", take)
        elif commit is None:
            ref_name = reading.variable("String!", HEADS + ref)
            reading.add(f"{alias}: ref(qualifiedName: {ref_name}) {{ target {{ {selection} }} }}", take)
        else:
            oid = reading.variable("GitObjectID!", commit)
            reading.add(f"{alias}: object(oid: {oid}) {{ {selection} }}", take)

    def load(self, commit: str, paths: Collection[str]) -> None:
        """Know the entries and the contents of these paths of a commit. Raises UsageError when there is none."""
        ordered = sorted(paths)
        for start in range(0, max(1, len(ordered)), _AT_ONCE):
            reading = Reading()
            self.want(reading, "", commit, ordered[start : start + _AT_ONCE])
            if reading:
                self.ask(reading)
        if commit not in self.trees:
            raise UsageError(f"there is no commit {commit[:100]} in {self.address.full_name}")
        self.contents(
            entry.oid for path in ordered if (entry := self.entries.get((commit, path))) and entry.kind == "blob"
        )

    def lacking(self, commit: str, paths: Iterable[str]) -> list[str]:
        """Those of the paths that would have to be asked for."""
        return [path for path in paths if self._lacks(commit, path, text=True)]

    def contents(self, ids: Iterable[str]) -> None:
        """Know the contents of blobs. Raises UsageError when there is none of such an id."""
        for id in dict.fromkeys(ids):
            if id in self.blobs:
                continue
            try:
                found = self.client.get(f"{self.address.path}/git/blobs/{id}")
            except Refusal:
                raise UsageError(f"there is no object {id} in {self.address.full_name}") from None
            self.blobs[id] = b64decode(found["content"]) if found["encoding"] == "base64" else found["content"].encode()

    def _lacks(self, commit: str, path: str, text: bool) -> bool:
        if (commit, path) not in self.entries:
            return True
        entry = self.entries[commit, path]
        return text and entry is not None and entry.kind == "blob" and entry.oid not in self.blobs

    def _keep(self, commit: str, path: str, found: Mapping[str, Any] | None) -> None:
        if found is None:
            self.entries[commit, path] = None
            return
        entry = Entry(f"{found['mode']:06o}", found["type"], found["oid"])
        self.entries[commit, path] = entry
        text = (found.get("object") or {}).get("text")
        # GitHub gives text only, cuts it, and guesses its encoding: the id tells whether it is the content.
        if text is not None and blob_id(raw := text.encode()) == entry.oid:
            self.blobs[entry.oid] = raw

    # --- commits ---

    def want_ahead(self, reading: Reading, base: str, head: str) -> None:
        """Add to a reading the commits of one branch that another lacks."""
        alias, fragment = reading.alias(), queries.COMMIT
        base_ref, head_ref = reading.variable("String!", HEADS + base), reading.variable("String!", HEADS + head)

        def take(repository: Mapping[str, Any]) -> None:
            found = (repository[alias] or {}).get("compare")
            if found and not found["commits"]["pageInfo"]["hasNextPage"]:
                key = found["baseTarget"]["oid"], found["headTarget"]["oid"]
                self.commits_ahead[key] = tuple(commit(node) for node in reversed(found["commits"]["nodes"]))

        reading.add(
            f"{alias}: ref(qualifiedName: {base_ref}) {{ compare(headRef: {head_ref}) {{ baseTarget {{ oid }} "
            "headTarget { oid } commits(first: 100) { nodes { ...CommitParts } pageInfo { hasNextPage } } } }",
            take,
            fragment,
        )


def _full_name(ref: Mapping[str, Any]) -> str:
    """The name of a branch in a list: what of it is the prefix depends on what was asked for."""
    return f"{ref['prefix']}{ref['name']}".removeprefix(HEADS)
