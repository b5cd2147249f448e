#!/bin/sh
# What is too slow for every change: new examples, the coverage of core, mutation testing. Each part runs even when one
# before it failed; the exit status is 1 when any did.
#
#   scripts/nightly.sh                             all of it
#   scripts/nightly.sh examples|coverage|mutants   one part
#
# TRADEWIND_NIGHTLY_ROUNDS: how often new examples are drawn (3).
set -u
cd "$(dirname "$0")/.."
root=$(pwd)
PATH="$root/.venv/bin:$PATH"
export PATH
cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
failed=0

examples() {
    round=0
    while [ "$round" -lt "${TRADEWIND_NIGHTLY_ROUNDS:-3}" ]; do
        HYPOTHESIS_PROFILE=nightly pytest -n "$cores" --dist loadgroup tests/core || return 1
        round=$((round + 1))
    done
}

coverage() {
    pytest -n "$cores" --dist loadgroup tests/core tests/simulation \
        --cov --cov-report=term-missing:skip-covered --cov-fail-under=98
}

# The tree that mutmut makes comes before the one that is installed. Quick tests go first (tests/support/quick_first.py),
# and few simulated trades do: the mutants that they alone would find are what the rule-by-rule tests are for.
mutants() {
    rm -rf mutants
    mkdir -p mutants/src # a folder on the path that is not there when Python starts is never looked into again
    HYPOTHESIS_PROFILE=mutants TRADEWIND_SIMULATION_SEEDS=80 PYTHONPATH="$root/mutants/src:$root/mutants" \
        mutmut run --max-children "$cores" && python scripts/mutants.py
}

part() {
    printf '\n== %s\n' "$1"
    "$1" || { failed=1; printf '%s\n' "nightly: $1 failed" >&2; }
}

case "${1:-all}" in
    examples | coverage | mutants) part "$1" ;;
    all) for name in examples coverage mutants; do part "$name"; done ;;
    *) printf '%s\n' "nightly: expected examples, coverage, mutants or nothing, got $1" >&2; exit 2 ;;
esac
exit "$failed"
