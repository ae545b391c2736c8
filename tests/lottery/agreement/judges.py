"""The three verifiers as three functions of the same shape: cases in, verdicts out.

None of them sees another's answer. Node gets a whole batch in one process, Chromium in one page; both because a
thousand starts would take longer than a thousand draws.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lottery.errors import ProofError
from lottery.verify import verify_bytes

HERE = Path(__file__).resolve()
VERIFIERS = HERE.parents[3] / "lottery" / "verifiers"
NODE = shutil.which("node")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
UNREADABLE = "unreadable"
"""Stands for the failed step where a verifier does not take the file for a proof at all."""

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]
_BATCH = 25

# One line of JSON in, one line out; what cannot be read gives {"unreadable": reason}.
_NODE_LOOP = """
const { verify, Unusable } = require(process.argv[1]);
const bytes = (text) => (text === null ? null : Buffer.from(text, "base64"));
for (const line of require("node:fs").readFileSync(0, "utf8").split("\\n").filter(Boolean)) {
  const { proof, list, expect } = JSON.parse(line);
  let made;
  try {
    made = verify(bytes(proof), { list: bytes(list), expect });
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    made = { unreadable: error.message };
  }
  console.log(JSON.stringify(made));
}
"""

_PAGE_LOOP = """
async (cases) => {
  const bytes = (text) => (text === null ? null : Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  const made = [];
  for (const { proof, list, expect } of cases) {
    const listed = list === null ? null : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(list));
    made.push(await lfd1.verify(bytes(proof), { list: listed, expect }));
  }
  return made;
}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """What a verifier is given: the proof file, the list file or None, the hash shown in the room or None."""

    name: str
    proof: bytes
    entry_list: bytes | None = None
    expect: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verifier found. `failed` is the name of the first failed step, UNREADABLE, or None."""

    ok: bool
    winners: tuple[int, ...] = ()
    reserves: tuple[int, ...] = ()
    failed: str | None = None
    detail: str = ""

    def same_as(self, other: Verdict) -> bool:
        """Whether both say the same about the draw. `detail` is each verifier's own."""
        return (self.ok, self.winners, self.reserves) == (other.ok, other.winners, other.reserves)


def _verdict(report: dict[str, Any]) -> Verdict:
    if "unreadable" in report:
        return Verdict(False, failed=UNREADABLE, detail=report["unreadable"])
    failed = next((step for step in report["steps"] if step["status"] == "failed"), None)
    assert report["ok"] is (failed is None)
    name, detail = (None, "") if failed is None else (failed["name"], failed["detail"] or failed["en"])
    return Verdict(report["ok"], tuple(report["winners"]), tuple(report["reserves"]), name, detail)


def by_python(cases: Sequence[Case]) -> list[Verdict]:
    """`python -m lottery verify`."""
    found = []
    for case in cases:
        try:
            report = verify_bytes(case.proof, case.expect, list_data=case.entry_list)
        except ProofError as error:
            found.append(Verdict(False, failed=UNREADABLE, detail=str(error)))
        else:
            found.append(_verdict(report.to_json()))
    return found


def by_node(cases: Sequence[Case]) -> list[Verdict]:
    """lottery/verifiers/verify.js in one process of Node. `NODE` must be there."""
    assert NODE is not None
    done = subprocess.run(
        [NODE, "-e", _NODE_LOOP, str(VERIFIERS / "verify.js")],
        input="\n".join(json.dumps(_wire(case)) for case in cases),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return [_verdict(json.loads(line)) for line in done.stdout.splitlines()]


@contextmanager
def open_page() -> Iterator[Any]:
    """An empty page of Chromium with the two scripts of a draw's page in it. `CHROMIUM` must be there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        page = browser.new_page()
        page.add_script_tag(path=VERIFIERS / "vendor" / "noble-bls12-381.js")
        page.add_script_tag(path=VERIFIERS / "browser.js")
        yield page
        browser.close()


def by_page(page: Any, cases: Sequence[Case]) -> list[Verdict]:
    """lottery/verifiers/browser.js in the page that `open_page` gives."""
    found: list[Verdict] = []
    for start in range(0, len(cases), _BATCH):
        reports = page.evaluate(_PAGE_LOOP, [_wire(case) for case in cases[start : start + _BATCH]])
        found.extend(map(_verdict, reports))
    return found


def _wire(case: Case) -> dict[str, str | None]:
    entry_list = case.entry_list
    return {
        "proof": base64.b64encode(case.proof).decode("ascii"),
        "list": None if entry_list is None else base64.b64encode(entry_list).decode("ascii"),
        "expect": case.expect,
    }
