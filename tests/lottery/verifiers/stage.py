"""Where `browser.js` is run: in Node, one process for all questions of a test file, and as a page opened from disk."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERIFIERS = Path(__file__).resolve().parents[3] / "lottery" / "verifiers"
SCRIPT = VERIFIERS / "browser.js"
LIBRARY = VERIFIERS / "vendor" / "noble-bls12-381.js"
GOLDEN = Path(__file__).resolve().parents[1] / "golden"
NODE = shutil.which("node")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]

# One line of JSON in, one line out: [function, arguments] gives {"value"} or, where it is refused, {"refused"}.
_LOOP = """
const [, script, library] = process.argv;
if (library) {
  // Two thousand files share a few dozen signatures: each pairing, a pure function of its three points, is done once.
  const noble = require(library);
  const { shortSignatures } = noble.bls12_381;
  const known = new Map();
  const hash = (message, domain) => ({ message, domain });
  const verify = (point, { message, domain }, key) => {
    const name = [point.toHex(), message, domain, key.toHex()].join();
    if (!known.has(name)) known.set(name, shortSignatures.verify(point, shortSignatures.hash(message, domain), key));
    return known.get(name);
  };
  globalThis.nobleBls = { ...noble, bls12_381: { ...noble.bls12_381, shortSignatures: { hash, verify } } };
}
const lfd1 = require(script);
const lines = require("node:readline").createInterface({ input: process.stdin });
(async () => {
  for await (const line of lines) {
    const [name, args] = JSON.parse(line);
    let made;
    try {
      made = { value: (await lfd1[name](...args)) ?? null };
    } catch (error) {
      if (!(error instanceof lfd1.Refused)) throw error;
      made = { refused: { zh: error.zh, en: error.en, where: error.where } };
    }
    console.log(JSON.stringify(made));
  }
})();
"""


class Refused(Exception):
    """What the script threw as `lfd1.Refused`; `where` is the path of the field."""

    def __init__(self, zh: str, en: str, where: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.where = where


@dataclass
class Node:
    """A Node process that answers one call a line."""

    process: subprocess.Popen[str]

    def call(self, name: str, *args: object) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([name, args]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "refused" in answer:
            raise Refused(**answer["refused"])
        return answer["value"]

    def verify(self, proof: str | dict[str, Any], **options: object) -> dict[str, Any]:
        """The result of `lfd1.verify` for a proof as text, or as an object to be written."""
        text = proof if isinstance(proof, str) else json.dumps(proof)
        result: dict[str, Any] = self.call("verify", text, options)
        return result


@contextmanager
def node(script: Path = SCRIPT, library: Path | None = LIBRARY) -> Iterator[Node]:
    """A running Node with the script loaded; `library` None lets it find the library by itself."""
    assert NODE is not None
    process = subprocess.Popen(
        [NODE, "-e", _LOOP, str(script), *([str(library)] if library else [])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    with process:
        try:
            yield Node(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(20)


def failed(result: dict[str, Any]) -> str | None:
    """Name of the step that failed, None when the proof holds. Exactly one step fails, those after it are skipped."""
    states = [step["status"] for step in result["steps"]]
    if "failed" not in states:
        assert result["ok"] is True
        return None
    first = states.index("failed")
    assert result["ok"] is False
    assert set(states[first + 1 :]) <= {"skipped"}
    assert result["winners"] == result["reserves"] == []
    return str(result["steps"][first]["name"])


def page_text(proof: str = "") -> str:
    """A page as it is exported: both scripts inside, a proof as data, and a policy that lets nothing else run."""
    scripts = [path.read_text(encoding="utf-8") for path in (LIBRARY, SCRIPT)]
    allowed = " ".join(f"'sha256-{_sum(script)}'" for script in scripts)
    policy = f"default-src 'none'; script-src {allowed}; base-uri 'none'; form-action 'none'"
    return "\n".join(
        [
            '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>draw</title></head><body>',
            f'<script type="application/json" id="proof">{proof}</script>',
            *(f"<script>{script}</script>" for script in scripts),
            "</body></html>",
        ]
    )


def _sum(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def golden(name: str) -> dict[str, Any]:
    """A published proof as an object."""
    value: dict[str, Any] = json.loads((GOLDEN / name).read_text(encoding="utf-8"))
    return value


def names(steps: Sequence[dict[str, Any]]) -> list[str]:
    return [str(step["name"]) for step in steps]
