"""Generated texts for benchmark articles.

Every text is made anew from its number alone, so that a fill that goes on in another process makes the same ones.
"""

import random
import re
from functools import cache
from pathlib import Path

VOCABULARY = (
    "学校 党委 召开 专题 会议 研究 部署 下一阶段 工作 离退休 老同志 参观 新校区 建设 工地 结对共建 单位 走访 慰问 "
    "困难 群众 培训 内容 丰富 形式 多样 受到 学员 好评 按照 上级 统一 部署 现将 有关 事项 通知 如下 请 各单位 报送 "
    "材料 逾期 不再 受理 义务植树 活动 名额 分配 集合 地点 东郊 林场 工具 准备 读书 笔记 心得 体会 交流 评选 先进 "
    "支部 党课 微课 征集 讲述"
).split()
# Word → in one article of how many it stands, to be searched for.
RARE_WORD_INTERVALS = {"端午": 500, "重阳": 700, "腊八": 1000, "元宵": 2000, "冬至": 5000}
PARAGRAPHS_PER_BODY = 4
CLAUSE_COUNT = 2000


def seeded_random(number: int) -> random.Random:
    """The dice of the article, or batch of articles, with this number."""
    return random.Random(f"7 {number}")


@cache
def sentences(file: str) -> tuple[str, ...]:
    """The sentences of a UTF-8 file, each of 12 to 200 characters. Raises ValueError when there are none."""
    pieces = re.split(r"(?<=[。！？])|\n", Path(file).read_text(encoding="utf-8"))
    cleaned = (re.sub(r"\s+", "", piece) for piece in pieces)
    found = tuple(sorted({piece for piece in cleaned if 12 <= len(piece) <= 200 and piece[-1] in "。！？"}))
    if not found:
        raise ValueError(f"{file} has no sentence of 12 to 200 characters that ends with 。, ！ or ？")
    return found


@cache
def clauses() -> tuple[str, ...]:
    """Made of VOCABULARY once: a million texts are put together of them in a fraction of the time."""
    chance = seeded_random(0)
    return tuple(
        "".join(chance.choices(VOCABULARY, k=chance.randint(5, 12))) + "，。"[chance.random() < 0.4]
        for _ in range(CLAUSE_COUNT)
    )


def make_text(chance: random.Random, characters: int, file: str = "") -> str:
    """A stretch of at least so many characters. `file`: where its sentences come from, if not from VOCABULARY."""
    pool = sentences(file) if file else clauses()
    made: list[str] = []
    length = 0
    while length < characters:
        made.append(chance.choice(pool))
        length += len(made[-1])
    return "".join(made)


def make_title(chance: random.Random, number: int) -> str:
    return "关于" + make_text(chance, 12)[:24].replace("，", "").replace("。", "") + f"的通知（{number}）"


def make_body(chance: random.Random, characters: int, number: int, file: str = "") -> str:
    """HTML of about so many characters; the articles whose turn it is hold words of RARE_WORD_INTERVALS."""
    made = [make_text(chance, characters // PARAGRAPHS_PER_BODY, file) for _ in range(PARAGRAPHS_PER_BODY)]
    made += [
        f"学校工会组织教职工欢度{word}，共叙情谊。"
        for word, every in RARE_WORD_INTERVALS.items()
        if number % every == 0
    ]
    return "\n".join(f"<p>{paragraph}</p>" for paragraph in made)
