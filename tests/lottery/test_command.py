from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import lottery
from lottery.canonical import dumps
from lottery.command import main
from lottery.report import PRACTICE_LINE

from .makers import VECTORS, contest_finished, contest_list, finished

REAL = finished(preset="quick")


@pytest.fixture
def proof_file(tmp_path: Path) -> Path:
    path = tmp_path / "抽奖 1.proof.json"
    path.write_bytes(REAL.to_bytes())
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main([str(argument) for argument in arguments], out, err)
    return code, out.getvalue(), err.getvalue()


def test_a_good_proof(proof_file: Path) -> None:
    code, out, err = run("verify", proof_file, "--expect", REAL.closed[-1].hash, "--real")
    assert (code, err) == (0, "")
    assert out.count("[ok]") == 15
    assert "beacon signature" in out


def test_practice_says_so_first_and_last(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(finished().to_bytes())
    code, out, _ = run("verify", path)
    assert code == 0
    assert out.splitlines()[0] == out.splitlines()[-1] == PRACTICE_LINE
    assert run("verify", path, "--real")[0] == 1


def test_a_changed_proof_fails(proof_file: Path) -> None:
    value = json.loads(proof_file.read_text(encoding="utf-8"))
    value["drawn"]["record"]["winners"].reverse()
    proof_file.write_text(json.dumps(value, indent=2), encoding="utf-8")
    code, out, _ = run("verify", proof_file)
    assert code == 1
    assert "[failed]" in out
    assert "[not checked]" in out
    assert run("verify", proof_file, "--expect", "0" * 64)[0] == 1


def test_json_output(proof_file: Path) -> None:
    code, out, _ = run("verify", proof_file, "--json")
    assert code == 0
    assert json.loads(out)["ok"] is True


def test_a_beacon_of_ones_own(proof_file: Path, tmp_path: Path) -> None:
    own = tmp_path / "beacon.json"
    for known, wanted in ((REAL.beacon.round, 0), (1000, 1)):
        own.write_text(
            json.dumps(next(r for r in VECTORS["rounds"] if r["round"] == known)), encoding="utf-8"
        )
        assert run("verify", proof_file, "--beacon", own)[0] == wanted
    own.write_text("nonsense", encoding="utf-8")
    code, _, err = run("verify", proof_file, "--beacon", own)
    assert code == 2
    assert err.startswith(repr(str(own))), "the file that is wrong is named, not the proof"


def test_a_list_file_completes_a_short_proof(tmp_path: Path) -> None:
    short, listed = tmp_path / "short.json", tmp_path / "list.json"
    short.write_bytes(contest_finished("quiz", full=False).to_bytes())
    listed.write_bytes(contest_list("quiz").to_bytes())
    code, out, err = run("verify", short, "--list", listed)
    assert (code, err) == (0, "")
    assert "root recomputed" in out
    assert "excluded" in out
    code, out, _ = run("verify", short)
    assert code == 0
    assert "by paths" in out
    listed.write_bytes(contest_list("guess").to_bytes())
    assert run("verify", short, "--list", listed)[0] == 1
    listed.write_text("[]", encoding="utf-8")
    code, _, err = run("verify", short, "--list", listed)
    assert code == 2
    assert err.startswith(repr(str(listed))), "the file that is wrong is named, not the proof"
    assert run("verify", short, "--list", tmp_path / "none.json")[0] == 2


@pytest.mark.parametrize("content", [b"", b"not json", b"[1]", b"\xff\xff", b'{"a":1,"a":2}'])
def test_a_file_that_is_no_proof(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    code, out, err = run("verify", path)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err


def test_a_missing_file_a_directory_and_a_bad_hash(tmp_path: Path, proof_file: Path) -> None:
    assert run("verify", tmp_path / "none.json")[0] == 2
    assert run("verify", tmp_path)[0] == 2
    assert run("verify", proof_file, "--expect", "abc")[0] == 2
    assert run("verify", proof_file, "--expect", "g" * 16)[0] == 2


def test_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("frobnicate")
    assert caught.value.code == 2
    capsys.readouterr()


def test_the_verifier_needs_only_the_standard_library_and_the_curve(proof_file: Path) -> None:
    """A fresh interpreter, without sockets, that may import nothing else."""
    root = Path(lottery.__file__).parent.parent
    program = f"""
import sys
class Guard:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in {{"socket", "_socket", "asyncio", "sqlite3"}}:
            raise ImportError("the verifier asked for " + name)
        if top not in sys.stdlib_module_names | {{"lottery", "py_arkworks_bls12381"}}:
            raise ImportError("the verifier asked for " + name)
sys.meta_path.insert(0, Guard())
sys.path.insert(0, {str(root)!r})
from lottery.command import main
raise SystemExit(main(["verify", {str(proof_file)!r}]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=60, cwd=proof_file.parent
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "结果：通过" in done.stdout.decode("utf-8")


def test_it_runs_as_a_module(proof_file: Path) -> None:
    root = Path(lottery.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "lottery", "verify", str(proof_file)],
        capture_output=True,
        timeout=60,
        cwd=root,
    )
    assert done.returncode == 0
    assert "beacon signature" in done.stdout.decode("utf-8")


def test_the_chain_of_a_room(tmp_path: Path) -> None:
    first, later = tmp_path / "1.json", tmp_path / "2.json"
    records = [REAL.commitment.to_json(), *(one.to_json() for one in REAL.closed), REAL.drawn.to_json()]
    first.write_bytes(dumps({"draw_id": "x", "records": records}))
    code, out, err = run("chain", first)
    assert (code, err) == (0, "")
    assert f"1 {REAL.commitment.record.draw_id} drawn {REAL.commitment.hash[:16]}" in out
    assert "none left out" in out
    later.write_bytes(first.read_bytes())
    code, out, _ = run("chain", first, later)
    assert (code, "FAILED" in out) == (1, True)
    assert run("chain", tmp_path / "missing.json")[0] == 2
    later.write_bytes(b"{}")
    assert run("chain", later)[0] == 2
