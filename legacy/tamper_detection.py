"""Detection of tampering in old pages: spam words and strange copyright holders.

The real page that this was written for names a betting company as its
copyright holder. A suspicion stops nothing; it is shown to a person who decides.
"""

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from legacy.page_source import SourceLine

# Words that no article of a department has a use for, wherever they stand. Each is as long as it must be
# to stay clear of honest prose: 真人真事, 福利彩票, 棋牌室, 娱乐场所, 开设赌场罪 are everyday words of departments.
_SPAM_WORDS = re.compile(
    r"365体育|体育投注|体育博彩|足球投注|投注网|博彩(?:网|公司|平台|娱乐|app|游戏|评级)|网上博彩|在线博彩"
    r"|(?:澳门|网上|在线|线上|真人|皇冠|新濠|葡京|太阳城|永利)(?:赌场|娱乐(?!场所)|赌城)|赌场(?:开户|网址|网站)|真钱(?:棋牌|游戏|赌)"
    r"|棋牌(?:平台|娱乐|游戏平台|app|开户)|百家乐(?:网|技巧|平台|开户|玩法|娱乐)|真人(?:荷官|视讯|百家乐|赌)|六合彩|时时彩|北京赛车|快乐十分"
    r"|彩票(?:网|平台|投注|app|开户|计划群)|网上购彩|电子游艺|老虎机|casino|bet365|365bet|188bet|betway|pk10|开户送|注册送"
    r"|裸聊|一夜情|成人电影|成人影片|色情(?:电影|视频|直播)|激情视频|援交|代开发票|办证刻章|刻章办证|信用卡套现|私服发布"
)
# Outside the article (menu, footer, title of the window) less is enough.
_SPAM_WORDS_OUTSIDE_ARTICLE = re.compile(
    r"体育娱乐|娱乐(?:场(?!所)|城|平台|官网|在线|网站)|博彩|(?<!禁)(?<!反)赌|(?<!福利)(?<!体育)彩票|棋牌(?!室)|百家乐|投注|色情|情色"
    r"|真人(?!真事|图书馆|秀|讲|故事)|成人(?!教育|高考|高等|高校|学校|学历|学院|中专|大专|礼|仪式|之美)"
)
_COPYRIGHT_MARK = re.compile(r"版权所有|版权归|copyright|©|\(c\)|all rights reserved|[|,。;]|主办单位|主办|承办")
_AFTER_HOLDER = re.compile(r"地址|电话|邮编|邮箱|信箱|技术支持|[\u4e00-\u9fff]?icp|公网安备")
_NOT_A_HOLDER = re.compile(r"未经|违者|保留|不得|不准|禁止|转载")
_DOMAIN = re.compile(r"(?<![@a-z0-9.-])(?:[a-z0-9-]+\.)+(?:cn|com|net|org)(?![a-z0-9.-])")
_PUBLIC_BODY = re.compile(
    r"(委|委员会|局|厅|部|处|科|署|院|会|办|办公室|中心|政府|机关|党委|总队|支队|大队|队|所|站|台|校|大学|馆|社|协|联合会|工会|团|网|网站|室|基金)$"
)
_HANZI = re.compile(r"[\u4e00-\u9fff]")
_BUSINESS = re.compile(r"(公司|集团|企业|厂|店|inc\.?|ltd\.?)$")


@dataclass(frozen=True)
class Suspicion:
    """A line that looks tampered with: its number in the file, its words, and the reason as a sentence."""

    line_number: int
    text: str
    reason: str


def find_suspicions(
    surrounding_lines: tuple[SourceLine, ...], article_lines: tuple[SourceLine, ...]
) -> tuple[Suspicion, ...]:
    """Return suspicions, by line number, in the lines around an article and in those of the article itself."""
    folded = [(line, _fold_disguises(line.text)) for line in surrounding_lines]
    domain = next((found[0] for _line, text in folded if (found := _DOMAIN.search(text))), "")
    found = [*(_advertising_suspicion(line, text, _SPAM_WORDS, _SPAM_WORDS_OUTSIDE_ARTICLE) for line, text in folded)]
    found += [_holder_suspicion(line, text, domain) for line, text in folded]
    found += [_advertising_suspicion(line, _fold_disguises(line.text), _SPAM_WORDS) for line in article_lines]
    return tuple(sorted((one for one in found if one), key=lambda one: one.line_number))


def _fold_disguises(text: str) -> str:
    """Full-width letters, capitals and invisible characters are the usual disguises."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")


def _advertising_suspicion(line: SourceLine, text: str, *patterns: re.Pattern) -> Suspicion | None:
    hits = [hit[0] for pattern in patterns for hit in pattern.finditer(text)]
    if not hits:
        return None
    reason = _("It holds words of gambling, adult or advertising pages: %(words)s.")
    return Suspicion(line.number, line.text, reason % {"words": ", ".join(dict.fromkeys(hits))})


def _holder_suspicion(line: SourceLine, text: str, domain: str) -> Suspicion | None:
    """A copyright holder that names entertainment or sport, or that is no public body on a .gov.cn address."""
    holder = _copyright_holder(text)
    if not holder:
        return None
    public = _PUBLIC_BODY.search(holder)
    if "娱乐" in holder or ("体育" in holder and not public):
        reason = _("The copyright holder “%(holder)s” looks like a betting or entertainment business.")
    elif domain.endswith(".gov.cn") and _BUSINESS.search(holder):
        reason = _("The copyright holder “%(holder)s” is a business, but the page belongs to %(domain)s.")
    elif domain.endswith(".gov.cn") and _HANZI.search(holder) and not public:
        reason = _("The copyright holder “%(holder)s” does not look like an organisation of %(domain)s.")
    else:
        return None
    return Suspicion(line.number, line.text, reason % {"holder": holder, "domain": domain})


def _copyright_holder(text: str) -> str:
    """The name in a copyright line, after the words 版权所有 or before them; "" when it names none."""
    if not re.search(r"版权|copyright|©", text):
        return ""
    before, *after = (_bare_name(piece) for piece in _COPYRIGHT_MARK.split(_AFTER_HOLDER.split(text)[0]))
    return next(filter(None, after), before)


def _bare_name(piece: str) -> str:
    """What is left of `piece` without years, domain names and punctuation; of several Chinese words the first."""
    bare = re.sub(r"(?<!\d)(?:19|20)\d\d年?(?!\d)", " ", _DOMAIN.sub(" ", piece)).strip(" :.-()[]!")
    words = [word for word in bare.split() if not _NOT_A_HOLDER.search(word)]
    return words[0] if words and _HANZI.search(words[0]) else " ".join(words)
