"""nginx with the shipped configuration in front of a test site."""

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

PROJECT = Path(__file__).resolve().parent.parent.parent
DEADLINE = 20  # seconds for a server to come up


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Upstream:
    """The site behind nginx, which can be taken away. `asked`: the addresses that came through."""

    def __init__(self, application):
        self.asked: list[str] = []

        def counted(environ, start):
            self.asked.append(environ["PATH_INFO"])
            return application(environ, start)

        self.server = make_server("127.0.0.1", 0, counted, _Threaded, _Quiet)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def go_away(self) -> None:
        if self.thread.is_alive():
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def text(self):
        return self.body.decode()


class Front:
    """A browser's way to the site, by nginx."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, address: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)) as connection:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, address, body, {"Host": "testserver", **named})
            return Answer(connection.getresponse())


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def rendered(work: Path, upstream: int, port: int, var: Path) -> Path:
    """The shipped configuration with the addresses and folders of a test, as the file of a whole nginx."""
    (work / "cache").mkdir()
    changes = [
        (r"server 127\.0\.0\.1:8000", f"server 127.0.0.1:{upstream}"),
        (r"listen 80;", f"listen 127.0.0.1:{port};"),
        (r"server_name [^;]+;", "server_name testserver;"),
        (r"/var/cache/nginx/qianfa", str(work / "cache")),
        (r"/srv/qianfa/deploy/nginx-static\.conf", str(work / "nginx-static.conf")),
        (r"/srv/qianfa/var", str(var)),
        (r"/srv/qianfa/deploy", str(PROJECT / "deploy")),
    ]

    def changed(name: str) -> str:
        text = (PROJECT / "deploy" / name).read_text()
        for pattern, replacement in changes:
            text = re.sub(pattern, replacement, text)
        assert "/srv/" not in re.sub(r"#.*", "", text)
        return text

    (work / "nginx-static.conf").write_text(changed("nginx-static.conf"))
    scratch = "".join(
        f"{kind}_temp_path {work}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = work / "nginx.conf"
    whole.write_text(
        f"{'user root;' if os.getuid() == 0 else ''}\nworker_processes 1;\ndaemon off;\npid {work}/pid;\n"
        f"error_log {work}/error.log;\nevents {{ }}\nhttp {{\ninclude {_types()};\naccess_log off;\n{scratch}"
        f"{changed('nginx.conf')}\n}}\n"
    )
    return whole


def _types() -> str:
    found = [place for place in ("/etc/nginx/mime.types", "/usr/local/etc/nginx/mime.types") if Path(place).exists()]
    assert found, "nginx's mime.types was not found"
    return found[0]


def program() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    assert found, "No nginx. bin/test installs it where it may, and says what to install where it may not."
    return found


@contextmanager
def nginx(work: Path, upstream: int, var: Path) -> Iterator[Front]:
    port = free_port()
    file = rendered(work, upstream, port, var)
    process = subprocess.Popen([program(), "-c", str(file), "-e", str(work / "error.log")], stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + DEADLINE
        while True:
            assert process.poll() is None, process.stderr.read().decode()
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < end, "nginx does not come up"
            time.sleep(0.02)
        yield Front(port)
    finally:
        process.terminate()
        process.wait(timeout=DEADLINE)
        process.stderr.close()
