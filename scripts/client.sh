#!/bin/sh
# Writes the OpenAPI document (web/openapi.json) and the dashboard's client (web/src/client) from the code.
#
#   scripts/client.sh          regenerate both
#   scripts/client.sh --check  change nothing; fail when they are out of date
set -eu

cd "$(dirname "$0")/.."
PATH="$(pwd)/.venv/bin:$PATH"
export PATH

die() { printf '%s\n' "tradewind client: $*" >&2; exit 1; }

[ -x .venv/bin/tradewind ] && [ -x web/node_modules/.bin/openapi-ts ] || die "run scripts/setup.sh first"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

tradewind openapi > "$work/openapi.json" || die "tradewind openapi failed"
(cd web && node_modules/.bin/openapi-ts --silent --no-log-file --input "$work/openapi.json" --output "$work/client") ||
    die "the client could not be generated"

if [ "${1:-}" = "--check" ]; then
    cmp -s "$work/openapi.json" web/openapi.json && diff -r -q "$work/client" web/src/client >/dev/null ||
        die "web/openapi.json or web/src/client is out of date; run scripts/client.sh (make client) and commit both"
    exit 0
fi

cp "$work/openapi.json" web/openapi.json
rm -rf web/src/client
cp -R "$work/client" web/src/client
