#!/bin/sh
# Re-resolves the dependencies and writes the hash-locked requirement files that are committed.
# uv.lock names registry hosts in every entry, so it stays out of git; the export names none.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
export UV_PYTHON_DOWNLOADS=never
"$uv" lock "$@"
"$uv" export --frozen --quiet --no-emit-project --no-dev --no-header -o requirements/runtime.lock
"$uv" export --frozen --quiet --no-emit-project --only-dev --no-header -o requirements/dev.lock
{
  echo "# What scripts/setup.sh installs with pip before uv takes over."
  awk '/^uv==/{on=1} on{print} on && !/\\$/{exit}' requirements/dev.lock
} > requirements/bootstrap.lock
# Other engines, only measured beside ours (`make peers`), in an environment of their own.
printf 'backtesting\nfreqtrade\nnautilus-trader\nvectorbt\npyarrow\nta-lib\n' |
  "$uv" pip compile --quiet --generate-hashes --no-header --no-annotate --python-version 3.13 - -o requirements/peers.lock
