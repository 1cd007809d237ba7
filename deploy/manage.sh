#!/bin/sh
# Runs a command of manage.py as the units of systemd run: with their account, settings and secrets,
# and in the folder of the version that this file belongs to. For root:
#     sh /opt/callback/deploy/manage.sh setup
folder=$(cd "$(dirname "$0")/.." && pwd) || exit 1
exec systemd-run --pty --pipe --wait --collect --quiet --uid callback --working-directory "$folder" \
    --property UMask=0077 \
    --property EnvironmentFile=/etc/callback/callback.env \
    --property LoadCredential=callback:/etc/callback/secrets \
    "$folder/.venv/bin/python" manage.py "$@"
