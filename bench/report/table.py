"""Benchmark results: results.json, the table and RESULTS.md.

The file: part → {"at", "machine", "pace", "figures": {goal: figure or null}, "details", "notes"}, or {"at", "machine",
"failed": why}. Parts may have been measured at different times; each says when and where.
"""

import json
from pathlib import Path

from bench.report import plot
from bench.report.goals import GOALS, PART_NAMES, Goal, format_figure

TableRow = tuple[str, ...]
INTRODUCTION = (
    "Made by `bench/run` from [results.json](results.json), which holds more; not to be edited. Ratios are taken round "
    "by round within one run, and travel; figures a second are of one machine on one day, and do not. In the rows of "
    "uncached pages the limit is the lean application on the same rows, without chrome or seals; in the others a bare "
    "WSGI application, or a file that nginx serves, with the same bytes in the same encoding."
)
HEADER: TableRow = ("what", "goal", "measured", "", "ours", "peer", "limit")


def read_results(file: Path) -> dict:
    return json.loads(file.read_text()) if file.exists() else {}


def write_results(file: Path, results: dict) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(results, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    fresh.replace(file)


def verdict(goal: Goal, part: dict) -> tuple[str, str]:
    """(figure with its unit, "met" or "missed"), or why there is none."""
    if not part:
        return "not measured", ""
    if "failed" in part:
        return "failed", "missed"
    figure = part["figures"].get(goal.name)
    if figure is None:
        return "not measured", ""
    return f"{format_figure(figure)}{goal.unit}", "met" if goal.is_met(figure) else "missed"


def absolute_figures(goal: Goal, part: dict) -> tuple[str, str, str]:
    """(ours, the peer's, the limit's) absolute figures, where there are any: of one machine on one day."""
    details = part.get("details", {})
    match goal.part:
        case "uncached":
            found = details.get(goal.name, {})
            return _format_rate(found, "ours"), _format_rate(found, "peer"), _format_rate(found, "lean")
        case "cached" | "nginx":
            encodings = [one for one in details.values() if isinstance(one, dict) and goal.name in one]
            ratio = f"{goal.name}_ratio" if goal.part == "cached" else "ratio"
            if not encodings:
                return "", "", ""
            worst = min(encodings, key=lambda one: one[ratio])
            return _format_rate(worst, goal.name), "", _format_rate(worst, "limit")
        case "growth":
            return "", _growth_of_peer(details) if goal.name == "pages" else "", ""
    return "", "", ""


def _format_rate(found: dict, name: str) -> str:
    return f"{found[name]['per_second']:,.0f}/s" if name in found else ""


def _growth_of_peer(details: dict) -> str:
    ratios = [one["ratio"] for one in details.get("peer", {}).values()]
    return f"{max(ratios):.1f}× (10k → 100k)" if ratios else ""


def rows(results: dict) -> list[TableRow]:
    """One for each goal, as HEADER says."""
    made = []
    for goal in GOALS:
        part = results.get(goal.part, {})
        made.append((goal.label, goal.target_label, *verdict(goal, part), *absolute_figures(goal, part)))
    return made


def as_text(results: dict) -> str:
    """The table for a terminal, with what every part said beside its figures."""
    lines = [HEADER, *rows(results)]
    widths = [max(len(row[column]) for row in lines) for column in range(len(HEADER))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in lines]
    table.insert(1, "-" * max(map(len, table)))
    return "\n".join([*table, *(f"{part}: {note}" for part, note in notes(results))])


def notes(results: dict) -> list[tuple[str, str]]:
    """(part, what must be known of its figures)."""
    found = []
    for part in PART_NAMES:
        one = results.get(part, {})
        if "failed" in one:
            found.append((part, f"failed: {one['failed']}"))
        found += [(part, note) for note in one.get("notes", [])]
        if one.get("pace", {}).get("is_quick"):
            found.append((part, "a quick run on small sets, to see that it works; no figure to be quoted"))
    return found


def _markdown(head: TableRow, found: list[TableRow]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *found)]


def as_markdown(results: dict) -> str:
    """RESULTS.md."""
    lines = [
        "# Results of bench/run", "", INTRODUCTION, "",
        *_markdown(HEADER, rows(results)), "",
    ]  # fmt: skip
    if said := notes(results):
        lines += [*(f"- {part}: {note}" for part, note in said), ""]
    lines += _growth_section(results.get("growth", {}).get("details", {}))
    lines += _search_section(results.get("search", {}).get("details", {}))
    lines += ["## When and where", "", *_markdown(("part", "measured", "on", "with"), _origin_rows(results)), ""]
    return "\n".join(lines)


def _growth_section(details: dict) -> list[str]:
    if not details.get("milliseconds"):
        return []
    sets = details["sets"]
    found = [
        (kind, *(f"{times[one]:.1f}" for one in sets), f"{times['ratio']:.2f}×")
        for kind, times in details["milliseconds"].items()
    ]
    head = ("milliseconds for one page, rendered anew", *sets, "growth")
    return ["## Growth", "", "![Milliseconds for each kind of page by number of articles](growth.svg)", "",
            *_markdown(head, found), ""]  # fmt: skip


def _search_section(details: dict) -> list[str]:
    found = []
    for kind in ("rare", "common"):
        if one := details.get(kind):
            shares = [details["shares"][word] for word in one["words"]]
            words = f"{min(shares):.2%} to {max(shares):.2%}"
            found.append(
                (kind, words, str(one["searches"]), f"{one['p50']:.1f}", f"{one['p95']:.1f}", f"{one['p100']:.1f}")
            )
    if not found:
        return []
    head = ("words", "in how many articles", "searches", "p50 ms", "p95 ms", "slowest ms")
    return [f"## Search at {details['set']}", "", *_markdown(head, found), ""]


def _origin_rows(results: dict) -> list[TableRow]:
    made = []
    for part in PART_NAMES:
        if one := results.get(part):
            machine = one["machine"]
            where = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}"
            versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
            made.append((part, f"{one['at']}, {one.get('seconds', 0):.0f} s", where, versions))
    return made


def write_report(results: dict, folder: Path) -> None:
    """Writes RESULTS.md and the plot beside results.json."""
    (folder / "RESULTS.md").write_text(as_markdown(results))
    details = results.get("growth", {}).get("details", {})
    if details.get("milliseconds"):
        (folder / "growth.svg").write_text(plot.growth_svg(details["sets"], details["milliseconds"]))
