#!/bin/sh
# What `make check` looks at. Goes through everything, and fails if any part did.
cd "$(dirname "$0")/.." || exit 1
failed=

# Settings as in production, of nobody: nothing here is started or connected to.
unset CACHE_URL QUEUE_URL WEB_PROCESSES WORKERS TIME_ZONE DEMO
export DEBUG=false PUBLIC_URL=https://callback.example ALLOWED_HOSTS=callback.example
export TRUSTED_PROXY_COUNT=1
export DATABASE_URL=sqlite://:memory: UHLIVE_CLIENT_ID=none UHLIVE_CLIENT_SECRET=none
SECRET_KEY=$(.venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(64))')
export SECRET_KEY

check() {
    echo "-- $1"
    shift
    "$@" || failed=yes
}

check "lint" .venv/bin/ruff check --quiet --output-format concise .
check "format" .venv/bin/ruff format --check --quiet --output-format concise .
check "templates" .venv/bin/python -m djlint --lint --quiet templates
check "imports" .venv/bin/lint-imports --no-logo --no-cache
check "types" .venv/bin/python -m mypy
check "migrations" .venv/bin/python manage.py makemigrations --check --dry-run
check "migrations under load" .venv/bin/zdm callbacks
check "deployment" .venv/bin/python manage.py check --deploy --fail-level WARNING
check "translations" .venv/bin/python deploy/check_translations.py
site=$(mktemp -d)
check "documents" .venv/bin/python deploy/docs_site.py "$site"
rm -rf "$site"
check "lock files" sh deploy/check_locks.sh
schema() { .venv/bin/check-jsonschema --quiet --builtin-schema "vendor.$1" "$2"; }
check "compose file" schema compose-spec deploy/compose.yaml
check "workflow" schema github-workflows .github/workflows/checks.yml
for form in .github/ISSUE_TEMPLATE/*.yml; do
    check "issue form" schema github-issue-forms "$form"
done
check "licences" .venv/bin/python deploy/licences.py
check "known vulnerabilities" .venv/bin/python deploy/audit.py

[ -z "$failed" ] || { echo "make check: failed" >&2; exit 1; }
echo "make check: all well"
