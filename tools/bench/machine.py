# SPDX-License-Identifier: MIT
"""machine.py - where it was measured: figures of another machine do not compare."""
import os
import platform
import re

from processes import read


def describe():
    info = read("/proc/cpuinfo")
    model = re.search(r"^model name\s*: (.*)$", info, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", read("/proc/meminfo"), re.MULTILINE)
    return {
        "cpu": model[1].strip() if model else platform.machine(),
        "cores": os.cpu_count(),
        "is_virtual": bool(re.search(r"^flags\s*:.*\bhypervisor\b", info, re.MULTILINE)),
        "memory_bytes": int(memory[1]) * 1024 if memory else 0,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
        if os.path.exists("/etc/os-release")
        else "Linux",
        "load_average": os.getloadavg(),
    }
