"""Template loader that translates `{% translate %}` once per language, not per request.

A public page has some thirty of them, and each `{% translate "…" %}` costs as much as showing three values of an
article. Only tags with a literal text are taken; all others stay tags.
"""

import re

from django.template.base import Origin
from django.template.loaders import cached
from django.utils.translation import get_language, gettext, pgettext

_LITERAL = r"""(?:"[^"\\%{}]+"|'[^'\\%{}]+')"""
_translate_tag = re.compile(rf"{{%\s*(?:translate|trans)\s+({_LITERAL})(?:\s+context\s+({_LITERAL}))?\s*%}}")


class TranslatingLoader(cached.Loader):
    """Loads from other loaders; keeps each template once for each language."""

    def cache_key(self, template_name: str, skip: list[Origin] | None = None) -> str:
        return f"{get_language()} {super().cache_key(template_name, skip)}"

    def get_contents(self, origin: Origin) -> str:
        return _translate_tag.sub(_translate, super().get_contents(origin))


def _translate(tag: re.Match[str]) -> str:
    text, context = tag[1][1:-1], tag[2] and tag[2][1:-1]
    found = pgettext(context, text) if context else gettext(text)
    # What Django would take for a tag or a value of its own, or as a percent sign, it has to write itself.
    return tag[0] if re.search("[{}%]", found) else found
