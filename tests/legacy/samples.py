"""Sample pages: the real old page, and a small one to vary."""

import re
from pathlib import Path

from legacy.pages import parse_page

REAL = Path(__file__).resolve().parents[2] / "portal" / "demonstration" / "legacy-article-page.txt"
TITLE = "省直工委群众路线教育实践活动彰显三大特色"
SMALL = """首 页 部门文件 返回主站
首 页 > 部门文件

关于借阅图书的通知

【字体: 】【2014-2-7】 【作者/来源 张三】 【关 闭
请爱护图书。
上一篇旧文  |  下一篇新文
版权所有:某某市图书馆 Copyright © 2010
"""


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def small_page(body: str = "请爱护图书。", **changes: str):
    text = SMALL.replace("请爱护图书。", body)
    for old, new in changes.get("replacing", ()):
        assert old in text
        text = text.replace(old, new)
    return parse_page(text, "small")


def saved(tmp_path: Path, content: bytes, name: str = "page.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path
