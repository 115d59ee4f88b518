#!/usr/bin/env bash
# clone.sh URL TAG: what most pipelines do today, a clone without history, sed, commit and push. The work tree is left
# in TMPDIR, as a CI job leaves it to its runner.
set -euo pipefail
url=$1 tag=$2
kustomization=apps/web/overlays/dev/kustomization.yaml
record=.gitops/releases/dev/web.yaml

folder=$(mktemp -d)
git clone --quiet --depth 1 "$url" "$folder"
cd "$folder"
sed -i "s|newTag: \"[^\"]*\"|newTag: \"$tag\"|" "$kustomization"
sed -i "s|^version: .*|version: \"$tag\"|; s|ghcr.io/acme/web:[^\"]*|ghcr.io/acme/web:$tag|" "$record"
git commit --quiet -am "Deploy web $tag to dev"
git push --quiet origin HEAD:main
