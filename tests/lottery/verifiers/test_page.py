"""`browser.js` in Chromium, in a page opened from disk under a policy that allows nothing but the two scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .hand import Draw
from .stage import CHROMIUM, FLAGS, GOLDEN, failed, page_text

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    # playwright closes its pipes in its own time
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) => window.violations.push(e.violatedDirective));
"""
# What a page does: verify, meanwhile show how far it is; a timer tells how long the page could not answer.
VERIFY = """
async ([text, options]) => {
  const seen = { steps: [], progress: [] };
  let frozen = 0, last = performance.now();
  const beat = setInterval(() => { frozen = Math.max(frozen, performance.now() - last); last = performance.now(); }, 5);
  const start = performance.now();
  const result = await lfd1.verify(text, {
    ...options,
    onStep: (step) => seen.steps.push(step.name),
    onProgress: (done, total) => seen.progress.push([done, total]),
  });
  const took = performance.now() - start;
  clearInterval(beat);
  return { result, took, frozen, ...seen };
}
"""
LARGE = 10_000
LONGEST_MS = 3_000
ANSWERS_MS = 1_000


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The page as it is opened from disk; afterwards nothing may have gone against its policy."""
    proof = (GOLDEN / "real.proof.json").read_text(encoding="utf-8").replace("<", "\\u003c")
    file = tmp_path_factory.mktemp("site") / "draw.html"
    file.write_text(page_text(proof), encoding="utf-8")
    wrong: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.add_init_script(LISTEN)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(file.as_uri())
        yield page
        assert page.evaluate("window.violations") == []
        assert wrong == []
        browser.close()


def test_the_proof_inside_the_page_holds(page: Any) -> None:
    text = page.evaluate("document.getElementById('proof').textContent")
    seen = page.evaluate(VERIFY, [text, {}])
    assert failed(seen["result"]) is None
    assert seen["steps"] == page.evaluate("lfd1.STEPS.map((step) => step.name)")


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.proof.json")))
def test_golden_proofs(page: Any, name: str) -> None:
    text = (GOLDEN / name).read_text(encoding="utf-8")
    assert failed(page.evaluate(VERIFY, [text, {}])["result"]) is None


def test_one_changed_digit_is_named(page: Any) -> None:
    proof = json.loads((GOLDEN / "real.proof.json").read_text(encoding="utf-8"))
    proof["leaves"][3] = proof["leaves"][3][:10] + "0000" + proof["leaves"][3][14:]
    result = page.evaluate(VERIFY, [json.dumps(proof), {"expect": proof["commitment"]["hash"][:16]}])[
        "result"
    ]
    assert failed(result) == "list"
    (step,) = [step for step in result["steps"] if step["status"] == "failed"]
    assert step["zh"].startswith("名单与锁定时公布的不一致：")
    assert step["where"].startswith("leaves")


def test_a_file_as_bytes(page: Any) -> None:
    text = (GOLDEN / "practice.proof.json").read_text(encoding="utf-8")
    verify = (
        "async ([text, extra]) => lfd1.verify(Uint8Array.from([...new TextEncoder().encode(text), ...extra]))"
    )
    assert failed(page.evaluate(verify, ["\ufeff" + text, []])) is None
    for extra in ([0xFF], [0xC3], [0]):
        assert failed(page.evaluate(verify, [text, extra])) == "file"


def test_ten_thousand_entries_within_three_seconds_and_the_page_stays_alive(page: Any) -> None:
    draw = Draw(preset="quick", entries=[(f"用户{i}", 1, 0) for i in range(LARGE)], quantities=(1, 10, 100))
    seen = page.evaluate(VERIFY, [json.dumps(draw.proof()), {}])
    assert failed(seen["result"]) is None
    assert seen["took"] < LONGEST_MS, seen["took"]
    assert seen["frozen"] < ANSWERS_MS, seen["frozen"]
    done = [one for one, _ in seen["progress"]]
    assert len(done) > 3
    assert done == sorted(done)
    assert seen["progress"][-1][0] == seen["progress"][-1][1]
    print(f"{LARGE} entries: {seen['took']:.0f} ms, at most {seen['frozen']:.0f} ms without an answer")
