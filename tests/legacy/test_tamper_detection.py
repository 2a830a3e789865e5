"""Detection of tampered pages."""

import pytest

from tests.legacy.samples import small_page

# Suspicions


@pytest.mark.parametrize(
    "text",
    [
        *(
            "省直机关体育联合会举办文体娱乐活动。",
            "文化体育娱乐设施免费开放。",
            "反对享乐主义。",
            "老干部棋牌室开放。",
            "检查公共娱乐场所消防。",
        ),
        *(
            "福利彩票公益金资助助学。",
            "真人真事感动读者。",
            "依法打击开设赌场行为。",
            "抵制赌博，远离黄赌毒。",
            "成人教育招生。",
        ),
    ],
)
def test_honest_prose_raises_no_suspicion(text):
    assert small_page(body=text).suspicions == ()


@pytest.mark.parametrize(
    "text",
    ["来365体育投注吧", "澳门百家乐平台", "Ｂｅｔ365 官网", "时时\u200b彩计划", "代开发票请加好友", "线上娱乐送彩金"],
)
def test_adverts_within_the_body_raise_a_suspicion(text):
    (found,) = small_page(body=f"请爱护图书。\n{text}").suspicions
    assert (found.line_number, found.text) == (8, text)


@pytest.mark.parametrize("words", ["福彩 彩票", "某某娱乐城", "棋牌大厅", "CASINO", "六合彩"])
def test_weaker_words_are_enough_in_the_footer(words):
    assert small_page(replacing=[("版权所有", f"技术支持:{words}\n版权所有")]).suspicions


@pytest.mark.parametrize(
    "name", ["娱乐场所管理", "福利彩票", "体育彩票管理中心", "成人教育", "禁赌宣传", "棋牌室", "真人图书馆"]
)
def test_honest_names_in_the_menu_raise_no_suspicion(name):
    assert small_page(replacing=[("返回主站", f"{name} 返回主站")]).suspicions == ()


@pytest.mark.parametrize(
    ("holder", "suspected"),
    [
        ("某某市图书馆", False),
        ("中共某某市委机关工作委员会", False),
        ("某某市体育局", False),
        ("某某市体育总会", False),
        ("某某娱乐", True),
        ("某某体育", True),
        ("某某科技有限公司", True),
        ("某某在线", True),
        ("某某娱乐中心", True),
        ("Example Ltd", True),
        ("Example Provincial Library", False),
    ],
)
def test_a_copyright_holder_must_look_like_an_organisation_of_the_domain(holder, suspected):
    for line in (f"版权所有:{holder} Copyright © 2010 lib.gov.cn", f"{holder} 版权所有 © lib.gov.cn 未经许可不得转载"):
        page = small_page(replacing=[("版权所有:某某市图书馆 Copyright © 2010", line)])
        assert bool(page.suspicions) is suspected, line
        assert page.footer == (line,)


def test_a_business_may_hold_the_copyright_of_a_page_outside_gov_cn():
    replacing = [("版权所有:某某市图书馆 Copyright © 2010", "版权所有:某某科技有限公司 www.lib.com")]
    assert small_page(replacing=replacing).suspicions == ()


def test_a_holder_named_after_sport_is_suspected_wherever_the_page_stands():
    replacing = [("版权所有:某某市图书馆 Copyright © 2010", "版权所有:某某体育 www.lib.com")]
    (found,) = small_page(replacing=replacing).suspicions
    assert "某某体育" in found.reason
