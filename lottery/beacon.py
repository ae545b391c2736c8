"""The public randomness: drand's quicknet chain, with its key pinned here.

A round's value is a BLS signature over the round number. Nobody can know it before a threshold of drand's
nodes signs, and nobody can choose it, because only one signature per round is valid. Relays are couriers and
are not trusted: what they bring is checked against the pinned key, so a value pasted by hand is as good.

Sources: drand/drand-client lib/defaults.ts, lib/beacon-verification.ts; the rounds below were fetched from
two relays each (Bas3d-Labs/drand-quicknet-evm, noislabs/drand-verify, drand-verify).
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from types import MappingProxyType

from py_arkworks_bls12381 import GT, G1Point, G2Point

from . import canonical
from .canonical import digest
from .errors import BeaconError, CanonicalError

SIGNATURE_SIZE = 48
RELAYS = (
    "https://api.drand.sh",
    "https://api2.drand.sh",
    "https://api3.drand.sh",
    "https://drand.cloudflare.com",
    "https://api.drand.secureweb3.com:6875",
)
"""Relays named by drand; the path is `/{chain hash}/public/{round}`. Whoever fetches does so elsewhere."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What fixes a drand chain. `genesis` is the Unix time of round 1 in seconds, `period` in seconds."""

    hash: str
    public_key: str
    group_hash: str
    scheme: str
    beacon_id: str
    genesis: int
    period: int
    dst: bytes

    def recomputed_hash(self) -> str:
        """Chain hash made anew from key, period, genesis and group; equals `hash` unless someone edited
        this.
        """
        data = struct.pack(">Iq", self.period, self.genesis)
        data += bytes.fromhex(self.public_key) + bytes.fromhex(self.group_hash)
        if self.beacon_id != "default":
            data += self.beacon_id.encode("ascii")
        return hashlib.sha256(data).hexdigest()


QUICKNET = Chain(
    hash="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    public_key=(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
        "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    group_hash="f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e",
    scheme="bls-unchained-g1-rfc9380",
    beacon_id="quicknet",
    genesis=1692803367,
    period=3,
    dst=b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_",
)

_PRACTICE_ROUNDS = """
1 b55e7cb2d5c613ee0b2e28d6750aabbb78c39dcc96bd9d38c2c2e12198df95571de8e8e402a0cc48871c7089a2b3af4b
2 b6b6a585449b66eb12e875b64fcbab3799861a00e4dbf092d99e969a5eac57dd3f798acf61e705fe4f093db926626807
123 b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92
255 ac47b96c2937201d0fb2f108f1f0e3a05279d310906a3b01c8b09388e4aa2e9c5de30db4d78e358c2ee480d233047111
256 8a0cd30f3694c151cfdbc1aa529b0e7673a8a32c07243046905bb40bf31d83769a95c838e9e16160f7af858dea860bc0
1000 b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39
65535 95aa0afea5aa88f59fe34facebcb08770ac01d38840a8c16e841c6027a293a3c90dbcaf010a8fb19b306b9ff6c46eaf9
657413 b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b
16777216 a38ae8fa3645078723fe002a4769499a9a267557f67ac7263113339718b6b0b78a5dd59a03321240b5b6554dffeac194
20791007 8d2c8bbc37170dbacc5e280a21d4e195cff5f32a19fd6a58633fa4e4670478b5fb39bc13dd8f8c4372c5a76191198ac5
31089008 87b3b9c9f99cc1e7fc326e249538f33b84a1c4ef8bd85920a267af642b570bcd62bf70900a3862f742e574164b5f17f3
"""
PRACTICE_SIGNATURES = MappingProxyType(
    {int(number): signature for number, signature in map(str.split, _PRACTICE_ROUNDS.split("\n")[1:-1])}
)
"""Old rounds for practice, round to signature. Public for years, so they can show arithmetic and nothing
more.
"""


@dataclass(frozen=True, slots=True)
class Beacon:
    """A round's value as carried by anybody: not yet checked. `signature` should be 48 bytes."""

    round: int
    signature: bytes

    @property
    def randomness(self) -> bytes:
        """SHA-256 of the signature: drand's definition."""
        return hashlib.sha256(self.signature).digest()


def round_at_or_after(time_ms: int) -> int:
    """First round whose time is at or after `time_ms` (Unix milliseconds); 1 for times before the chain
    began.
    """
    late = time_ms - QUICKNET.genesis * 1000
    return 1 if late <= 0 else -(-late // (QUICKNET.period * 1000)) + 1


def round_time_ms(round_number: int) -> int:
    """Unix time in milliseconds at which drand publishes the round. Raises BeaconError below round 1."""
    if round_number < 1:
        raise BeaconError(f"There is no round {round_number}; drand counts from 1.")
    return (QUICKNET.genesis + (round_number - 1) * QUICKNET.period) * 1000


def latest_round_at(time_ms: int) -> int:
    """Latest round already due at `time_ms`; 0 before the chain began."""
    late = time_ms - QUICKNET.genesis * 1000
    return 0 if late < 0 else late // (QUICKNET.period * 1000) + 1


def practice_round(draw_id: str) -> int:
    """The old round that a practice draw uses: fixed by the draw's id, so nobody picks it."""
    rounds = sorted(PRACTICE_SIGNATURES)
    return rounds[int.from_bytes(digest("practice-round", canonical.utf8(draw_id)), "big") % len(rounds)]


def practice_beacon(round_number: int) -> Beacon:
    """The stored value of a practice round. Raises BeaconError when the round is not in the fixed list."""
    try:
        return Beacon(round_number, bytes.fromhex(PRACTICE_SIGNATURES[round_number]))
    except KeyError:
        raise BeaconError(
            f"Round {round_number} is not a practice round; practice uses the fixed list."
        ) from None


def check_pinned() -> str:
    """The pinned chain hash, after recomputing it from the pinned key. Raises BeaconError when they
    differ.
    """
    if QUICKNET.recomputed_hash() != QUICKNET.hash:
        raise BeaconError("The beacon key in this program is not drand quicknet's; install a genuine copy.")
    return QUICKNET.hash


def verify(beacon: Beacon, round_number: int, chain_hash: str = QUICKNET.hash) -> bytes:
    """Check `beacon` as the value of the committed round and chain; give its 32 bytes of randomness.

    Raises BeaconError when chain, round or signature are not the committed ones. Points at infinity, outside
    the subgroup, or written in more than one way are refused before the pairing.
    """
    if chain_hash != check_pinned():
        raise BeaconError(
            "The commitment names another drand chain than quicknet; this verifier knows only that."
        )
    if beacon.round != round_number:
        raise BeaconError(f"The beacon is of round {beacon.round}, the commitment says {round_number}.")
    if not 1 <= round_number < 2**63:
        raise BeaconError(f"There is no round {round_number}; drand counts from 1.")
    point = signature_point(beacon.signature)
    message = hashlib.sha256(round_number.to_bytes(8, "big")).digest()
    hashed = G1Point.hash_to_curve(message, QUICKNET.dst)
    key = G2Point.from_compressed_bytes(bytes.fromhex(QUICKNET.public_key))
    if not GT.pairing_check([point, -hashed], [G2Point(), key]):
        raise BeaconError(f"The signature is not drand's for round {round_number}; fetch the round again.")
    return beacon.randomness


def signature_point(signature: bytes) -> G1Point:
    """The G1 point written by a 48-byte compressed signature, in the subgroup and not at infinity.

    Raises BeaconError otherwise. The flag bits are looked at here because the decoder takes every string
    with the infinity bit for that point; writing the point again guards against a decoder that is lenient
    elsewhere.
    """
    if len(signature) != SIGNATURE_SIZE or signature[0] & 0xC0 != 0x80:
        raise BeaconError("A signature is 48 bytes in compressed form and not the point at infinity.")
    try:
        point = G1Point.from_compressed_bytes(signature)
    except ValueError:
        raise BeaconError(
            "The signature is not a point of the curve's subgroup; fetch the round again."
        ) from None
    if bytes(point.to_compressed_bytes()) != signature:
        raise BeaconError("The signature is not the one way to write a point; fetch the round again.")
    return point


def parse_relay(text: str | bytes) -> Beacon:
    """Read the JSON of a relay, as fetched or as pasted by hand: `round` and `signature` are needed.

    `randomness`, when there, must be SHA-256 of the signature; `chain_hash`, when there, must be quicknet's;
    a non-empty `previous_signature` means another kind of chain. Other fields are ignored, since only the
    signature counts and `verify` checks it. Raises BeaconError.
    """
    try:
        value = canonical.loads(text)
    except CanonicalError as error:
        raise BeaconError(f"The pasted beacon cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise BeaconError(
            "The pasted beacon is not a JSON object with round and signature; copy the whole answer."
        )
    number, signature = value.get("round"), value.get("signature")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise BeaconError("The pasted beacon has no round number of 1 or more; copy the whole answer.")
    beacon = Beacon(number, _hex(signature, "signature"))
    if "randomness" in value and _hex(value["randomness"], "randomness") != beacon.randomness:
        raise BeaconError(
            "The pasted randomness is not SHA-256 of the pasted signature; fetch the round again."
        )
    if value.get("chain_hash", QUICKNET.hash) != QUICKNET.hash or value.get("previous_signature"):
        raise BeaconError("The pasted beacon is of another chain than quicknet; fetch it from quicknet.")
    return beacon


def _hex(value: object, name: str) -> bytes:
    if not isinstance(value, str):
        raise BeaconError(f"The pasted {name} is not a hex text; copy the whole answer.")
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise BeaconError(f"The pasted {name} is not hex; copy the whole answer.") from None
