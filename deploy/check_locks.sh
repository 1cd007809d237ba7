#!/bin/sh
# The lock files must install from whatever registry a machine is set up for, so no address may
# stand in them.
cd "$(dirname "$0")/.." || exit 1
if grep -n '://' requirements*.txt; then
    echo "error: an address stands in a lock file: run make lock." >&2
    exit 1
fi
