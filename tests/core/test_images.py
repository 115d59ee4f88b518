"""Image references, as `--image` takes them."""

from __future__ import annotations

import pytest

from gitops_actions.core.images import for_app, parse, renamed
from gitops_actions.errors import UsageError
from gitops_actions.model import App, Image

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("nginx", Image("", "nginx")),
        ("nginx:1.10", Image("", "nginx", "1.10")),
        ("localhost:5000/acme/web:1", Image("", "localhost:5000/acme/web", "1")),
        (f"ghcr.io/acme/web@{DIGEST}", Image("", "ghcr.io/acme/web", None, DIGEST)),
        (f"ghcr.io/acme/web:0123@{DIGEST}", Image("", "ghcr.io/acme/web", "0123", DIGEST)),
        ("web=registry.example.com/mirror/web:2", Image("web", "registry.example.com/mirror/web", "2")),
        ("ghcr.io/acme/web=eu.gcr.io/acme/web:2", Image("ghcr.io/acme/web", "eu.gcr.io/acme/web", "2")),
        ("[2001:db8::1]:5000/a/b:c", Image("", "[2001:db8::1]:5000/a/b", "c")),
    ],
)
def test_parse(text: str, image: Image) -> None:
    assert parse(text) == image


@pytest.mark.parametrize(
    "text",
    [
        "", ":1", "web:", "web:1:2", "Web:1", "web:-1", "web:.1", "web:1\n", "web:1 2", "web:$(id)", "web:${{ x }}",
        "web:1@sha256:abc", f"web@{DIGEST}\n", "-web:1", "../web:1", "web//x:1", "web:" + "a" * 129, "https://x/y:1",
        "a" * 256 + ":1", "x=", "=x:1", "a=b=c:1", "web:'1'", "web:1#", "web:{1}", "wéb:1", "web:\u0661",
    ],
)  # fmt: skip
def test_not_an_image(text: str) -> None:
    with pytest.raises(UsageError, match="is not an image"):
        parse(text)


def test_an_app_takes_its_own_images_only() -> None:
    app = App("web", images=("ghcr.io/acme/web",))
    assert for_app(app, [parse("ghcr.io/acme/web:1")]) == (Image("ghcr.io/acme/web", "ghcr.io/acme/web", "1"),)
    with pytest.raises(UsageError, match=r"is built from .*, not from"):
        for_app(app, [parse("ghcr.io/acme/api:1")])
    with pytest.raises(UsageError, match="neither tag nor digest"):
        for_app(app, [parse("ghcr.io/acme/web")])
    with pytest.raises(UsageError, match="given twice"):
        for_app(app, [parse("ghcr.io/acme/web:1"), parse("ghcr.io/acme/web:2")])


def test_several_images_come_together_and_in_the_order_of_the_app() -> None:
    app = App("web", images=("a/front", "a/back"))
    both = for_app(app, [parse("a/back:2"), parse("a/front:1")])
    assert [image.reference for image in both] == ["a/front:1", "a/back:2"]
    with pytest.raises(UsageError, match="also has the image a/front"):
        for_app(app, [parse("a/back:2")])


def test_a_moved_image_keeps_the_name_that_files_use() -> None:
    app = App("web", images=("ghcr.io/acme/web",))
    (image,) = for_app(app, [parse("ghcr.io/acme/web=eu.gcr.io/acme/web:2")])
    assert (image.name, image.reference) == ("ghcr.io/acme/web", "eu.gcr.io/acme/web:2")
    assert renamed(app, [parse(image.reference)]) == (image,)
