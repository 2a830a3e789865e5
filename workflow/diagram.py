"""The transition table as a diagram and as a table, for docs/workflow.md."""

from collections.abc import Iterable

from workflow.transitions import TRANSITIONS

BEGIN, END = "<!-- generated from workflow/transitions.py -->", "<!-- end of what is generated -->"


def mermaid() -> str:
    """What happens to the text of an article, as a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> draft: begin"]
    for transition in TRANSITIONS.values():
        for source in sorted(transition.texts & transition.moving):
            lines += [
                f"    {source} --> {target}: {transition.action}" for target in transition.to_text if source != target
            ]
    return "\n".join([*lines, "```"])


def table() -> str:
    """Every row of the transition table as Markdown."""
    head = "| act | who | text is | public side is | text becomes | public side becomes |\n|---|---|---|---|---|---|"
    rows = [
        f"| `{row.action}` | {row.who} | {_names(row.texts)} | {_names(row.publics)} "
        f"| {_names(row.to_text) or '–'} | {_names(row.to_public) or '–'} |"
        for row in TRANSITIONS.values()
    ]
    return "\n".join([head, *rows])


def _names(states: Iterable[str]) -> str:
    return ", ".join(sorted(states))


def generated() -> str:
    return f"{BEGIN}\n\n{mermaid()}\n\n{table()}\n\n{END}"


def put_into(document: str) -> str:
    """The document with its generated part made anew. Raises ValueError when it has no place for it."""
    before, begin, rest = document.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the document has no generated part")
    return before + generated() + after
