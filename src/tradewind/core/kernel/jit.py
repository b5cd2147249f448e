"""The one place that knows the compiler: how functions of the kernel are compiled, and where the result is kept.

Two decorators. `part` marks a piece that is only called by compiled code and is compiled into its callers; `compiled`
marks an entry point: it has one explicit signature, so it is compiled (or read from the cache) when its module is
imported and never at a user's first call, and a wrong dtype is a TypeError instead of a silent second compilation.

Floats: no `fastmath`, so neither reassociation nor contraction of a·b + c into one rounding; that is what makes the
kernel equal to `core.plan` to the last bit. `tests/core/kernel/test_kernel_jit.py` looks for fused instructions in the
machine code.

The cache: Numba notices a change of the file a function is in, but not of files whose functions were compiled into it.
So the folder's name is a digest of all files of this package; a stale cache cannot be met. The folder lies beside the
byte code, belongs to whoever owns the checkout, and is filled by `kernel.warm`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
import numpy as np

#: What an entry point answers with that has two whole numbers to tell.
PAIR: Any = numba.types.UniTuple(numba.int64, 2)  # type: ignore[no-untyped-call]

_PACKAGE = Path(__file__).parent


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


#: Where compiled code of all versions lies, and that of this version.
CACHES = _PACKAGE / "__pycache__"
CACHE = CACHES / f"kernel-{_digest()}"


@contextmanager
def _cached_here() -> Iterator[None]:
    """Numba reads the folder when it decorates; what other packages compile stays where it was."""
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(CACHE) if _can_write() else before
    try:
        yield
    finally:
        config.CACHE_DIR = before


def _can_write() -> bool:
    """Numba uses no folder that it cannot write to; without one it falls back to the user's own cache folder."""
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return True


def compiled[**P, R](signature: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile for exactly `signature` (a Numba signature), now or from the cache."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        with _cached_here():
            made: Callable[P, R] = numba.njit(signature, cache=True, error_model="numpy")(function)
        return made

    return decorate


def rows_of(dtype: np.dtype[np.void]) -> Any:
    """The type of an array of records, for signatures."""
    return numba.types.Array(numba.from_dtype(dtype), 1, "C")


def part[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """A piece that is compiled into its callers."""
    made: Callable[P, R] = numba.njit(error_model="numpy", forceinline=True)(function)
    return made
