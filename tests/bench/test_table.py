"""The benchmark table shows what the results file says."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.harness.load import ComparisonSamples, WrkSample, parse_wrk_output, percentile
from bench.harness.measurement import read_peers
from bench.harness.nginx import SHIPPED_NGINX_CONF, adapt_nginx_conf
from bench.harness.processes import MeasurementFailed
from bench.report import plot, table
from bench.report.goals import GOALS, PART_NAMES
from bench.scenarios.endurance import median_growth

PROJECT = Path(__file__).resolve().parents[2]
MACHINE = {"processor": "Z80", "cores": 1, "memory_gb": 2, "system": "CP/M", "versions": {"Django": "5.2"}}


def results(part: str, **figures: float | None) -> dict:
    measured = {"at": "2026-11-28 20:00 UTC", "seconds": 60, "machine": MACHINE, "pace": {"is_quick": False}}
    return {part: measured | {"figures": figures, "details": {}, "notes": []}}


def row(found: dict, words: str) -> tuple[str, ...]:
    (one,) = [row for row in table.rows(found) if row[0].startswith(words)]
    return one


def test_a_goal_that_is_reached_is_met_and_one_that_is_not_is_missed():
    found = results("uncached", article=10.0, listing=24.99)
    assert row(found, "uncached article")[1:4] == ("≥ 10× the peer", "10× the peer", "met")
    assert row(found, "uncached listing at")[1:4] == ("≥ 25× the peer", "25× the peer", "missed")


def test_of_some_goals_less_is_better():
    found = results("search", rare=100.0, common=100.4)
    assert row(found, "search of rare")[2:4] == ("100 ms", "met")
    assert row(found, "search of common")[3] == "missed"


def test_one_lost_read_misses_the_goal():
    assert row(results("reads", lost=0), "counted reads lost")[3] == "met"
    assert row(results("reads", lost=1), "counted reads lost")[3] == "missed"


def test_what_was_not_measured_is_neither_met_nor_missed():
    assert row({}, "uncached article")[2:4] == ("not measured", "")
    assert row(results("uncached", article=None), "uncached article")[2:4] == ("not measured", "")


def test_a_part_that_failed_is_missed_and_says_why():
    failed = {"nginx": {"at": "now", "machine": MACHINE, "failed": "no nginx here"}}
    assert row(failed, "behind the shipped")[2:4] == ("failed", "missed")
    assert "nginx: failed: no nginx here" in table.as_text(failed)


def test_a_quick_run_says_that_it_is_one():
    found = results("start", seconds=1.0)
    assert "quick" not in table.as_markdown(found)
    found["start"]["pace"]["is_quick"] = True
    assert "no figure to be quoted" in table.as_markdown(found)


def test_figures_a_second_stand_beside_the_ratio():
    found = results("uncached", article=17.0)
    rates = {"ours": {"per_second": 850.4}, "peer": {"per_second": 50}, "lean": {"per_second": 906}}
    found["uncached"]["details"]["article"] = rates
    assert row(found, "uncached article")[4:] == ("850/s", "50/s", "906/s")


def test_of_several_encodings_the_worst_stands_in_the_table():
    found = results("nginx", hot=0.5)
    found["nginx"]["details"] = {
        "br": {"hot": {"per_second": 900}, "limit": {"per_second": 1000}, "ratio": 0.9},
        "gzip": {"hot": {"per_second": 500}, "limit": {"per_second": 1000}, "ratio": 0.5},
    }
    assert row(found, "behind the shipped")[4:] == ("500/s", "", "1,000/s")


def test_every_part_has_a_goal_and_every_goal_its_row():
    assert {goal.part for goal in GOALS} == set(PART_NAMES)
    assert len(table.rows({})) == len({(goal.part, goal.name) for goal in GOALS})


def test_results_say_when_and_on_what_they_were_measured():
    made = table.as_markdown(results("start", seconds=1.0))
    assert "| start | 2026-11-28 20:00 UTC, 60 s | Z80, 1 cores, 2 GB, CP/M | Django 5.2 |" in made


def test_the_published_results_are_what_the_file_beside_them_says():
    file, told = PROJECT / "bench" / "results.json", PROJECT / "bench" / "RESULTS.md"
    assert told.exists() == file.exists()
    assert not told.exists() or told.read_text() == table.as_markdown(json.loads(file.read_text()))


def test_the_plot_names_its_axes_and_every_kind_of_page():
    sets = ["10k", "100k", "1000k"]
    times = {f"kind {n}": {"10k": 5.0 + n, "100k": 5.5 + n, "1000k": 6.0 + n} for n in range(17)}
    drawn = ET.fromstring(plot.growth_svg(sets, times))  # noqa: S314 (our own)
    texts = [element.text for element in drawn.iter() if element.tag.endswith("text")]
    assert {"articles (logarithmic)", "milliseconds (logarithmic)", *sets} <= set(texts)
    names = [element for element in drawn.iter() if element.tag.endswith("text") and "kind" in (element.text or "")]
    assert len(names) == 17
    heights = sorted(float(name.get("y")) for name in names)
    assert all(later - earlier >= 12 for earlier, later in pairwise(heights))


WRK = """
  Latency Distribution
     50%    1.50ms
     75%    2.00ms
     90%    3.00ms
     99%  800.00us
  1000 requests in 1.00s, 1.00MB read
  Socket errors: connect 0, read 2, write 0, timeout 1
  Non-2xx or 3xx responses: 4
Requests/sec:    999.50
"""


def test_what_wrk_says_is_read_with_its_units_and_what_failed():
    assert parse_wrk_output(WRK) == WrkSample(per_second=999.5, p50_ms=1.5, p99_ms=0.8, failed=7)


def test_ratios_are_taken_round_by_round():
    def sample(rate: float) -> WrkSample:
        return WrkSample(rate, 1, 1, 0)

    # The machine was half as fast in the second round: the ratio is the same.
    found = ComparisonSamples(
        {"ours": [sample(200), sample(100), sample(210)], "peer": [sample(20), sample(10), sample(20)]}
    )
    assert found.ratio("ours", "peer") == 10


def test_a_percentile_is_one_of_the_values():
    assert percentile([4, 1, 3, 2], 50) == 2
    assert percentile(list(range(1, 101)), 95) == 95
    assert percentile([7], 95) == 7


def test_memory_that_goes_up_and_down_has_not_grown():
    assert median_growth([100, 101, 100, 101, 100, 101, 100, 101, 100, 101]) <= 1
    assert median_growth([100, 102, 104, 106, 108, 110, 112, 114, 116, 118]) > 10


def test_peers_are_words_of_name_and_address(tmp_path):
    file = tmp_path / "peers"
    file.write_text("wagtail-100k-home=http://127.0.0.1:1/\nlean-list=http://127.0.0.1:2/zuzhi/?page=1000")
    assert read_peers(file)["lean-list"] == "http://127.0.0.1:2/zuzhi/?page=1000"
    file.write_text("localhost:8000")
    with pytest.raises(MeasurementFailed, match="localhost:8000"):
        read_peers(file)


def test_the_shipped_configuration_of_nginx_can_be_put_on_other_ports(tmp_path):
    made = adapt_nginx_conf(SHIPPED_NGINX_CONF.read_text(), tmp_path, 4711, [4712, 4713])
    assert "listen 127.0.0.1:4711;" in made
    assert "server 127.0.0.1:4712 fail_timeout=1s; server 127.0.0.1:4713 fail_timeout=1s;" in made
    assert "/srv/qianfa" not in made
    assert "proxy_cache_path /var" not in made


def test_another_configuration_is_refused_rather_than_half_put_in_place(tmp_path):
    with pytest.raises(MeasurementFailed, match="has nothing like"):
        adapt_nginx_conf("server { listen 80; }", tmp_path, 4711, [4712])


@pytest.mark.parametrize("module", ["bench.run", "bench.fill.__main__", "bench.scenarios.page_profile"])
@pytest.mark.slow
def test_the_command_explains_itself(module, environment):
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=PROJECT, capture_output=True, text=True, check=False,
        env={**environment, "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0
    assert "usage: " in done.stdout


def test_an_unknown_part_is_refused_by_name():
    command = [sys.executable, "-m", "bench.run", "everything"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no such part: everything" in done.stderr
