"""gitops.yaml to `Config`, or all its problems."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_actions.config.apps import read_apps
from gitops_actions.config.decoding import decode
from gitops_actions.config.environments import read_environments
from gitops_actions.config.freezes import read_freezes
from gitops_actions.config.pipelines import read_pipelines
from gitops_actions.config.problems import Problems
from gitops_actions.config.shapes import FileShape, MessagesShape
from gitops_actions.config.tree import Node, read
from gitops_actions.model import Config, ConfigRepo, Messages, Template
from gitops_actions.protocols import Editor


def load(text: str, *, file: str, kinds: Mapping[str, Editor]) -> Config:
    """The configuration that ``text`` holds.

    Args:
        text: the whole gitops.yaml.
        file: how messages call it.
        kinds: the editors that are installed, by kind; those that the file names are asked what they take.

    Raises ConfigInvalid with every problem that can be found, each with file, line, column and, where there is one, a
    hint what to do about it.
    """
    problems = Problems(file)
    root = read(text, problems)
    if root is None:
        raise problems.error()
    shape = decode(FileShape, root, "the file", problems)
    environments = read_environments(root.child("environments"), problems)
    freezes = read_freezes(root.child("freezes"), environments, problems)
    apps = read_apps(root.child("apps"), environments, kinds, problems)
    pipelines = read_pipelines(root.child("pipeline"), problems)
    if shape is None or problems:
        raise problems.error()
    home = shape.config_repo
    return Config(
        environments=environments,
        apps=apps,
        freezes=freezes,
        records=shape.records,
        config_repo=ConfigRepo(home.url, home.base, *root.at("config-repo", "url").place) if home else None,
        app=shape.app,
        messages=_messages(shape.messages, root.child("messages"), file),
        pipelines=pipelines,
    )


def _messages(shape: MessagesShape | None, node: Node, file: str) -> Messages:
    if shape is None:
        return Messages()

    def template(key: str, text: str | None) -> Template | None:
        return Template(text, file, *node.at(key).place) if text is not None else None

    return Messages(template("title", shape.title), template("body", shape.body))
