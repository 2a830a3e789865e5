"""Meta tags of public pages: government tags, Open Graph, JSON-LD.

The tags are those of 《政府网站发展指引》 (国办发〔2017〕47号), 附件 网页设计规范, 网页标签: every page names the
site, the page of a column describes the column, an article's page names its column and describes the article.
"""

import json
import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from articles.dates import local
from articles.models import Publication
from articles.text.plain_text import split_keywords
from departments.models import Department

MetaTag = tuple[str, str]  # name or property, content

_image_pattern = re.compile(r'<img src="(/files/[^"]+)"')
# What could end a <script> element or open a comment in one; in JSON these are the same characters.
_SCRIPT_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&\u2028\u2029"}


def site_meta_tags(site: Any) -> list[MetaTag]:
    """网站标签. `site`: the identity in force, with `name` and `site_code`."""
    tags = [
        ("SiteName", site.name),
        ("SiteDomain", urlsplit(settings.SITE_URL).hostname),
        ("SiteIDCode", site.site_code),
    ]
    return [(name, content) for name, content in tags if content]


def _column_name_and_type(department: Department) -> list[MetaTag]:
    # Both are required. A column that was given no type is its own type: any other word would be our guess.
    return [("ColumnName", department.name), ("ColumnType", department.column_type or department.name)]


def column_meta_tags(department: Department) -> list[MetaTag]:
    """栏目标签. All four are required, so what was left empty is told by the column's name."""
    name, kind = _column_name_and_type(department)
    description = ("ColumnDescription", department.description or department.name)
    return [
        name,
        description,
        ("ColumnKeywords", ",".join(split_keywords(department.keywords)) or department.name),
        kind,
    ]


class ArticleMetadata(NamedTuple):
    """What an article's page tells of it. `image_url`: address of its cover, else of the first picture in its body."""

    publication: Publication
    site: Any

    @property
    def url(self) -> str:
        return settings.SITE_URL + self.publication.get_absolute_url()

    @property
    def publisher(self) -> str:
        return self.site.organiser or self.site.name

    @property
    def image_url(self) -> str:
        revision = self.publication.revision
        if revision.cover:
            return settings.SITE_URL + revision.cover.get_absolute_url()
        found = _image_pattern.search(revision.body)
        return settings.SITE_URL + found[1] if found else ""

    @property
    def column(self) -> Department:
        return self.publication.department

    def meta_tags(self) -> list[MetaTag]:
        """栏目标签 (name and type) and 内容页标签; of these, title, time and source are required."""
        revision = self.publication.revision
        told = [
            *_column_name_and_type(self.column),
            ("ArticleTitle", self.publication.title),
            ("PubDate", local(self.publication.dated).strftime("%Y-%m-%d %H:%M")),
            # “The unit that published it, or where it was taken from”: ours, unless the article names another.
            ("ContentSource", revision.source or self.publisher),
            ("Keywords", ",".join(split_keywords(revision.keywords))),
            ("Author", revision.author),
            ("Description", self.publication.summary),
            ("Image", self.image_url),
            ("Url", self.url),
        ]
        return [(name, content) for name, content in told if content]

    def open_graph_tags(self) -> list[MetaTag]:
        told = [
            *open_graph_tags(self.site, "article", self.publication.title, self.publication.summary, self.url),
            ("og:image", self.image_url),
            ("article:published_time", _iso_datetime(self.publication.dated)),
            ("article:modified_time", _iso_datetime(self._modified_at)),
            ("article:section", self.column.name),
            *(("article:tag", word) for word in split_keywords(self.publication.revision.keywords)),
        ]
        return [(name, content) for name, content in told if content]

    def json_ld(self) -> str:
        """schema.org's NewsArticle as JSON that cannot end the element that it stands in."""
        revision = self.publication.revision
        organisation = {"@type": "Organization", "name": self.publisher} if self.publisher else None
        document = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": self.publication.title,
            "description": self.publication.summary,
            "inLanguage": "zh-Hans",
            "datePublished": _iso_datetime(self.publication.dated),
            "dateModified": _iso_datetime(self._modified_at),
            "author": {"@type": "Person", "name": revision.author} if revision.author else organisation,
            "publisher": organisation,
            "articleSection": self.column.name,
            "keywords": split_keywords(revision.keywords),
            "image": [self.image_url] if self.image_url else [],
            "url": self.url,
            "mainEntityOfPage": self.url,
        }
        return json.dumps({name: value for name, value in document.items() if value}, ensure_ascii=False).translate(
            _SCRIPT_ESCAPES
        )

    @property
    def _modified_at(self) -> Any:
        """When these words went public; never before the date shown, which may be set to later."""
        return max(self.publication.live_from, self.publication.dated)


def open_graph_tags(site: Any, kind: str, title: str, description: str, url: str) -> list[MetaTag]:
    tags = [
        ("og:site_name", site.name),
        ("og:type", kind),
        ("og:title", title),
        ("og:description", description),
        ("og:url", url),
        ("og:locale", "zh_CN"),
    ]
    return [(name, content) for name, content in tags if content]


def _iso_datetime(at: Any) -> str:
    return local(at).isoformat(timespec="seconds")
