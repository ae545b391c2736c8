"""`make run` as a person meets it: open the link, see answers come, take a case, press Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.journeys.stage import PATIENCE_S, ROOT, environment, eventually, here, rows, words_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
)  # fmt: skip
STOP_S = 5.0
LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) => window.violations.push(e.violatedDirective));
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(
        sys.platform == "win32", reason="Ctrl-C cannot be sent to one process group on Windows here"
    ),
]


@contextlib.contextmanager
def demo(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The demo in a process group of its own, as a terminal starts it; the whole group is gone afterwards."""
    errors = folder / "demo.err"
    with errors.open("w", encoding="utf-8") as complaints:
        running = subprocess.Popen(
            words_of("demo", "--port", 0, "--speed", 10, "--data", folder / "data"),
            cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=complaints, encoding="utf-8",
            start_new_session=True,
        )  # fmt: skip
    try:
        yield running, errors
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait(30)


def _link(running: subprocess.Popen[str], errors: Path) -> str:
    def found() -> str | None:
        text = errors.read_text(encoding="utf-8")
        assert running.poll() is None, text
        link = re.search(r"http://\S+/login/once\?t=\S+", text)
        return link.group() if link else None

    link: str = eventually("the console's link is printed", found, every=0.1)
    return link


def test_from_the_link_to_a_claimed_case_and_out_with_ctrl_c(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    wait = PATIENCE_S * 1000
    with demo(tmp_path) as (running, errors), playwright.sync_playwright() as play:
        link = _link(running, errors)
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page()
        page.set_default_timeout(wait)
        page.add_init_script(LISTEN)
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))

        page.goto(link)
        assert "t=" not in page.url, "the token stays in the address"
        page.locator("main form button").first.click()
        page.wait_for_url(lambda url: "/login" not in url)
        page.locator("#answers .answer-sent").first.wait_for()
        said = page.locator("#answers .answer-sent .reply").first.inner_text().strip()
        assert said in {
            row[0].strip() for row in rows(tmp_path / "data", "SELECT text FROM outbox WHERE state = 'sent'")
        }

        page.locator("#cases form button.go").first.wait_for()
        claimed = "SELECT case_id FROM case_work WHERE state = 'claimed' AND holder = 'owner'"
        eventually("a case is ours", lambda: _pressed(page) and rows(tmp_path / "data", claimed), every=0.3)
        page.locator("#cases .holder:not(.none)").first.wait_for()
        assert page.evaluate("window.violations") == []
        assert complaints == []

        # Ctrl-C in a terminal reaches the whole group, while the page's stream is open.
        family = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
        assert len(family) > 1
        began = time.monotonic()
        os.killpg(running.pid, signal.SIGINT)
        running.wait(PATIENCE_S)
        took = time.monotonic() - began
        browser.close()
        text = errors.read_text(encoding="utf-8")
        assert running.returncode in (0, 130), text
        assert "Traceback" not in text
        assert "error" not in text.lower(), text
        assert took < STOP_S, f"{took:.1f} s"
        _, left = psutil.wait_procs(family, timeout=STOP_S)
        assert left == []
    assert not list((tmp_path / "data").glob("*-wal"))
    assert here("audit", "verify", "--data", tmp_path / "data").code == 0


def _pressed(page: object) -> bool:
    """Press a claim button. The list is made anew while cases come in, so the one aimed at may just have gone."""
    from playwright.sync_api import Error, Page

    assert isinstance(page, Page)
    with contextlib.suppress(Error):
        page.locator("#cases form button.go").first.click(timeout=2_000)
    return True
