"""A private redis-server for tests, on a socket in a temporary folder."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis


class RedisServer:
    """Starts, is killed, and starts again at the same address with all it held, as docs/operations.md asks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program, "No redis-server on PATH. bin/test installs it where it may; Debian: apt install redis-server"
        options = [
            "--port",
            "0",
            "--unixsocket",
            self.socket,
            "--save",
            "",
            "--appendonly",
            "yes",
            "--dir",
            self.folder,
        ]
        self.process = subprocess.Popen([program, *map(str, options)], stdout=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while not self.answers():
            assert self.process.poll() is None, "redis-server does not start"
            assert time.monotonic() < end, "redis-server does not answer"
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return client.ping()
        except redis.ConnectionError:
            return False

    def die(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.socket.unlink(missing_ok=True)


@contextmanager
def own_server() -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="qianfa-redis-", ignore_cleanup_errors=True) as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.die()
