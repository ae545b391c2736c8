"""How much memory this process holds, without a package: /proc, the Windows API, or `getrusage`."""

from __future__ import annotations

import sys
from pathlib import Path


def resident_mb() -> float:
    """Resident set in MiB; 0.0 where the system does not tell. On macOS the peak stands in for the present."""
    if sys.platform == "win32":
        return _windows_mb()
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(peak) / (1024 * 1024 if sys.platform == "darwin" else 1024)
    import os

    return pages * os.sysconf("SC_PAGE_SIZE") / (1024 * 1024)


def _windows_mb() -> float:
    if sys.platform != "win32":
        return 0.0
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = [
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            *[
                (name, ctypes.c_size_t)
                for name in (
                    "PeakWorkingSetSize", "WorkingSetSize", "QuotaPeakPagedPoolUsage", "QuotaPagedPoolUsage",
                    "QuotaPeakNonPagedPoolUsage", "QuotaNonPagedPoolUsage", "PagefileUsage",
                    "PeakPagefileUsage",
                )
            ],
        ]  # fmt: skip

    counters = Counters(cb=ctypes.sizeof(Counters))
    kernel = ctypes.windll.kernel32
    kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb)
    return float(counters.WorkingSetSize) / (1024 * 1024)
