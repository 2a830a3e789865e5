"""nginx for benchmarks: deploy/nginx.conf with other ports, and a static file server."""

import re
import shutil
from pathlib import Path

from bench.harness.environment import HOST, PROJECT_DIR, BenchEnvironment, SiteNode
from bench.harness.processes import MeasurementFailed, free_port

DEPLOY_DIR = PROJECT_DIR / "deploy"
SHIPPED_NGINX_CONF = DEPLOY_DIR / "nginx.conf"
SHIPPED_PROJECT_DIR = "/srv/qianfa"  # where the shipped files say that the project lies
# What stands round the http context in both: as Debian's own nginx.conf has it, but for the log of requests.
NGINX_CONF_TEMPLATE = """\
worker_processes auto;
pid {folder}/{name}.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; default_type application/octet-stream;
    client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
    fastcgi_temp_path {folder}/{name}-fastcgi; uwsgi_temp_path {folder}/{name}-uwsgi;
    scgi_temp_path {folder}/{name}-scgi;
{inside}
}}
"""


def start_nginx_proxy(grounds: BenchEnvironment, nodes: list[SiteNode]) -> str:
    """Start nginx as shipped in front of the nodes, and return its address. Raises MeasurementFailed."""
    if not SHIPPED_NGINX_CONF.exists():
        raise MeasurementFailed("deploy/nginx.conf is not there")
    port, folder = free_port(), grounds.ensure_folder("nginx")
    shutil.rmtree(folder / "cache", ignore_errors=True)
    static = folder / "nginx-static.conf"
    static.write_text(
        (DEPLOY_DIR / "nginx-static.conf")
        .read_text()
        .replace(f"{SHIPPED_PROJECT_DIR}/var", str(grounds.ensure_folder("site")))
    )
    inside = adapt_nginx_conf(SHIPPED_NGINX_CONF.read_text(), grounds.work_dir, port, [node.port for node in nodes])
    return grounds.start_nginx("front", NGINX_CONF_TEMPLATE.format(folder=folder, name="front", inside=inside), port)


def adapt_nginx_conf(shipped: str, work: Path, port: int, upstreams: list[int]) -> str:
    """The configuration for one plain server on loopback; how it keeps and answers pages stays as it is.

    Rates are raised, not taken out: they are checked at every request, and that costs what it costs. Raises
    MeasurementFailed when a line that must be replaced is not there.
    """
    text = shipped
    for pattern, replacement in (
        (r"server 127\.0\.0\.1:8000( [^;]*)?;", " ".join(rf"server {HOST}:{one}\1;" for one in upstreams)),
        (r"(?m)^(\s*)listen 80;", rf"\1listen {HOST}:{port};"),
        (r"proxy_cache_path \S+", f"proxy_cache_path {work}/nginx/cache"),
        (rf"{SHIPPED_PROJECT_DIR}/deploy/nginx-static\.conf", f"{work}/nginx/nginx-static.conf"),
        (rf"{SHIPPED_PROJECT_DIR}/deploy", str(DEPLOY_DIR)),
        (rf"{SHIPPED_PROJECT_DIR}/var", f"{work}/site"),
        (r"rate=\d+r/[sm]", "rate=1000000r/s"),
    ):
        text, count = re.subn(pattern, replacement, text)
        if not count:
            raise MeasurementFailed(f"deploy/nginx.conf has nothing like {pattern}")
    return text


def start_file_server(grounds: BenchEnvironment, name: str, body: bytes, media_type: str, encoding: str) -> str:
    """Starts nginx with one file of these bytes; its address. `encoding`: what it says of them, "" for nothing."""
    root, port = grounds.ensure_folder(f"limits/{name}"), free_port()
    (root / "page").write_bytes(body)
    said = f"add_header Content-Encoding {encoding};" if encoding else ""
    inside = f'    server {{ listen {HOST}:{port}; root {root}; default_type "{media_type}"; {said} }}'
    text = NGINX_CONF_TEMPLATE.format(folder=grounds.ensure_folder("nginx"), name=name, inside=inside)
    return grounds.start_nginx(name, text, port) + "/page"
