"""The form of gitops.yaml: one Struct per section. `decoding` checks a file against them, and the JSON Schema is made
from them, so the two cannot drift apart."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Struct, UnsetType, field

from gitops_actions.config.texts import (
    Action,
    Branch,
    Day,
    Duration,
    ImageName,
    MessageBody,
    MessageTitle,
    Moment,
    Name,
    Repository,
    Template,
    Text,
    Title,
    ToolImage,
    Url,
    Word,
    about,
    about_text,
)


class Shape(Struct, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """A mapping of the file; a key that is not a field of it is a problem, unless ``other_keys``."""

    other_keys: ClassVar[bool] = False


class GatesShape(Shape):
    """Conditions on a promotion."""

    soak: Annotated[
        Duration | None, about_text("How long the release must have been on the base branch of `after`", "4h")
    ] = None
    statuses: Annotated[
        list[Word], about("Commit statuses (globs) that must be green there", ["gitops/staging"], must="be a list")
    ] = field(default_factory=list)


class EnvironmentShape(Shape):
    """A node of the graph of environments."""

    after: Annotated[
        Name | list[Name],
        about(
            "The environment(s) that releases come from; none: this is where `deploy` goes",
            "dev",
            must="be a name or a list of names",
        ),
    ] = field(default_factory=list)
    deliver: Annotated[
        Literal["push", "pull-request"],
        about("By a commit on the base branch, or by a pull request", must="be push or pull-request"),
    ] = "pull-request"
    auto_merge: Annotated[
        bool, about("Ask the forge to merge as soon as everything required is green", must="be true or false")
    ] = False
    reviewers: Annotated[list[Word], about("Who is asked to review", ["alice"], must="be a list")] = field(
        default_factory=list
    )
    team_reviewers: Annotated[list[Word], about("Teams that are asked", ["sre"], must="be a list")] = field(
        default_factory=list
    )
    labels: Annotated[list[Word], about("Labels of the requests", ["production"], must="be a list")] = field(
        default_factory=list
    )
    milestone: Annotated[
        Title | None, about_text("The milestone of the requests, by its title; it has to exist", "v2")
    ] = None
    merge_method: Annotated[
        Literal["merge", "squash", "rebase"] | None,
        about("How requests are merged; default: as the forge does", must="be merge, squash or rebase"),
    ] = None
    group: Annotated[
        Literal["app", "environment"],
        about("One request per app, or one for all apps of the environment", must="be app or environment"),
    ] = "app"
    branch: Annotated[
        Branch | None,
        about("Where the files of this environment live; default: the base branch", "main", must="be a branch"),
    ] = None
    repository: Annotated[
        Url | None, about("Another repository for the files of this environment", must="be an URL or a path")
    ] = None
    gates: GatesShape = field(default_factory=GatesShape)
    deployments: Annotated[
        bool,
        about("Tell the source repository of each release, as a deployment of its forge", must="be true or false"),
    ] = False


class WeeklyShape(Shape):
    """A time of every week."""

    from_: Moment = field(name="from")
    to: Moment


class DatesShape(Shape):
    """Whole days, both included."""

    from_: Day = field(name="from")
    to: Day


class FreezeShape(Shape):
    """A time in which nothing is promoted: either `weekly` or `dates`."""

    name: Annotated[Word, about_text("What people call it", "weekend")]
    environments: Annotated[list[Name], about("Default: all of them", ["production"], must="be a list of names")] = (
        field(default_factory=list)
    )
    weekly: WeeklyShape | None = None
    dates: DatesShape | None = None
    timezone: Annotated[
        str,
        about_text(
            "A name of the IANA time zone database", "Europe/Berlin", must="be a time zone such as Europe/Berlin"
        ),
    ] = "UTC"


class EditShape(Shape):
    """One place in one file; the key that names the kind stands beside these, and those that only this kind has."""

    other_keys: ClassVar[bool] = True

    path: Annotated[
        Text | UnsetType, about_text("Where in the file", "image.tag", "services[?name=='api'].version")
    ] = UNSET
    value: Annotated[Text | UnsetType, about_text("What is written there", "{version}", must="be a text in quotes")] = (
        UNSET
    )
    pattern: Annotated[
        Text | UnsetType,
        about_text(
            "A regular expression; its group `value` is replaced",
            "ref=(?P<value>[0-9a-f]{40})",
            must="be a regular expression in quotes",
        ),
    ] = UNSET
    document: Annotated[
        int | Text | UnsetType,
        about(
            "Which document of the file: a number from 0, or a selector",
            "kind=Deployment,metadata.name=web",
            must="be a number or a selector",
        ),
    ] = UNSET
    on_missing: Annotated[
        Literal["error", "create"], about("What to do when there is no such place", must="be error or create")
    ] = "error"


class AppShape(Shape):
    """A thing that is released on its own."""

    edits: Annotated[list[EditShape], about("The places that carry its release", must="be a list")]
    image: Annotated[ImageName | UnsetType, about_text("Its image, as the files call it", "ghcr.io/acme/web")] = UNSET
    images: Annotated[list[ImageName], about("Its images, when there are several", must="be a list")] = field(
        default_factory=list
    )
    source: Annotated[Repository | None, about_text("The repository it is built from", "acme/web")] = None
    environments: Annotated[
        list[Name], about("Default: all of them", ["dev", "production"], must="be a list of names")
    ] = field(default_factory=list)
    path: Annotated[
        Template | None,
        about_text("The folder that the agent applies; default: that of the first edit", must="be a path"),
    ] = None


class MessagesShape(Shape):
    """How requests are worded. Values stand in `<@ @>`, blocks in `<% %>`."""

    title: Annotated[
        MessageTitle | None, about_text("The title of a request", "<@ subject @>", must="be a template in quotes")
    ] = None
    body: Annotated[
        MessageBody | None,
        about_text("Its body, in Markdown", "<@ verb @> to <@ environment @>", must="be a template, best after `|`"),
    ] = None


class ConfigRepoShape(Shape):
    """Where the environments of this app are kept."""

    url: Url
    base: Annotated[Branch | None, about_text("Its base branch; default: the one its HEAD names", "main")] = None


class PipelineShape(Shape):
    """A pipeline that `generate` writes."""

    use: Annotated[Name, about_text("The set of templates", "container", must="be the name of a set of templates")]
    platforms: Annotated[
        list[Annotated[Literal["github", "gitlab"], about("A CI system", must="be github or gitlab")]],
        about("For which CI systems", ["github"], must="be a list of github and gitlab"),
    ]
    name: Annotated[
        Name | None, about_text("What the pipeline is called, and its file; default: as its set", "web")
    ] = None
    with_: Annotated[dict[str, Any], about("What the templates are given", must="be a mapping")] = field(
        default_factory=dict, name="with"
    )
    action: Annotated[
        Action | None,
        about_text(
            "The action that workflows of GitHub use; default: that of the release which writes them",
            f"gitops-actions/gitops-actions@{'0' * 40}",
        ),
    ] = None
    tool_image: Annotated[
        ToolImage | None,
        about_text("The image with gitops-actions that jobs of GitLab run in", "ghcr.io/acme/gitops-actions:1.2.3"),
    ] = None


class FileShape(Shape):
    """gitops.yaml, of gitops-actions: the policy of a config repo, or where an app repo delivers to."""

    version: Annotated[Literal[1], about("Version of this format", must="be 1, the only version there is")]
    environments: Annotated[
        dict[Name, EnvironmentShape | None] | None, about("In the config repo: the environments", must="be a mapping")
    ] = None
    freezes: Annotated[
        list[FreezeShape] | None, about("In the config repo: when nothing is promoted", must="be a list")
    ] = None
    apps: Annotated[
        dict[str, AppShape] | None,
        about('In the config repo: the apps; "*" stands for those found by {app} in the paths', must="be a mapping"),
    ] = None
    records: Annotated[bool, about("Whether release records are written", must="be true or false")] = True
    messages: Annotated[
        MessagesShape | None, about("In the config repo: how requests are worded", must="be a mapping")
    ] = None
    config_repo: ConfigRepoShape | None = None
    app: Annotated[Name | None, about_text("In the app repo: the app that is built here", "web")] = None
    pipeline: Annotated[
        PipelineShape | list[PipelineShape] | None,
        about("In an app repo: the pipelines that `generate` writes", must="be a mapping, or a list of them"),
    ] = None
