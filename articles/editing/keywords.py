"""Keyword suggestions from the text (rjieba)."""

from collections import Counter
from functools import cache

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from articles.editing.responses import error_response
from articles.text.plain_text import plain_text
from articles.text.sanitising import sanitise
from departments.permissions import check_draft_somewhere

MAX_KEYWORDS = 8
MAX_TEXT_CHARS = 60_000  # characters that are looked at
# Parts of speech in ICTCLAS's tag set that keywords are: nouns, names, places, bodies, verbs used as nouns.
KEYWORD_POS_TAGS = {"n", "nr", "ns", "nt", "nz", "vn", "an", "l", "i", "j"}
# Words that stand in every article of an office and say nothing about this one.
COMMON_WORDS = frozenset(
    "工作 情况 通知 有关 同志 单位 部门 问题 方面 内容 要求 活动 会议 进行 时间 地点 人员 事项 附件 领导 关于 全体 "
    "负责人 会上 图片 表格 名单 意见 安排 组织 开展 加强 做好 报告 全省 全市 我省 我市 机关 方式 基础 作用".split()
)


@require_POST
def suggest_keywords(request: HttpRequest) -> JsonResponse:
    """From `title` and `body` (HTML): {"keywords": the words, best first}; 400 with {"error"} for too long a text."""
    check_draft_somewhere(request.user)
    try:
        body = plain_text(sanitise(request.POST.get("body", "")).html)
    except ValidationError as error:
        return error_response(" ".join(error.messages))
    return JsonResponse({"keywords": extract_keywords(request.POST.get("title", "")[:500], body)})


def extract_keywords(title: str, text: str) -> list[str]:
    """At most MAX_KEYWORDS words of two Hanzi or more. A word of the title counts as five; longer words say more."""
    found: Counter[str] = Counter()
    for words, weight in ((title, 5), (text[:MAX_TEXT_CHARS], 1)):
        for word, tag in _segmenter().tag(words):
            if tag in KEYWORD_POS_TAGS and len(word) > 1 and word not in COMMON_WORDS and not word.isascii():
                found[word] += weight * min(len(word), 4)
    ranked = sorted(found, key=lambda word: (-found[word], word))
    return [word for word in ranked if found[word] > 2][:MAX_KEYWORDS]


@cache
def _segmenter():
    """Loads the dictionary (about 30 MB) when somebody asks for the first time, and not before."""
    import rjieba

    return rjieba.Jieba()
