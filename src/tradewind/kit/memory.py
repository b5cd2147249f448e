"""What a process does with memory that it has freed."""

from __future__ import annotations

import ctypes
import sys

#: glibc's names of what can be set: memory at the top that is kept, and the size from which on pages are borrowed anew.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT, _LARGEST = 1 << 30, 1 << 25


def keep_freed_memory() -> None:
    """Keep up to 1 GB of freed memory for what comes next, where the C library is glibc; elsewhere do nothing.

    Evaluating columns again and again asks for the same memory again and again, and the kernel would clear each page
    anew: that takes as long as the arithmetic. For processes that compute and end.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_MMAP_THRESHOLD, _LARGEST)
