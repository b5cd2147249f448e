#!/bin/sh
# All that must hold before a change lands. With arguments: only pytest, with those arguments.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
PATH="$(pwd)/$bin:$PATH"
export PATH

cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
tests() { "$bin/pytest" -n "$cores" --dist loadgroup "$@"; }

if [ $# -gt 0 ]; then
    tests "$@"
    exit
fi

step() {
    printf '\n== %s\n' "$1"
    shift
    "$@"
}
step "lint" "$bin/ruff" check .
step "format" "$bin/ruff" format --check --quiet .
step "floors" "$bin/lint-imports" --no-logo
step "types" "$bin/mypy" --no-error-summary
step "OpenAPI document and client are up to date" scripts/client.sh --check
step "dashboard: lint, types, unit tests" sh -c 'cd web && npm run --silent lint && npm run --silent typecheck && npm test --silent'
step "tests" tests
