"""Takes the screenshots of the handbooks (docs/zh/images/).

    python -m tests.handbook

A site of its own is made in a temporary folder, served on a free port, walked through in Chromium as the handbooks
tell, and taken down again. Whatever the handbooks show is therefore what the product looks like now.
"""

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
PICTURES = PROJECT / "docs" / "zh" / "images"
EDITOR = ".cke_contents [contenteditable=true]"
COLOURS = 128  # of a picture; enough for an interface, and a third of the bytes
TITLE = "关于开展机关读书月活动的通知"
ROUGH = [
    "各处室、直属单位:",
    "　　为进一步营造爱读书 , 读好书的氛围,机关定于四月开展读书月活动.现将有关事项通知如下:",
    "一、活动时间",
    "　　四月一日至三十日.",
    "二、活动安排",
    "　　各支部每周组织一次集中学习,读书笔记于月底前交机关党委.",
]


class Walk:
    """One browser of each person, and where the pictures go."""

    def __init__(self, browser: Browser, address: str, password: str, folder: Path) -> None:
        self.browser, self.address, self.password, self.folder = browser, address, password, folder

    @contextmanager
    def desk_of(self, who: str, width: int = 1200, height: int = 800) -> Iterator[Page]:
        phone = width < 500
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=phone,
            is_mobile=phone,
            device_scale_factor=1.5 if phone else 1,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto("/admin/")
        page.fill("input[name=username]", f"demo-{who}")
        page.fill("input[name=password]", self.password)
        page.press("input[name=password]", "Enter")
        expect(page.locator(".desk-nav")).to_be_visible()
        yield page
        context.close()

    def keep(self, page: Page, name: str, clip: str = "") -> None:
        """Keeps what the window shows, or the element `clip`, as name.png."""
        page.evaluate("document.fonts.ready")
        shot = page.locator(clip).first.screenshot() if clip else page.screenshot()
        picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        picture.save(self.folder / f"{name}.png", optimize=True)


def drafter(walk: Walk) -> str:
    """Writes, sets, previews and submits; gives the address of the article's page."""
    with walk.desk_of("drafter") as page:
        walk.keep(page, "drafter-home")
        page.goto("/admin/articles/article/add/")
        page.locator(EDITOR).click()
        for number, line in enumerate(ROUGH):
            if number:
                page.keyboard.press("Enter")
            page.keyboard.insert_text(line)
        page.fill("#id_title", TITLE)
        page.select_option("#id_department", label="组织建设")
        page.click("#suggest-keywords")
        page.locator(".desk-chip").first.wait_for()
        page.evaluate("window.scrollTo(0, 0)")
        walk.keep(page, "drafter-form")
        page.click("#typeset")
        expect(page.locator("#typesetting")).to_be_visible()
        walk.keep(page, "drafter-typesetting")
        page.locator("#typesetting .desk-primary").click()
        page.click("#preview")
        page.get_by_text("手机", exact=True).click()
        expect(page.frame_locator("#preview-stage iframe").get_by_role("heading", name=TITLE)).to_be_visible()
        walk.keep(page, "drafter-preview")
        page.click("#preview-close")
        page.click("button[name=_submit]")
        expect(page.locator("ul.messagelist")).to_contain_text("已提交")
        walk.keep(page, "drafter-progress")
        return page.url


def leader(walk: Walk, overview: str) -> None:
    """Reads, remarks, returns; on a phone and at a computer."""
    with walk.desk_of("reviewer") as page:
        walk.keep(page, "leader-home")
        page.goto(overview)
        page.get_by_role("link", name="阅读并审批").click()
        frame = page.frame_locator("iframe.desk-frame")
        expect(frame.get_by_role("heading", name=TITLE)).to_be_visible()
        walk.keep(page, "leader-review")
        page.evaluate(
            """() => {
                const text = document.querySelector("iframe.desk-frame").contentDocument;
                const walker = text.createTreeWalker(text.querySelector(".article-body"), NodeFilter.SHOW_TEXT);
                let node;
                while ((node = walker.nextNode())) {
                    const at = node.data.indexOf("四月一日");
                    if (at < 0) continue;
                    const range = text.createRange();
                    range.setStart(node, at);
                    range.setEnd(node, at + 4);
                    text.getSelection().removeAllRanges();
                    text.getSelection().addRange(range);
                    return;
                }
            }"""
        )
        page.get_by_role("button", name="建议改为").first.click()
        page.fill("#remark-dialog [name=replacement]", "4月1日")
        walk.keep(page, "leader-remark")
        page.locator("#remark-dialog .desk-primary").click()
        expect(page.locator("#remark-dialog")).to_be_hidden()
        page.fill("textarea[name=comment]", "请补充联系人和电话；日期写法见批注。")
        page.click("button[name=verdict][value=return]")
        expect(page.locator("h1")).to_contain_text("退回")
    with walk.desk_of("reviewer", width=390, height=800) as phone:
        phone.goto("/admin/workflow/round/")
        walk.keep(phone, "leader-phone-queue")
        phone.locator(".desk-queue-rows a").first.click()
        phone.locator("iframe.desk-frame").wait_for()
        walk.keep(phone, "leader-phone-review")


def after_the_return(walk: Walk, overview: str) -> None:
    """The drafter takes a suggestion over, completes the text and submits it anew; the leader sees what changed."""
    with walk.desk_of("drafter") as page:
        page.goto(overview.replace("overview", "change"))
        page.locator(EDITOR).wait_for()
        walk.keep(page, "drafter-returned")
        page.get_by_role("button", name="采用", exact=True).first.click()
        expect(page.locator(EDITOR)).to_contain_text("4月1日")
        page.locator(EDITOR).click()
        page.keyboard.press("Control+End")
        page.keyboard.press("Enter")
        page.keyboard.insert_text("联系人：示例同志，电话：0000-0000。")
        page.click("button[name=_submit]")
        expect(page.locator("ul.messagelist")).to_contain_text("已提交")
    with walk.desk_of("reviewer") as page:
        page.goto(overview)
        page.get_by_role("link", name="阅读并审批").click()
        page.wait_for_load_state()  # until its script runs, the link leads to another page
        page.get_by_role("link", name="与上次送审").click()
        expect(page.locator("ins").first).to_be_visible()
        walk.keep(page, "leader-changes")
        page.get_by_role("button", name="通过").first.click()
        expect(page.locator("#public-now")).to_be_visible()
    with walk.desk_of("publisher") as page:
        page.goto(overview)
        page.get_by_role("link", name="阅读并审批").click()
        walk.keep(page, "leader-signing", ".desk-decision")
        page.click("button[name=verdict][value=approve]")
        expect(page.locator("#public-now")).to_be_visible()
        walk.keep(page, "leader-outcome")


@contextmanager
def site() -> Iterator[tuple[str, str]]:
    """A site with demonstration content: (address, password of the demonstration accounts)."""
    folder = Path(tempfile.mkdtemp(prefix="qianfa-handbook-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")},
        "SECRET_KEY": "handbook",
        "VAR_DIR": str(folder),
        "DEBUG": "1",
        "DEMONSTRATION": "1",
        "SITE_URL": address,
        "LOG_LEVEL": "WARNING",
    }

    def manage(*words: str) -> list[str]:
        return [sys.executable, str(PROJECT / "manage.py"), *words]

    try:
        for words in (["signing_key", "--create-if-missing"], ["migrate", "-v0"], ["demo"]):
            subprocess.run(manage(*words), env=environment, check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen(
            manage("runserver", "--noreload", f"127.0.0.1:{port}"), env=environment, stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait_for(port)
            yield address, (folder / "demo-password").read_text().strip()
        finally:
            server.terminate()
            server.wait(10)
    finally:
        shutil.rmtree(folder)


def _wait_for(port: int) -> None:
    for _attempt in range(100):
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit("The site did not come up.")


def take(folder: Path, chromium: str) -> None:
    """All pictures into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with site() as (address, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        walk = Walk(browser, address, password, folder)
        overview = drafter(walk)
        steps: list[Callable[[Walk, str], None]] = [leader, after_the_return]
        for step in steps:
            step(walk, overview)
        browser.close()


if __name__ == "__main__":
    take(PICTURES, shutil.which("chromium") or shutil.which("google-chrome-stable") or "chromium")
