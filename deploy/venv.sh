#!/bin/sh
# Makes .venv in this project's folder and installs one locked list of packages into it:
#     sh deploy/venv.sh requirements.txt | requirements-dev.txt
# Does nothing when .venv already holds that list. Every failure is one sentence on stderr that
# says what to do, and exit status 1.
set -u
cd "$(dirname "$0")/.." || exit 1

requirements=$1
needed=3.12
# The stamp is a copy of the list that was installed: it tells by content, not by time, so that
# switching branches is noticed. It is written last, and only if everything went well.
stamp=.venv/$requirements
log=.venv/install.log

fail() {
    echo "error: $*" >&2
    exit 1
}

logged() { grep -Eqi "$1" "$log"; }

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.14 python3.13 python3.12 python
    fi
    too_old=
    for python; do
        is_new_enough "$python" && return
        # A name on PATH may still not run: version managers leave such stand-ins.
        version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) &&
            too_old=${too_old:-"$python is Python $version"}
    done
    [ -z "$too_old" ] || fail "$too_old, but $needed or newer is needed: install one, or name" \
        "it, as in 'PYTHON=/path/to/python make demo'."
    [ -z "${PYTHON:-}" ] || fail "PYTHON is set to '$PYTHON', which does not run: name a Python" \
        "$needed or newer."
    fail "no Python was found: install Python $needed or newer (Debian: apt install python3" \
        "python3-venv), or name it, as in 'PYTHON=/path/to/python make demo'."
}

explain_install_failure() {
    if logged 'no space left on device|disk quota exceeded'; then
        fail "the disk is full: make room in $(pwd), then try again."
    elif logged 'do not match the hashes'; then
        fail "the package registry serves other files than those locked in $requirements, and" \
            "nothing of them was installed: see $log, and try another registry (PIP_INDEX_URL)."
    elif logged 'permission denied|read-only file system'; then
        fail "cannot write in $(pwd)/.venv: make it writable, then try again."
    elif logged 'could not find a version|no matching distribution|connection|name resolution|timed out|proxyerror|sslerror|httperror'; then
        fail "a package could not be fetched: check the network, or set PIP_INDEX_URL to a" \
            "mirror, then try again; what pip said is in $log."
    fi
    fail "installing $requirements failed: what pip said is in $log."
}

[ -f "$requirements" ] || fail "there is no file $requirements in $(pwd)."
if [ -e .venv ] && ! is_new_enough .venv/bin/python; then
    rm -rf .venv 2>/dev/null || fail "cannot replace $(pwd)/.venv: make it writable, then try again."
fi
cmp -s "$requirements" "$stamp" && exit 0

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    find_python
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python cannot make virtual environments: install its venv module (Debian: apt" \
            "install python3-venv), then try again."
    rm -rf .venv 2>/dev/null
    mkdir .venv 2>/dev/null ||
        fail "cannot make the folder .venv in $(pwd): make it writable and free some disk" \
            "space, then try again."
    "$python" -m venv .venv >"$log" 2>&1 || explain_install_failure
fi

echo "Installing $(grep -c '^[A-Za-z0-9].*==' "$requirements") packages into .venv …"
# From here on .venv holds no list for certain.
rm -f .venv/requirements*.txt
.venv/bin/python -m pip install --require-hashes --no-input --disable-pip-version-check \
    --progress-bar off -r "$requirements" >"$log" 2>&1 || explain_install_failure
# The development list contains the other one whole.
if [ "$requirements" != requirements.txt ]; then
    cp requirements.txt .venv/ || fail "cannot write in $(pwd)/.venv: free some disk space, then try again."
fi
cp "$requirements" "$stamp" || fail "cannot write in $(pwd)/.venv: free some disk space, then try again."
