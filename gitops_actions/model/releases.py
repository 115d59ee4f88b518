"""What a build made, and the record that an environment was given it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Image:
    """A container image. ``name`` is how files call it (the repository unless ``NAME=`` was given)."""

    name: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def reference(self) -> str:
        """``REPOSITORY[:TAG][@DIGEST]``, see https://pkg.go.dev/github.com/distribution/reference."""
        text = self.repository
        if self.tag is not None:
            text += f":{self.tag}"
        if self.digest is not None:
            text += f"@{self.digest}"
        return text


@dataclass(frozen=True, slots=True)
class Source:
    """Where a release was built: repository name (``acme/web``), full commit id, number of the build."""

    repository: str | None = None
    revision: str | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """What a build made."""

    version: str
    images: tuple[Image, ...] = ()
    source: Source = Source()

    def same_as(self, other: Release) -> bool:
        """Whether both are the same thing to run; the number of the build does not matter."""
        return (
            self.version == other.version
            and [image.reference for image in self.images] == [image.reference for image in other.images]
            and (self.source.revision == other.source.revision or None in (self.source.revision, other.source.revision))
        )


@dataclass(frozen=True, slots=True)
class Record:
    """`.gitops/releases/<environment>/<app>.yaml`: the release that an environment was given."""

    app: str
    environment: str
    release: Release
    promoted_from: str | None = None
