"""The benchmark databases: which ones exist, and filling those that do not."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from bench.harness.environment import PROJECT_DIR, BenchEnvironment

PEER_BODY_CHARACTERS = 3400  # of a body, when there are no articles of the peer's to take: about 10,000 bytes
GROWTH_BODY_CHARACTERS = 500
# What decides how the rows look: a database that was filled with other ones is filled anew.
FINGERPRINTED_FILES = (
    "*/migrations/*.py",
    "articles/search/index.py",
    "articles/search/partitions.py",
    "bench/fill/texts.py",
)


@dataclass(frozen=True)
class Dataset:
    """`size`: articles. `is_peer`: those of --articles, as the peer holds them; else short ones for growth."""

    size: int
    is_peer: bool

    @property
    def database(self) -> str:
        return f"qianfa_bench_{'same' if self.is_peer else 'grown'}_{self.size}"

    @property
    def label(self) -> str:
        return f"{self.size // 1000}k"


@dataclass
class FilledDataset:
    """A database that stands, and what there is in it (bench.fill.inventory)."""

    database: str
    info: dict

    @property
    def largest_department(self) -> dict:
        """The largest department: slug, live, last_page."""
        return self.info["departments"][0]

    def article_path(self, place: int) -> str:
        """The address of an article in the middle of the department with this rank by size."""
        slug = self.info["departments"][place]["slug"]
        there = [address for address in self.info["spread"] if address.startswith(f"/{slug}/")]
        return there[len(there) // 2]


@dataclass
class DatasetLibrary:
    """Fills on demand. `articles`: a file of JSON lines; `text`: a file of Chinese text to make bodies of."""

    environment: BenchEnvironment
    articles: Path | None = None
    text: Path | None = None
    filled: dict[Dataset, FilledDataset] = field(default_factory=dict)

    def get(self, wanted: Dataset) -> FilledDataset:
        if wanted not in self.filled:
            self.filled[wanted] = self._fill(wanted)
        return self.filled[wanted]

    def _fill(self, wanted: Dataset) -> FilledDataset:
        database = wanted.database
        if wanted.is_peer and not self.articles:
            database += "_made_up"
        environment = self.environment.process_environ(database)
        stamp = self._fingerprint(wanted)
        noted = self._saved_fingerprint(database)
        if noted != stamp:
            print(f"Filling {database}{', which an older version filled,' if noted else ''} …", flush=True)
            if noted:
                self.environment.drop_database(database)
            self.environment.create_database(database)  # and a fill that broke off goes on
            command = ["-m", "bench.fill", wanted.size]
            if wanted.is_peer and self.articles:
                command += ["--from", self.articles.resolve()]
            else:
                command += ["--characters", PEER_BODY_CHARACTERS if wanted.is_peer else GROWTH_BODY_CHARACTERS]
                command += ["--text", self.text.resolve()] if self.text else []
            # Rows that a crash would cost are made again.
            fast = environment | {"PGOPTIONS": "-c synchronous_commit=off"}
            self.environment.run_python(command, fast, stream_output=True)
            self._save_fingerprint(database, stamp)
        return FilledDataset(
            database, json.loads(self.environment.run_python(["-m", "bench.fill.inventory"], environment))
        )

    def _fingerprint(self, wanted: Dataset) -> str:
        """Says what a database of this set would be filled with and by."""
        found = hashlib.sha256()
        for pattern in FINGERPRINTED_FILES:
            for file in sorted(PROJECT_DIR.glob(pattern)):
                found.update(file.read_bytes())
        given = self.articles if wanted.is_peer and self.articles else self.text
        if given:
            found.update(f"{given.name} {given.stat().st_size}".encode())
        return f"filled by bench, {found.hexdigest()[:16]}"

    def _saved_fingerprint(self, database: str) -> str:
        """The stamp of the fill that came to its end there; empty when none did."""
        with psycopg.connect(self.environment.database_url("postgres")) as connection:
            asked = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
            found = connection.execute(asked, [database]).fetchone()
            return found[0] or "" if found else ""

    def _save_fingerprint(self, database: str, stamp: str) -> None:
        with psycopg.connect(self.environment.database_url(database), autocommit=True) as connection:
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), stamp))
