#!/usr/bin/env bash
# plumbing.sh URL TAG: the least that a deploy by git can do. It knows every path, decides nothing, checks nothing,
# and is no example to follow.
set -euo pipefail
url=$1 tag=$2
policy=gitops.yaml
kustomization=apps/web/overlays/dev/kustomization.yaml
record=.gitops/releases/dev/web.yaml

GIT_DIR=$(mktemp -d)
export GIT_DIR
trap 'rm -rf "$GIT_DIR"' EXIT
git init --quiet --bare --template= "$GIT_DIR"
cat > "$GIT_DIR/config" <<CONFIG
[core]
    repositoryformatversion = 1
    bare = true
[extensions]
    partialClone = origin
[remote "origin"]
    url = $url
    promisor = true
    partialCloneFilter = blob:none
CONFIG

quiet=(--quiet --no-tags --no-write-fetch-head --no-auto-maintenance --recurse-submodules=no --filter=blob:none)
git fetch "${quiet[@]}" --depth=1 origin +refs/heads/main:refs/heads/main
read -r base < "$GIT_DIR/refs/heads/main"
git ls-tree "$base" "$policy" "$kustomization" "$record" | cut -c 13-52 |
    git -c fetch.negotiationAlgorithm=noop fetch "${quiet[@]}" --stdin origin

# fast-import makes blobs, trees and commit in one process; with hash-object, mktree and commit-tree it would be 20.
{
    printf 'commit refs/heads/new\ncommitter CI <ci@example.com> now\n'
    printf 'data <<EOM\nDeploy web %s to dev\nEOM\nfrom %s\n' "$tag" "$base"
    printf 'M 100644 inline %s\ndata <<EOM\n' "$kustomization"
    git cat-file blob "$base:$kustomization" | sed "s|newTag: \"[^\"]*\"|newTag: \"$tag\"|"
    printf 'EOM\nM 100644 inline %s\ndata <<EOM\n' "$record"
    git cat-file blob "$base:$record" |
        sed "s|^version: .*|version: \"$tag\"|; s|ghcr.io/acme/web:[^\"]*|ghcr.io/acme/web:$tag|"
    printf 'EOM\ndone\n'
} | git fast-import --quiet --done --date-format=now
git push --quiet --no-verify "--force-with-lease=main:$base" origin refs/heads/new:main
