#!/bin/sh
# Locks pyproject.toml's dependencies, with hashes, for every platform and Python from 3.12 on.
# Versions already locked are kept: `sh deploy/lock.sh --upgrade` takes newer ones.
set -eu
cd "$(dirname "$0")/.."

command -v uv >/dev/null || {
    echo "error: locking needs uv: install it (pip install uv, or pipx install uv), then try again." >&2
    exit 1
}

compile() {
    output=$1
    shift
    uv pip compile --quiet --universal --python-version 3.12 --generate-hashes \
        --no-emit-index-url --no-header pyproject.toml --output-file "$output" "$@"
}

compile requirements.txt "$@"
compile requirements-monitoring.txt --all-extras --constraint requirements.txt "$@"
compile requirements-dev.txt --group dev --all-extras --constraint requirements-monitoring.txt "$@"
sh deploy/check_locks.sh
