# The image that the GitLab components run in; `docker run --rm ghcr.io/gitops-actions/gitops-actions --help` works, too.
# The base: Python 3.13.14 on Alpine 3.24, for all its platforms. Dependabot renews it.
FROM python:3.13.14-alpine3.24@sha256:399babc8b49529dabfd9c922f2b5eea81d611e4512e3ed250d75bd2e7683f4b0 AS packages
COPY requirements.lock /
# Wheels only, each held against its hash; without pip and compiled files, which nobody needs here.
RUN python -m venv --without-pip /opt/gitops-actions \
 && python -m pip --python /opt/gitops-actions/bin/python install --quiet --no-cache-dir --disable-pip-version-check \
      --require-hashes --no-deps --only-binary :all: --no-compile --requirement /requirements.lock

FROM python:3.13.14-alpine3.24@sha256:399babc8b49529dabfd9c922f2b5eea81d611e4512e3ed250d75bd2e7683f4b0
# git comes with the release of Alpine that the base is pinned to.
# hadolint ignore=DL3018
RUN apk add --no-cache git \
 && adduser -D -u 1000 gitops
COPY --from=packages /opt/gitops-actions /opt/gitops-actions
COPY gitops_actions /opt/gitops-actions/source/gitops_actions
COPY templates /opt/gitops-actions/source/templates
COPY --chmod=755 action/gitops-actions /usr/local/bin/gitops-actions
# What is compiled once need not be compiled by every job; and a job cannot write it, being another user.
RUN /opt/gitops-actions/bin/python -m compileall -q /opt/gitops-actions/lib /opt/gitops-actions/source \
 && gitops-actions --version
USER 1000:1000
ENTRYPOINT ["gitops-actions"]
CMD ["--help"]
