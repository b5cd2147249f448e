"""Fill the cache of compiled code, so that nobody waits: `python -m tradewind.core.kernel.warm`.

Set-up runs it, and so does whoever builds an image, on the kind of processor that will run it: code is compiled for the
processor it is compiled on, and compiled again where another one meets it.
"""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path


def warm() -> Path:
    """Compile every entry point that is not compiled yet (10 s; 1 s when all are) and drop what older sources left.

    Returns:
        The folder of compiled code.
    """
    # Entry points have explicit signatures: to import them is to compile them.
    importlib.import_module("tradewind.core.kernel")
    jit = importlib.import_module("tradewind.core.kernel.jit")
    cache: Path = jit.CACHE
    for folder in jit.CACHES.glob("kernel-*"):
        if folder != cache:
            shutil.rmtree(folder, ignore_errors=True)
    return cache


if __name__ == "__main__":
    warm()
