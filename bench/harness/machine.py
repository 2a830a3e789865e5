"""Description of the machine and of package versions."""

import os
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path

from bench.harness.environment import PROJECT_DIR, BenchEnvironment, find_program

PYTHON_PACKAGES = ("Django", "psycopg", "gunicorn")


def describe_machine(grounds: BenchEnvironment) -> dict:
    """Processor, cores, memory (GB), system, and versions of what took part."""
    versions = {"Python": platform.python_version()} | {name: metadata.version(name) for name in PYTHON_PACKAGES}
    if grounds.postgresql_url:
        versions["PostgreSQL"] = grounds.database_version().split(" ")[0]
    for name, arguments in (("nginx", ["-v"]), ("redis-server", ["--version"]), ("wrk", ["-v"])):
        if found := _version(name, arguments):
            versions[name] = found
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": _system(),
        "load_before": round(os.getloadavg()[0], 2),
        "commit": _commit(),
        "versions": versions,
    }


def _version(name: str, arguments: list[str]) -> str:
    if not find_program(name):
        return ""
    said = subprocess.run([find_program(name), *arguments], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+(\.\d+)?", said.stdout + said.stderr)
    return found[0] if found else ""


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found[1].strip() if found else platform.machine()


def _system() -> str:
    release = Path("/etc/os-release")
    found = re.search(r'^PRETTY_NAME="(.+)"', release.read_text(), re.MULTILINE) if release.exists() else None
    return f"{found[1] if found else platform.system()}, Linux {platform.release()}"


def _commit() -> str:
    """Of the clone, with a + when there are changes; empty outside of one."""
    git = ["git", "-C", str(PROJECT_DIR)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=False)
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
