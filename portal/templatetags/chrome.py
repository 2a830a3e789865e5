"""The part of the public pages that is the same on many of them."""

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.templatetags.static import static
from django.utils.translation import get_language

from articles.lasting import lasting

register = template.Library()


@register.simple_tag(takes_context=True)
def site_mark(context: Context) -> str:
    """The address of the site's mark, in the colour of its theme."""
    return static("public/favicon-blue.svg" if context["site"].theme == "blue" else "public/favicon.svg")


class Lasting(template.Node):
    def __init__(self, name: str, differing: list[FilterExpression], nodes: NodeList) -> None:
        self.name, self.differing, self.nodes = name, differing, nodes

    def render(self, context: Context) -> str:
        if context.get("trouble"):
            return self.nodes.render(context)
        key = (self.name, get_language(), *(value.resolve(context) for value in self.differing))
        return lasting(key, lambda: self.nodes.render(context))


@register.tag("lasting")
def do_lasting(parser: Parser, token: Token) -> Lasting:
    """{% lasting "footer" %}…{% endlasting %}: rendered once for each language and version of the site.

    Further arguments are what else its words depend on. It must show nothing but what every page shows: identity,
    navigation, our own words. Where something is wrong (`trouble`), it is rendered each time.
    """
    _tag, name, *differing = token.split_contents()
    nodes = parser.parse(["endlasting"])
    parser.delete_first_token()
    return Lasting(name.strip("\"'"), [parser.compile_filter(one) for one in differing], nodes)
