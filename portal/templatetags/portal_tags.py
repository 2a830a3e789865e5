"""Template tags of the site frame: the site icon, and `{% versioned_cache %}`."""

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.templatetags.static import static
from django.utils.translation import get_language

from articles.caching.memo import memoize_by_version

register = template.Library()


@register.simple_tag(takes_context=True)
def site_icon_url(context: Context) -> str:
    """The address of the site's mark, in the colour of its theme."""
    return static("public/favicon-blue.svg" if context["site"].theme == "blue" else "public/favicon.svg")


class VersionedCacheNode(template.Node):
    # {% extends %} searches these for blocks at every page; there are none in what is cached.
    child_nodelists = ()

    def __init__(
        self, name: str, differing: list[FilterExpression], of: list[FilterExpression], nodes: NodeList
    ) -> None:
        self.name, self.vary_on, self.departments, self.nodelist = name, differing, of, nodes

    def render(self, context: Context) -> str:
        if context.get("is_error_page"):
            return self.nodelist.render(context)
        departments = [value.resolve(context) for value in self.departments]
        key = (self.name, get_language(), *(value.resolve(context) for value in self.vary_on), *departments)
        return memoize_by_version(key, lambda: self.nodelist.render(context), *departments)


@register.tag("versioned_cache")
def do_versioned_cache(parser: Parser, token: Token) -> VersionedCacheNode:
    """{% versioned_cache "footer" %}…{% endversioned_cache %}: rendered once for each language and version of the site.

    Further arguments are what else its words depend on; those after `of` are numbers of departments whose content it
    shows. Beside that it must show nothing but what every page shows: identity, navigation, our own words. Error
    pages (`is_error_page`) render it each time.
    """
    _tag, name, *arguments = token.split_contents()
    end = arguments.index("of") if "of" in arguments else len(arguments)
    differing, of = ([parser.compile_filter(one) for one in part] for part in (arguments[:end], arguments[end + 1 :]))
    nodes = parser.parse(["endversioned_cache"])
    parser.delete_first_token()
    return VersionedCacheNode(name.strip("\"'"), differing, of, nodes)
