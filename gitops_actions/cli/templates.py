"""Where sets of templates come from: the package, installed packages, and the base branch of the repository here."""

from __future__ import annotations

import functools
from pathlib import Path

from gitops_actions import plugins
from gitops_actions.cli.folder import Folder
from gitops_actions.cli.settings import Settings
from gitops_actions.edit.source import text_of
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.git.checkout import Checkout
from gitops_actions.names import complaint_about_name, did_you_mean
from gitops_actions.pipeline import sets
from gitops_actions.pipeline.writing import folder
from gitops_actions.resources import templates

PLACE = ".gitops/templates"
HERE = "."
# The branch that a request goes into, as each CI system names it.
_BASES = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
_REMOTE = "refs/remotes/origin"


def built_in() -> tuple[str, ...]:
    """The names of the sets of the package."""
    return tuple(sorted(path.parent.name for path in _ours().glob("*/set.yaml")))


def _ours() -> Path:
    return templates() / "pipelines"


def _text(name: str, tree: Folder) -> str:
    file = tree.snapshot([name]).files.get(name)
    try:
        if file is None:
            raise EditRefused("this is no regular file")
        return text_of(file)
    except EditRefused as error:
        raise UsageError(error.message, code="GA553", file=name, hint="a set holds plain texts in UTF-8") from None


class Library:
    """The sets that can be used here.

    Those of the repository are read from its base branch, never from the work tree: a pull request cannot bring the
    templates that its own pipeline is made from. ``base`` names another commit, or `.` for the work tree.
    """

    def __init__(self, root: Path, settings: Settings, base: str | None = None) -> None:
        self._root = root
        self._settings = settings
        self._base = base
        self._checkout = Checkout(root)

    def find(self, name: str) -> sets.TemplateSet:
        """The set of that name. Raises UsageError when there is none, or it is not as it should be."""
        if name in built_in():
            return sets.read(name, folder(_ours() / name), "built in")
        installed = plugins.installed_templates()
        if name in installed:
            package = installed[name].load()
            return sets.read(name, folder(Path(package.__path__[0])), f"of the package {package.__name__}")
        if name in self.own:
            return sets.read(name, self.own[name], f"{PLACE}/{name}", place=f"{PLACE}/{name}/")
        known = self.names
        hint = did_you_mean(name, known) or "see gitops-actions generate --list"
        if complaint_about_name(name) is None and (self._root / PLACE / name).is_dir():
            hint = f"{PLACE}/{name} counts once it is on the base branch; until then, try it with --templates-from ."
        raise UsageError(f"there is no set of templates {name!r} (known: {', '.join(known)})", code="GA551", hint=hint)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all sets, those of the package first. The first of a name is the one that is used."""
        return tuple(dict.fromkeys((*built_in(), *plugins.installed_templates(), *self.own)))

    @functools.cached_property
    def own(self) -> dict[str, dict[str, str]]:
        """The files of each set of the repository."""
        found: dict[str, dict[str, str]] = {}
        for path, text in self._texts().items():
            name, slash, rest = path.partition("/")
            if slash:
                found.setdefault(name, {})[rest] = text
        return dict(sorted(found.items()))

    def _texts(self) -> dict[str, str]:
        if self._base == HERE:
            tree = Folder(self._root)
            names = [name for name in tree.names if name.startswith(f"{PLACE}/")]
            return {name.removeprefix(f"{PLACE}/"): _text(name, tree) for name in names}
        if not self._checkout.exists:
            return {}
        commit = self._commit()
        return self._checkout.texts(commit, PLACE) if commit else {}

    def _commit(self) -> str | None:
        """The commit whose templates count; None in a repository that has none at all."""
        if self._base is not None:
            commit = self._checkout.commit(self._base)
            if commit is None:
                raise UsageError(f"there is no commit {self._base!r} here", code="GA559", hint="fetch it first")
            return commit
        requests = (self._settings.environ.get(name) for name in _BASES)
        named = next(filter(None, requests), None) or self._settings.job.event.get("default_branch")
        if named is not None or self._checkout.commit(f"{_REMOTE}/HEAD"):
            commit = self._checkout.commit(f"{_REMOTE}/{named or 'HEAD'}")
        elif self._checkout.has_remote:
            commit = None
        else:
            return self._checkout.commit("HEAD")  # nobody sends requests to a repository without a remote
        if commit is None and (self._root / PLACE).is_dir():
            raise UsageError(
                f"{PLACE} is read from the base branch, and which one that is, or the branch itself, is not known here",
                code="GA559",
                hint="`git fetch origin` and `git remote set-head origin --auto`, or say --templates-from COMMIT; "
                "docs/pipelines.md#sets-of-your-own has how to fetch it in CI",
            )
        return commit
