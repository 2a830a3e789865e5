"""The transition table as a Mermaid diagram and a Markdown table."""

from collections.abc import Iterable

from workflow.rules.transitions import TRANSITIONS

BEGIN_MARKER, END_MARKER = "<!-- generated from workflow/rules/transitions.py -->", "<!-- end of what is generated -->"


def state_diagram() -> str:
    """What happens to the text of an article, as a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> draft: begin"]
    for transition in TRANSITIONS.values():
        for source in sorted(transition.from_text & transition.changing_text):
            lines += [
                f"    {source} --> {target}: {transition.action}" for target in transition.to_text if source != target
            ]
    return "\n".join([*lines, "```"])


def transition_table() -> str:
    """Every row of the transition table as Markdown."""
    head = "| act | who | text is | public side is | text becomes | public side becomes |\n|---|---|---|---|---|---|"
    rows = [
        f"| `{row.action}` | {row.who} | {_joined_names(row.from_text)} | {_joined_names(row.from_public)} "
        f"| {_joined_names(row.to_text) or '–'} | {_joined_names(row.to_public) or '–'} |"
        for row in TRANSITIONS.values()
    ]
    return "\n".join([head, *rows])


def _joined_names(states: Iterable[str]) -> str:
    return ", ".join(sorted(states))


def generated_section() -> str:
    return f"{BEGIN_MARKER}\n\n{state_diagram()}\n\n{transition_table()}\n\n{END_MARKER}"


def update_document(document: str) -> str:
    """The document with its generated part made anew. Raises ValueError when it has no place for it."""
    before, begin, rest = document.partition(BEGIN_MARKER)
    _old, end, after = rest.partition(END_MARKER)
    if not (begin and end):
        raise ValueError("the document has no generated part")
    return before + generated_section() + after
