"""The shipped deploy/nginx.conf with the addresses, ports and folders of a measurement in place of its own."""

import re
import shutil
from pathlib import Path

from bench.grounds import PROJECT, Grounds, Node
from bench.processes import Failed, free_port

SHIPPED = PROJECT / "deploy" / "nginx.conf"


def ours_behind_nginx(grounds: Grounds, nodes: list[Node]) -> str:
    """Starts nginx with the shipped configuration in front of the nodes; its address. Raises Failed without one."""
    if not SHIPPED.exists():
        raise Failed("deploy/nginx.conf is not there")
    port = free_port()
    cache = grounds.folder("nginx/cache")
    shutil.rmtree(cache)
    grounds.folder("nginx/cache").chmod(0o777)  # its workers are another user when we are root
    return grounds.nginx(
        "front", rendered(SHIPPED.read_text(), grounds.work, port, [node.port for node in nodes]), port
    )


def rendered(shipped: str, work: Path, port: int, upstreams: list[int]) -> str:
    """The configuration for one plain server on loopback; what it limits and how it keeps pages stays as it is.

    Rates are raised, not taken out: they are checked at every request, and that costs what it costs. Raises Failed
    when a line that must be replaced is not there.
    """
    text = shipped
    for pattern, replacement in (
        (r"server 127\.0\.0\.1:8000[^;]*;", " ".join(f"server 127.0.0.1:{one};" for one in upstreams)),
        (r"listen 80;", f"listen 127.0.0.1:{port};"),
        (r"/var/cache/nginx/qianfa", str(work / "nginx" / "cache")),
        (r"/var/lib/qianfa", str(work / "site")),
        (r"rate=\d+r/[sm]", "rate=1000000r/s"),
    ):
        text, count = re.subn(pattern, replacement, text)
        if not count:
            raise Failed(f"deploy/nginx.conf has nothing like {pattern}")
    return f"pid {work / 'nginx' / 'front.pid'};\nworker_processes auto;\n{text}"
