"""Full names: the signs they may hold, and which of them look the same."""

import unicodedata
from functools import lru_cache
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inputs.visible_text import INVISIBLE_LETTERS

# Letters of other scripts that look like Latin ones.
LATIN_LOOKALIKES = str.maketrans("авсеіјкмнорѕтухԁһԛԝαβεικνορτυχ", "abceijkmhopstyxdhqwabeikvoptux")
# Traditional and simplified forms that are common in Chinese names.
CHARACTER_FORMS = (
    "張张 偉伟 國国 華华 東东 強强 軍军 勝胜 劉刘 陳陈 楊杨 黃黄 趙赵 吳吴 孫孙 馬马 許许 鄭郑 謝谢 韓韩 "
    "馮冯 鄧邓 蕭萧 蔣蒋 葉叶 蘇苏 呂吕 盧卢 鐘钟 鍾钟 譚谭 陸陆 賈贾 韋韦 鄒邹 閻阎 餘余 龍龙 萬万 錢钱 "
    "湯汤 嚴严 賴赖 龔龚 顧顾 龐庞 顏颜 莊庄 聶聂 藺蔺 寧宁 關关 費费 紀纪 項项 魯鲁 傑杰 濤涛 鵬鹏 飛飞 "
    "輝辉 麗丽 蘭兰 鳳凤 雲云 豔艳 紅红 潔洁 瑩莹 寶宝 貴贵 興兴 榮荣 學学 義义 禮礼 誠诚 剛刚 堅坚 鋼钢 "
    "鐵铁 銘铭 銳锐 錦锦 鎮镇 維维 紹绍 繼继 緒绪 綱纲 緯纬 經经 綺绮 織织 緣缘 縉缙 統统 績绩 總总 綠绿 "
    "紋纹 純纯 結结 絲丝 慶庆 廣广 應应 廠厂 愛爱 憶忆 懷怀 戀恋 齊齐 齋斋 濟济 澤泽 灣湾 漢汉 溫温 滿满 "
    "潛潜 潤润 滬沪 瀾澜 濱滨 灝灏 無无 愷恺 樹树 橋桥 樺桦 權权 檳槟 歐欧 歡欢 園园 圓圆 團团 聖圣 場场 "
    "壩坝 壯壮 夢梦 奮奋 實实 寬宽 賓宾 將将 爾尔 嶺岭 島岛 峽峡 巖岩 師师 幫帮 廳厅 從从 徑径 後后 復复 "
    "惲恽 愨悫 揚扬 揮挥 撫抚 擇择 擔担 據据 攝摄 敘叙 敵敌 數数 斂敛 時时 晉晋 暉晖 曉晓 會会 朧胧 業业 "
    "極极 構构 標标 樣样 機机 橫横 櫻樱 歷历 歸归 殘残 殺杀 氣气 決决 況况 淺浅 測测 渾浑 灑洒 瀟潇 熱热 "
    "燁烨 燈灯 燦灿 營营 爺爷 獎奖 獻献 瑪玛 環环 瓊琼"
)
SIMPLIFIED_FORMS = {ord(pair[0]): pair[1] for pair in CHARACTER_FORMS.split()}


@lru_cache(maxsize=10_000)
def comparison_form(name: str) -> str:
    """Return the letters and digits of a name in one form: width, case, blanks and marks make no difference.

    Two names with the same form look alike to a reader. "" for a name that shows nothing.
    """
    folded = unicodedata.normalize("NFKC", name).casefold().translate(SIMPLIFIED_FORMS)
    shown = (sign for sign in folded if sign.isalnum() and sign not in INVISIBLE_LETTERS)
    return "".join(shown).translate(LATIN_LOOKALIKES)


def validate_full_name(name: str) -> None:
    """Refuse a name that shows nothing, or that holds signs which nobody sees."""
    if not comparison_form(name):
        raise ValidationError(_("Write the name in letters that can be seen."))
    # Zs other than the two ordinary blanks, and every control, format, private or unassigned sign.
    invisible = (
        sign
        for sign in name
        if sign in INVISIBLE_LETTERS
        or unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
        or (unicodedata.category(sign) == "Zs" and sign not in " \u3000")
        or unicodedata.name(sign, "").startswith(("VARIATION SELECTOR", "COMBINING GRAPHEME JOINER"))
    )
    if next(invisible, None):
        raise ValidationError(_("The name holds signs that nobody can see. Type it again."))


def check_full_name(person: AbstractBaseUser) -> None:
    """Refuse a name that looks like that of another active person with a role, or of an active superuser.

    `person`: as they are about to be saved, or about to get a role. Raises ValidationError for "full_name". One query.
    """
    if not person.is_active:
        return
    form, others = comparison_form(person.full_name), names_with_roles(type(person)).exclude(pk=person.pk)
    if namesake := next((name for name in others if comparison_form(name) == form), None):
        raise ValidationError({"full_name": namesake_refusal(namesake)})


def names_with_roles(model: Any) -> Any:
    """Return the full names of active people with a role and of active superusers, as a queryset of the user model."""
    # `memberships` is the other end of departments.models.Membership.person.
    counted = model.objects.filter(Q(is_superuser=True) | Q(memberships__isnull=False), is_active=True)
    return counted.order_by().values_list("full_name", flat=True).distinct()


def namesake_refusal(namesake: str) -> ValidationError:
    """The words that refuse a name because of `namesake`."""
    text = _(
        "“%(name)s” is the name of somebody with a role already, and readers could not tell the two apart. Add the "
        "department, such as “%(name)s（组织部）”."
    )
    return ValidationError(text, code="namesake", params={"name": namesake})
