#!/bin/sh
# Sets up everything Tradewind needs inside this checkout: a virtual environment from the hash-locked
# requirements and the built dashboard. Safe to run again: what is up to date is left alone.
#
#   scripts/setup.sh            set up
#   scripts/setup.sh --browser  also make sure there is a Chromium for the browser tests
set -eu

cd "$(dirname "$0")/.."
root=$(pwd)
venv="$root/.venv"

# Byte-compiled modules start four to five times faster; some machines switch that off globally.
unset PYTHONDONTWRITEBYTECODE || true
export UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_NO_PROGRESS=1
# Behind a company's proxy the certificates to trust are those of the machine, not those that come with uv and Node.
if [ -s /etc/ssl/certs/ca-certificates.crt ]; then
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}" NODE_USE_SYSTEM_CA="${NODE_USE_SYSTEM_CA:-1}"
fi

say() { printf '%s\n' "tradewind setup: $*"; }
die() { printf '%s\n' "tradewind setup: $*" >&2; exit 1; }

# A full disk shows up as a corrupt environment later; 3 GiB is what a fresh set-up takes.
need_space() {
    free_kib=$(df -Pk "$root" | awk 'NR==2 {print $4}')
    [ "$free_kib" -ge "$1" ] || die "disk full: $root has $((free_kib / 1024)) MiB free, set-up needs $(($1 / 1024)) MiB; free some space and run again"
}

# A shim that exists but cannot run (pyenv without that version selected) must not count.
suits() {
    "$1" -c 'import sys; sys.exit(not ((3, 12) <= sys.version_info[:2] <= (3, 13) and sys.implementation.name == "cpython"))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${TRADEWIND_PYTHON:-}" ]; then
        suits "$TRADEWIND_PYTHON" || die "TRADEWIND_PYTHON=$TRADEWIND_PYTHON is not a CPython 3.12 or 3.13; point it at one or unset it"
        echo "$TRADEWIND_PYTHON"
        return
    fi
    for candidate in \
        python3.13 python3.12 python3 python \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12*/bin/python \
        "$HOME"/.local/share/uv/python/cpython-3.1[32]*/bin/python3 \
        /usr/local/bin/python3.13 /usr/local/bin/python3.12 /opt/python*/bin/python3; do
        path=$(command -v "$candidate" 2>/dev/null) || continue
        if suits "$path"; then echo "$path"; return; fi
    done
}

# Any Python with pip can bring uv, and uv can fetch an interpreter where the network allows it.
fetch_python() {
    uv=$(command -v uv 2>/dev/null || true)
    if [ -z "$uv" ]; then
        for any in python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python; do
            path=$(command -v "$any" 2>/dev/null) || continue
            "$path" -m venv "$root/.venv-bootstrap" >/dev/null 2>&1 || continue
            "$root/.venv-bootstrap/bin/pip" install --quiet --require-hashes -r requirements/bootstrap.lock >/dev/null 2>&1 || continue
            uv="$root/.venv-bootstrap/bin/uv"
            break
        done
    fi
    [ -n "$uv" ] || return 0
    UV_PYTHON_DOWNLOADS=automatic "$uv" python install --quiet 3.13 >/dev/null 2>&1 || return 0
    "$uv" python find 3.13 2>/dev/null || true
}

make_venv() {
    python=$(find_python)
    if [ -z "$python" ]; then
        say "no CPython 3.12 or 3.13 found, trying to fetch one"
        python=$(fetch_python)
        rm -rf "$root/.venv-bootstrap"
    fi
    [ -n "$python" ] || die "no suitable Python: expected CPython 3.12 or 3.13 on PATH, in \$PYENV_ROOT/versions or in TRADEWIND_PYTHON, and none could be fetched; install one (Debian: apt-get install python3.12 python3.12-venv, or pyenv install 3.13) and run again"
    say "using $("$python" -V) at $python"
    rm -rf "$venv"
    if "$python" -m venv "$venv" >/dev/null 2>&1; then
        "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock ||
            die "could not install uv with pip; is the package index reachable?"
    elif command -v uv >/dev/null 2>&1; then
        uv venv --quiet --python "$python" "$venv"
        uv pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements/bootstrap.lock
    else
        rm -rf "$venv"
        die "$python cannot make virtual environments (no ensurepip); install its venv package (Debian: apt-get install python3-venv) or uv, and run again"
    fi
}

# The stamp names what the environment was made from, so that a change of either is noticed.
wanted=$(cat requirements/runtime.lock requirements/dev.lock pyproject.toml | cksum)
if ! { [ -x "$venv/bin/python" ] && suits "$venv/bin/python" && [ "$(cat "$venv/.stamp" 2>/dev/null)" = "$wanted" ]; }; then
    need_space 3145728
    if ! { [ -x "$venv/bin/uv" ] && suits "$venv/bin/python"; }; then make_venv; fi
    rm -f "$venv/.stamp"
    say "installing the locked packages"
    # pip's index settings (mirrors) are the machine's business; uv does not read them, so hand them on when set.
    VIRTUAL_ENV="$venv" "$venv/bin/uv" pip sync --quiet --require-hashes requirements/runtime.lock requirements/dev.lock ||
        die "installing the locked packages failed; see the message above and run again"
    VIRTUAL_ENV="$venv" "$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --editable .
    "$venv/bin/python" -m compileall -q src emulators
    echo "$wanted" > "$venv/.stamp"
fi

# Compiled once here, so that nobody's first back-test waits for the compiler.
kernel="$wanted $(cat src/tradewind/core/kernel/*.py | cksum)"
if [ "$(cat "$venv/.kernel-stamp" 2>/dev/null)" != "$kernel" ]; then
    say "compiling the plan kernel"
    "$venv/bin/python" -m tradewind.core.kernel.warm || die "compiling the plan kernel failed; see the message above"
    echo "$kernel" > "$venv/.kernel-stamp"
fi

# Node comes from a wheel in the environment; a system Node may be absent or too old.
PATH="$venv/bin:$PATH"
export PATH
if [ -f web/package.json ]; then
    deps=$(cksum < web/package-lock.json)
    if [ "$(cat web/node_modules/.stamp 2>/dev/null)" != "$deps" ]; then
        need_space 1572864
        say "installing the dashboard's packages"
        (cd web && npm ci --loglevel=error --no-audit --no-fund) || die "npm ci failed in web/; see the message above and run again"
        echo "$deps" > web/node_modules/.stamp
    fi
    sources=$(find web/src web/public web/index.html web/*.ts web/*.json -type f 2>/dev/null | LC_ALL=C sort | xargs cksum | cksum)
    if [ "$(cat web/dist/.stamp 2>/dev/null)" != "$sources" ]; then
        say "building the dashboard"
        (cd web && npm run --silent build -- --logLevel warn) || die "building the dashboard failed; see the message above"
        echo "$sources" > web/dist/.stamp
    fi
fi

if [ "${1:-}" = "--browser" ] && ! command -v chromium >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing Debian's chromium for the browser tests"
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 ||
            say "chromium could not be installed; the browser tests will be skipped"
    else
        say "no chromium on PATH (and no root with apt to install it); the browser tests will be skipped"
    fi
fi
