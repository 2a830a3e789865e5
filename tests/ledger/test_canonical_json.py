"""Canonical JSON: equal data gives equal text."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical_json import canonical_json, canonical_timestamp, sha256

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


def test_keys_are_sorted_and_nothing_is_between_them():
    assert canonical_json({"b": 1, "a": [True, None, "x"], "中": {}}) == '{"a":[true,null,"x"],"b":1,"中":{}}'.encode()


@given(plain)
def test_the_form_says_exactly_what_was_put_in(value):
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=3), st.integers()))
def test_the_order_in_which_keys_were_written_does_not_matter(value):
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


@pytest.mark.parametrize(
    "value", [1.0, [0.5], {"a": {"b": [float("nan")]}}, float("inf"), Decimal("1.5"), b"bytes", {1: "x"}, {"a", "b"}]
)
def test_what_two_languages_would_write_differently_is_refused(value):
    with pytest.raises(TypeError):
        canonical_json(value)


def test_a_moment_is_written_in_utc_with_microseconds():
    in_shanghai = datetime(2014, 2, 7, 8, 0, 0, 5, tzinfo=timezone(timedelta(hours=8)))
    assert canonical_timestamp(in_shanghai) == "2014-02-07T00:00:00.000005Z"
    assert canonical_json({"at": in_shanghai}) == canonical_json({"at": in_shanghai.astimezone(UTC)})
    assert canonical_timestamp(None) is None


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(TypeError, match="time zone"):
        canonical_json([datetime(2014, 2, 7)])  # noqa: DTZ001 (that is the point)


def test_a_day_is_written_as_a_day():
    assert canonical_json([date(2014, 2, 7)]) == b'["2014-02-07"]'


def test_a_digest_is_64_lower_case_hexadecimal_digits():
    assert sha256("签发") == sha256("签发".encode())
    assert sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4
