"""The databases that are measured on, filled when they are not yet."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from bench.grounds import PROJECT, Grounds

SAME_CHARACTERS = 3400  # of a body, when there are no articles of the peer's to take: about 10,000 bytes
GROWN_CHARACTERS = 500
# What decides how the rows look: a database that was filled with other ones is filled anew.
DECIDING = ("*/migrations/*.py", "articles/search.py", "articles/buckets.py", "bench/texts.py")


@dataclass(frozen=True)
class Set:
    """`size`: articles. `is_same`: those of --articles, as the peer holds them; else short ones for growth."""

    size: int
    is_same: bool

    @property
    def database(self) -> str:
        return f"qianfa_bench_{'same' if self.is_same else 'grown'}_{self.size}"

    @property
    def label(self) -> str:
        return f"{self.size // 1000}k"


@dataclass
class Filled:
    """A database that stands, and what there is in it (bench.facts)."""

    database: str
    facts: dict

    @property
    def large(self) -> dict:
        """The largest department: slug, live, last_page."""
        return self.facts["departments"][0]

    def article_in(self, place: int) -> str:
        """The address of an article in the middle of the department with this rank by size."""
        slug = self.facts["departments"][place]["slug"]
        there = [address for address in self.facts["spread"] if address.startswith(f"/{slug}/")]
        return there[len(there) // 2]


@dataclass
class Library:
    """Fills on demand. `articles`: a file of JSON lines; `text`: a file of Chinese text to make bodies of."""

    grounds: Grounds
    articles: Path | None = None
    text: Path | None = None
    filled: dict[Set, Filled] = field(default_factory=dict)

    def get(self, wanted: Set) -> Filled:
        if wanted not in self.filled:
            self.filled[wanted] = self._fill(wanted)
        return self.filled[wanted]

    def _fill(self, wanted: Set) -> Filled:
        database = wanted.database
        if wanted.is_same and not self.articles:
            database += "_made_up"
        environment = self.grounds.environment(database)
        stamp = self._stamp(wanted)
        noted = self._note_of(database)
        if noted != stamp:
            print(f"Filling {database}{', which an older version filled,' if noted else ''} …", flush=True)
            if noted:
                self.grounds.drop_database(database)
            self.grounds.make_database(database)  # and a fill that broke off goes on
            command = ["-m", "bench.fill", wanted.size]
            if wanted.is_same and self.articles:
                command += ["--from", self.articles.resolve()]
            else:
                command += ["--characters", SAME_CHARACTERS if wanted.is_same else GROWN_CHARACTERS]
                command += ["--text", self.text.resolve()] if self.text else []
            # Rows that a crash would cost are made again.
            self.grounds.run_python(command, environment | {"PGOPTIONS": "-c synchronous_commit=off"}, shown=True)
            self._note(database, stamp)
        return Filled(database, json.loads(self.grounds.run_python(["-m", "bench.facts"], environment)))

    def _stamp(self, wanted: Set) -> str:
        """Says what a database of this set would be filled with and by."""
        found = hashlib.sha256()
        for pattern in DECIDING:
            for file in sorted(PROJECT.glob(pattern)):
                found.update(file.read_bytes())
        given = self.articles if wanted.is_same and self.articles else self.text
        if given:
            found.update(f"{given.name} {given.stat().st_size}".encode())
        return f"filled by bench, {found.hexdigest()[:16]}"

    def _note_of(self, database: str) -> str:
        """The stamp of the fill that came to its end there; empty when none did."""
        with psycopg.connect(self.grounds.address("postgres")) as connection:
            asked = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
            found = connection.execute(asked, [database]).fetchone()
            return found[0] or "" if found else ""

    def _note(self, database: str, stamp: str) -> None:
        with psycopg.connect(self.grounds.address(database), autocommit=True) as connection:
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), stamp))
