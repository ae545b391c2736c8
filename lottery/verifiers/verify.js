#!/usr/bin/env node
/*
 * The independent verifier of LFD1 draws: one file for Node 18 and later, written from docs/draws-protocol.md and
 * sharing no line with the other two (`python -m lottery verify`, browser.js). It needs no package and no network;
 * the curve is ./vendor/noble-bls12-381.js, the hashes are Node's own.
 *
 *     node lottery/verifiers/verify.js PROOF... [--expect HASH] [--real] [--list FILE] [--json]
 *
 * Exit code: 0 every proof verifies, 1 one does not, 2 the call or a file cannot be used.
 */
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const { bls12_381: curve } = require("./vendor/noble-bls12-381.js");

/* ---------------------------------------------------------------- constants ---- */

const QUICKNET = {
  hash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
  key:
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451" +
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
  group: "f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e",
  scheme: "bls-unchained-g1-rfc9380",
  id: "quicknet",
  genesis: 1692803367, // seconds: the time of round 1
  period: 3,
  domain: "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_",
};
const SIGNER_DOMAIN = "CHANGKONG_DRAW_BLS12381G1_XMD:SHA-256_SSWU_RO_V1";
const PRACTICE_ROUNDS = [1, 2, 123, 255, 256, 1000, 65535, 657413, 16777216, 20791007, 31089008];
/** The root and the round, in seconds after closing. */
const PRESETS = new Map([["quick", [10, 45]], ["large", [30, 180]], ["practice", [5, 15]]]);
const RULE_TEXTS = ["entry_conditions", "entry_method", "claim_conditions", "claim_method", "delivery", "forfeiture",
  "organiser", "contact", "minors", "price_basis", "draw_method"];
const PRIZE_KINDS = ["goods", "service", "cash", "coupon", "points", "virtual"];
const OLD_REFUSALS = ["early", "late", "other_room", "unknown_viewer", "staff", "duplicate"];
const ALL_REFUSALS = ["early", "late", "other_room", "unknown_viewer", "staff", "blacklisted", "previous_winner",
  "not_following", "fan_level", "account_level", "wrong_answer", "out_of_range", "duplicate"];
const MARGIN_MS = 10000; // the root must be public this long before the beacon
const MOST_ENTRIES = 10000000;
const HEAVIEST = 1000000;
const LARGEST_PROOF = 2 ** 30;
const LARGEST_LIST = 2 ** 31 - 1;
const DEEPEST = 16;
const LONG_TEXT = 2 ** 20; // from here on a plain text stays bytes: a list can be longer than a string may be

/** What a proof may be refused for; the message says what was wrong. */
class Refused extends Error {}
/** A remark that ends a step without failing it. */
class Note extends Error {}
/** The file or the call is not something to judge at all. */
class Unusable extends Error {}

const refuse = (message) => { throw new Refused(message); };

/* ---------------------------------------------------------------- hashes ---- */

const sha256 = (...parts) => {
  const hash = crypto.createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

function u32(number) {
  const made = Buffer.alloc(4);
  made.writeUInt32BE(number);
  return made;
}

function u64(number) {
  const made = Buffer.alloc(8);
  made.writeBigUInt64BE(BigInt(number));
  return made;
}

const lp = (bytes) => Buffer.concat([u32(bytes.length), bytes]);
const utf8 = (text) => Buffer.from(text, "utf8");
const unhex = (text) => Buffer.from(text, "hex");

/** H(name, f1, ...) of the protocol. */
const H = (name, ...fields) => sha256(lp(utf8("lfd1/" + name)), ...fields.map(lp));

/* ---------------------------------------------------------------- strict JSON ---- */

/** One long plain text of the file, kept as its bytes. */
class LongText {
  constructor(bytes) { this.bytes = bytes; }
}

/**
 * Reads JSON bytes into Map, Array, string, LongText, integer, boolean, null. Refuses what two readers could read in
 * two ways: keys standing twice, floats, integers of 2^53 and more, -0, text that is not NFC or has half characters.
 */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    this.decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  }

  static read(bytes) {
    const reader = new Reader(bytes);
    const value = reader.value(0);
    reader.space();
    if (reader.at !== bytes.length) reader.wrong("something stands after the end");
    return value;
  }

  wrong(what) {
    throw new Unusable(`The file is not JSON in the allowed form at byte ${this.at}: ${what}.`);
  }

  space() {
    for (;;) {
      const c = this.bytes[this.at];
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.at += 1;
    }
  }

  value(depth) {
    if (depth > DEEPEST) this.wrong(`nested more than ${DEEPEST} levels deep`);
    this.space();
    const c = this.bytes[this.at];
    if (c === 0x22) return this.text();
    if (c === 0x7b) return this.object(depth);
    if (c === 0x5b) return this.array(depth);
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) return this.integer();
    for (const [word, meaning] of [["true", true], ["false", false], ["null", null]]) {
      if (this.bytes.toString("latin1", this.at, this.at + word.length) === word) {
        this.at += word.length;
        return meaning;
      }
    }
    return this.wrong("no value");
  }

  take(code, what) {
    this.space();
    if (this.bytes[this.at] !== code) this.wrong(`${what} is missing`);
    this.at += 1;
  }

  /** After an item: true when another one follows, false when the object or array ends. */
  more(closing) {
    this.space();
    const c = this.bytes[this.at];
    if (c !== 0x2c && c !== closing) this.wrong("a comma or closing bracket is missing");
    this.at += 1;
    return c === 0x2c;
  }

  object(depth) {
    this.at += 1;
    const made = new Map();
    this.space();
    if (this.bytes[this.at] === 0x7d) { this.at += 1; return made; }
    do {
      this.space();
      if (this.bytes[this.at] !== 0x22) this.wrong("a key is missing");
      const key = this.text();
      if (typeof key !== "string" || !/^[\x00-\x7f]*$/.test(key)) this.wrong("a key is not plain ASCII");
      if (made.has(key)) this.wrong(`the key ${JSON.stringify(key).slice(0, 60)} stands twice`);
      this.take(0x3a, "a colon");
      made.set(key, this.value(depth + 1));
    } while (this.more(0x7d));
    return made;
  }

  array(depth) {
    this.at += 1;
    const made = [];
    this.space();
    if (this.bytes[this.at] === 0x5d) { this.at += 1; return made; }
    do made.push(this.value(depth + 1)); while (this.more(0x5d));
    return made;
  }

  text() {
    const start = this.at + 1;
    let plain = true, escaped = false, end = start;
    for (;; end += 1) {
      const c = this.bytes[end];
      if (c === 0x22) break;
      if (c === undefined || c < 0x20) { this.at = end; this.wrong("a text does not end, or has a control character"); }
      if (c >= 0x80) plain = false;
      if (c === 0x5c) { escaped = true; end += 1; }
    }
    this.at = end + 1;
    if (plain && !escaped) {
      if (end - start >= LONG_TEXT) return new LongText(this.bytes.subarray(start, end));
      return this.bytes.toString("latin1", start, end);
    }
    return this.difficult(start, end, escaped);
  }

  /** A text with escapes or characters beyond ASCII. */
  difficult(start, end, escaped) {
    let text;
    try {
      text = this.decoder.decode(this.bytes.subarray(start, end));
      if (escaped) text = JSON.parse(`"${text}"`);
    } catch {
      this.wrong("a text is not UTF-8 or has a wrong escape");
    }
    if (/[\ud800-\udfff]/u.test(text)) this.wrong("a text has half a character");
    if (text.normalize("NFC") !== text) this.wrong("a text is not in Unicode form NFC");
    return text;
  }

  integer() {
    const start = this.at;
    if (this.bytes[this.at] === 0x2d) this.at += 1;
    while (this.bytes[this.at] >= 0x30 && this.bytes[this.at] <= 0x39) this.at += 1;
    const digits = this.bytes.toString("latin1", start, Math.min(this.at, start + 40));
    if ([0x2e, 0x65, 0x45].includes(this.bytes[this.at])) this.wrong("a number is not an integer");
    if (!/^(0|-?[1-9][0-9]*)$/.test(digits)) this.wrong("an integer is written in a wrong way");
    const value = Number(digits);
    if (!Number.isSafeInteger(value)) this.wrong("an integer is 2^53 or more");
    return value;
  }
}

/** Canonical text of a value that `Reader` made. */
function canonical(value) {
  if (value instanceof LongText) return `"${value.bytes.toString("latin1")}"`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value instanceof Map) {
    const keys = [...value.keys()].sort(); // ASCII only, so every order agrees
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value.get(key))}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** One object of the file: each field is taken once, and `done` refuses what is left. */
class Fields {
  constructor(value, where) {
    if (!(value instanceof Map)) refuse(`The ${where} is not a JSON object.`);
    this.left = new Map(value);
    this.where = where;
  }

  has(name) { return this.left.has(name); }

  not(name, wanted) { return refuse(`The field ${name} of the ${this.where} must be ${wanted}.`); }

  take(name) {
    if (!this.left.has(name)) refuse(`The ${this.where} lacks the field ${name}.`);
    const value = this.left.get(name);
    this.left.delete(name);
    return value;
  }

  text(name, longest = 4000, empty = false) { return this.textOf(name, this.take(name), longest, empty); }

  textOf(name, value, longest, empty = false) {
    const ok = typeof value === "string" && [...value].length <= longest && (empty || value !== "");
    return ok ? value : this.not(name, `a text of 1 to ${longest} characters`);
  }

  hex(name, size) { return this.hexOf(name, this.take(name), size); }

  hexOf(name, value, size) {
    const ok = typeof value === "string" && value.length === 2 * size && /^[0-9a-f]*$/.test(value);
    return ok ? value : this.not(name, `${size} bytes in lower-case hex`);
  }

  integer(name, least = 0, most = Number.MAX_SAFE_INTEGER) {
    const value = this.take(name);
    const ok = typeof value === "number" && least <= value && value <= most;
    return ok ? value : this.not(name, `an integer from ${least} to ${most}`);
  }

  flag(name) {
    const value = this.take(name);
    return typeof value === "boolean" ? value : this.not(name, "true or false");
  }

  constant(name, wanted) {
    if (this.take(name) !== wanted) this.not(name, JSON.stringify(wanted));
  }

  items(name, most = MOST_ENTRIES) {
    const value = this.take(name);
    return Array.isArray(value) && value.length <= most ? value : this.not(name, `a list of at most ${most} values`);
  }

  positions(name) {
    const values = this.items(name);
    const ok = values.every((value) => typeof value === "number" && value >= 0);
    return ok ? values : this.not(name, "a list of integers from 0 on");
  }

  done() {
    const names = [...this.left.keys()].slice(0, 5).map((name) => JSON.stringify(name.slice(0, 40)));
    if (names.length) refuse(`The ${this.where} has fields nobody knows: ${names.join(", ")}.`);
  }
}

/* ---------------------------------------------------------------- the file's parts ---- */

function readBeacon(value, where) {
  const fields = new Fields(value, where);
  const made = { round: fields.integer("round", 1), signature: fields.hex("signature", 48) };
  fields.done();
  return made;
}

/** {record, hash, signature}; `read` makes the record. The canonical bytes are kept for the hash. */
function readSigned(value, where, kind, read) {
  const fields = new Fields(value, `${where}'s envelope`);
  const raw = fields.take("record");
  const hash = fields.hex("hash", 32);
  let signature = fields.take("signature");
  if (signature !== null) signature = fields.hexOf("signature", signature, 48);
  fields.done();
  const record = read(new Fields(raw, where));
  return { kind, record, hash, signature, own: H(kind, utf8(canonical(raw))) };
}

function readCommitment(fields) {
  fields.constant("v", 1);
  const made = {
    drawId: fields.text("draw_id", 200),
    title: fields.text("title", 200),
    k: fields.integer("k", 1, MOST_ENTRIES),
    prev: fields.hex("prev", 32),
    saltCommit: fields.hex("salt_commit", 32),
    beacon: readBeaconTerms(fields.take("beacon")),
    terms: null,
  };
  if (fields.has("signer")) made.terms = readTerms(fields);
  fields.done();
  return made;
}

function readBeaconTerms(value) {
  const fields = new Fields(value, "commitment's beacon");
  const made = {
    round: fields.integer("round", 1),
    chain: fields.text("chain_hash", 64),
    scheme: fields.text("scheme", 64),
    dueAt: null,
  };
  if (fields.has("mode")) {
    fields.constant("mode", "practice");
    made.dueAt = fields.integer("due_at", 1);
  }
  fields.done();
  return made;
}

function readTerms(fields) {
  const rules = new Fields(fields.take("rules"), "commitment's rules");
  for (const name of RULE_TEXTS) rules.text(name);
  rules.done();
  fields.text("platform", 100);
  fields.text("room", 200);
  fields.integer("sequence", 1);
  fields.hex("staff_hash", 32);
  fields.text("software", 200);
  return {
    entry: readEntryRule(fields.take("entry")),
    prizes: fields.items("prizes", 10000).map(readPrize),
    reserves: fields.integer("reserves", 0, MOST_ENTRIES),
    weightRule: fields.text("weight_rule"),
    announcedAt: fields.integer("announced_at"),
    openAt: fields.integer("open_at"),
    closeAt: fields.integer("close_at"),
    publishBy: fields.integer("publish_by"),
    claimBy: fields.integer("claim_by"),
    preset: fields.text("preset", 40),
    signer: fields.hex("signer", 96),
  };
}

/** The quantity of one prize; its other fields are only read. */
function readPrize(value) {
  const fields = new Fields(value, "commitment's prize");
  fields.text("rank", 200);
  fields.text("name", 200);
  const quantity = fields.integer("quantity", 1);
  fields.integer("value_fen", 1);
  const kind = fields.text("kind", 20);
  fields.text("use_rules", 4000, true);
  fields.done();
  if (!PRIZE_KINDS.includes(kind)) fields.not("kind", `one of ${PRIZE_KINDS.join(", ")}`);
  return quantity;
}

function readEntryRule(value) {
  const fields = new Fields(value, "commitment's entry rule");
  fields.constant("per_account", 1);
  const made = { kind: null, contest: null, refusals: OLD_REFUSALS };
  if (fields.has("kind")) {
    made.kind = fields.text("kind", 20);
    if (!CONTESTS.has(made.kind)) fields.not("kind", `one of ${[...CONTESTS.keys()].join(", ")}`);
    const conditions = new Fields(fields.take("conditions"), "commitment's conditions");
    const follow = conditions.flag("follow");
    const fan = conditions.integer("fan_level");
    const account = conditions.integer("account_level");
    conditions.done();
    fields.hex("previous_hash", 32);
    fields.hex("blacklist_hash", 32);
    const possible = { not_following: follow, fan_level: fan > 0, account_level: account > 0,
      wrong_answer: made.kind === "quiz", out_of_range: made.kind === "guess" };
    made.refusals = ALL_REFUSALS.filter((code) => possible[code] ?? true);
    const contest = fields.take("contest");
    if (made.kind === "keyword") {
      if (contest !== null) fields.not("contest", "null");
    } else {
      made.contest = CONTESTS.get(made.kind)(new Fields(contest, "commitment's contest"));
    }
  }
  if (made.contest === null) fields.text("keyword", 100);
  else if (fields.take("keyword") !== null) fields.not("keyword", "null");
  if (canonical(fields.take("refusals")) !== canonical(made.refusals)) {
    fields.not("refusals", `the list of all reason codes: ${made.refusals.join(", ")}`);
  }
  fields.done();
  return made;
}

const CONTESTS = new Map([
  ["keyword", null],
  ["quiz", (fields) => {
    fields.text("question", 400);
    const options = fields.items("options", 8).map((text) => fields.textOf("options", text, 100));
    const made = { options, prefix: fields.text("prefix", 100, true), answerCommit: fields.hex("answer_commit", 32) };
    fields.done();
    return made;
  }],
  ["guess", (fields) => {
    fields.text("question", 400);
    fields.text("prefix", 100, true);
    fields.integer("decimals", 0, 2);
    const made = {
      least: fields.integer("least"),
      most: fields.integer("most"),
      answerCommit: fields.hex("answer_commit", 32),
    };
    fields.done();
    return made;
  }],
  ["rain", (fields) => {
    const waves = fields.items("waves", 20).map((value) => {
      const wave = new Fields(value, "commitment's wave");
      wave.text("keyword", 100);
      const made = { openAt: wave.integer("open_at"), closeAt: wave.integer("close_at") };
      wave.done();
      return made;
    });
    fields.done();
    return { waves };
  }],
  ["purchase", (fields) => {
    fields.text("product", 200);
    fields.done();
    return {};
  }],
]);

/** What all records after the commitment begin with. */
function readHead(fields, kind) {
  fields.constant("kind", kind);
  fields.constant("v", 1);
  return {
    drawId: fields.text("draw_id", 200),
    commitHash: fields.hex("commit_hash", 32),
    prev: fields.hex("prev", 32),
  };
}

function readClosed(fields, entry) {
  const made = {
    ...readHead(fields, "closed"),
    rev: fields.integer("rev", 1),
    root: fields.hex("root", 32),
    entries: fields.integer("entries", 0, MOST_ENTRIES),
    weight: fields.integer("weight"),
    excludedRoot: fields.hex("excluded_root", 32),
    closedAt: fields.integer("closed_at"),
    issuedAt: fields.integer("issued_at"),
    excluded: new Map(),
    viewers: null,
    answer: null,
  };
  const counts = new Fields(fields.take("excluded"), "closed record's exclusions");
  for (const code of entry ? entry.refusals : OLD_REFUSALS) {
    if (counts.has(code)) made.excluded.set(code, counts.integer(code, 1));
  }
  counts.done();
  const seen = fields.take("latest_beacon");
  made.seen = seen === null ? null : readBeacon(seen, "latest beacon");
  if (entry && entry.kind !== null) {
    made.viewers = fields.integer("excluded_viewers");
    made.answer = readAnswer(fields.take("answer"), entry);
  }
  fields.done();
  return made;
}

/** The answer of a quiz or guess: {salt, answers}; null in every other kind. */
function readAnswer(value, entry) {
  if (entry.kind !== "quiz" && entry.kind !== "guess") {
    if (value !== null) refuse("A closed record has an answer where nothing was asked.");
    return null;
  }
  const fields = new Fields(value, "closed record's answer");
  const salt = fields.hex("salt", 32);
  const answers = fields.items("answers", 20).map((text) => fields.textOf("answers", text, 400));
  fields.done();
  const ascending = answers.every((text, i) => i === 0 || Buffer.compare(utf8(answers[i - 1]), utf8(text)) < 0);
  if (!answers.length || !ascending) fields.not("answers", "1 to 20 texts in ascending order, each once");
  return { salt, answers };
}

function readDrawn(fields) {
  const made = {
    ...readHead(fields, "drawn"),
    beacon: readBeacon(fields.take("beacon"), "drawn record's beacon"),
    randomness: fields.hex("randomness", 32),
    seed: fields.hex("seed", 32),
    winners: fields.positions("winners"),
    reserves: fields.positions("reserves"),
    drawnAt: fields.integer("drawn_at"),
  };
  fields.done();
  return made;
}

function readWinner(value, place, size) {
  const fields = new Fields(value, `winner ${place}`);
  fields.constant("place", place);
  const made = {
    position: fields.integer("position", 0, MOST_ENTRIES),
    leaf: unhex(fields.hex("leaf", size)),
    path: fields.items("path", 24).map((step) => unhex(fields.hexOf("path", step, 32))),
  };
  fields.done();
  return made;
}

/** The whole proof, well formed but unchecked. Raises Refused. `leaves` is one Buffer, or null in a short proof. */
function readProof(value) {
  const fields = new Fields(value, "proof");
  fields.constant("format", "lfd1-proof");
  fields.constant("v", 1);
  const kind = fields.text("kind", 10);
  if (kind !== "full" && kind !== "short") fields.not("kind", "full or short");
  const commitment = readSigned(fields.take("commitment"), "commitment", "commit", readCommitment);
  const entry = commitment.record.terms && commitment.record.terms.entry;
  const size = leafSize(commitment.record);
  const closed = fields.items("closed", 1000).map((one, i) =>
    readSigned(one, `closed record ${i + 1}`, "closed", (record) => readClosed(record, entry)));
  if (!closed.length) fields.not("closed", "a list of at least one closed record");
  const made = {
    commitment, closed, size,
    beacon: readBeacon(fields.take("beacon"), "proof's beacon"),
    drawn: readSigned(fields.take("drawn"), "drawn record", "drawn", readDrawn),
    winners: fields.items("winners").map((one, i) => readWinner(one, i + 1, size)),
    leaves: null,
  };
  if (kind === "short") {
    if (fields.take("leaves") !== null) fields.not("leaves", "null in a short proof");
  } else {
    const lines = fields.items("leaves");
    made.leaves = Buffer.allocUnsafe(lines.length * size);
    lines.forEach((line, i) => made.leaves.write(fields.hexOf("leaves", line, size), i * size, "hex"));
  }
  fields.done();
  return made;
}

/** 48 bytes where a leaf has a value, else 40. */
const leafSize = ({ terms }) => (terms && ["guess", "rain"].includes(terms.entry.kind) ? 48 : 40);

/** The list file: leaves as one Buffer, and the excluded as pairs of pseudonym and reason. Raises Refused. */
function readList(value) {
  const fields = new Fields(value, "list file");
  fields.constant("format", "lfd1-list");
  fields.constant("v", 1);
  const drawId = fields.text("draw_id", 200);
  let text = fields.take("leaves");
  if (typeof text === "string") text = new LongText(Buffer.from(text, "utf8"));
  if (!(text instanceof LongText) || text.bytes.length % 2) fields.not("leaves", "bytes in lower-case hex");
  const leaves = hexBytes(text.bytes) ?? fields.not("leaves", "lower-case hex");
  const excluded = fields.items("excluded").map((pair) => {
    if (!Array.isArray(pair) || pair.length !== 2) fields.not("excluded", "a list of pairs of pseudonym and reason");
    return [fields.hexOf("excluded", pair[0], 32), fields.textOf("excluded", pair[1], 40)];
  });
  fields.done();
  return { drawId, leaves, excluded };
}

/** Bytes written as lower-case hex digits (bytes themselves); null when they are not. No string is long enough. */
function hexBytes(digits) {
  const made = Buffer.allocUnsafe(digits.length >> 1);
  const digit = (c) => (c >= 0x30 && c <= 0x39 ? c - 0x30 : c >= 0x61 && c <= 0x66 ? c - 0x57 : 256);
  for (let i = 0; i < made.length; i += 1) {
    const value = digit(digits[2 * i]) * 16 + digit(digits[2 * i + 1]);
    if (value > 255) return null;
    made[i] = value;
  }
  return made;
}

/* ---------------------------------------------------------------- signatures ---- */

const known = new Map(); // signatures checked already: the old rounds of practice come again and again

/** Whether `signature` over `message` is `key`'s (hex both). Raises Refused for points not written in the one way. */
function signed(message, domain, signature, key) {
  const name = `${message.toString("hex")} ${domain} ${signature} ${key}`;
  if (!known.has(name)) {
    if (known.size > 4096) known.clear();
    const point = pointOf(curve.G1.Point, signature, "signature");
    const by = pointOf(curve.G2.Point, key, "public key");
    const hashed = curve.shortSignatures.hash(Uint8Array.from(message), domain);
    known.set(name, curve.shortSignatures.verify(point, hashed, by));
  }
  return known.get(name);
}

function pointOf(group, hex, what) {
  let point;
  try {
    point = group.fromHex(hex);
    point.assertValidity(); // on the curve and in the subgroup
  } catch {
    refuse(`The ${what} is not a point of the curve's subgroup.`);
  }
  if (point.is0()) refuse(`The ${what} is the point at infinity.`);
  if (point.toHex(true) !== hex) refuse(`The ${what} is not the one way to write its point.`);
  return point;
}

/** Randomness (32 bytes) of a round. Raises Refused unless the beacon is quicknet's for exactly this round. */
function randomnessOf(beacon, round) {
  if (beacon.round !== round) refuse(`The beacon is of round ${beacon.round}, the commitment says ${round}.`);
  if (!signed(sha256(u64(round)), QUICKNET.domain, beacon.signature, QUICKNET.key)) {
    refuse(`The signature is not drand's for round ${round}.`);
  }
  return sha256(unhex(beacon.signature));
}

function checkKey() {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32BE(QUICKNET.period);
  numbers.writeBigInt64BE(BigInt(QUICKNET.genesis), 4);
  const made = sha256(numbers, unhex(QUICKNET.key), unhex(QUICKNET.group), utf8(QUICKNET.id)).toString("hex");
  if (made !== QUICKNET.hash) refuse("The beacon key in this program is not drand quicknet's.");
  return made;
}

/** The one round of the fixed list that a practice draw of this id must use. */
function practiceRound(drawId) {
  const number = BigInt("0x" + H("practice-round", utf8(drawId)).toString("hex"));
  return PRACTICE_ROUNDS[Number(number % BigInt(PRACTICE_ROUNDS.length))];
}

/** Raises Refused unless hash and signature of an envelope hold; `signer` null means unsigned (bare). */
function checkSigned(envelope, signer) {
  if (envelope.own.toString("hex") !== envelope.hash) {
    refuse(`The ${envelope.kind} record does not give the hash written beside it.`);
  }
  if ((signer === null) !== (envelope.signature === null)) {
    refuse(`The ${envelope.kind} record must be signed exactly when the commitment pins a key.`);
  }
  if (signer !== null && !signed(envelope.own, SIGNER_DOMAIN, envelope.signature, signer)) {
    refuse(`The signature under the ${envelope.kind} record is not the committed signer's.`);
  }
}

/* ---------------------------------------------------------------- tree ---- */

const NODE = Buffer.from([1]);
const nodeHash = (left, right) => sha256(NODE, left, right);
const leafHash = (data) => sha256(Buffer.from([0]), data);

/** RFC 6962 root over the hashes of the leaves. */
function rootOf(level) {
  if (!level.length) return sha256();
  while (level.length > 1) {
    const above = [];
    for (let i = 0; i + 1 < level.length; i += 2) above.push(nodeHash(level[i], level[i + 1]));
    if (level.length % 2) above.push(level[level.length - 1]);
    level = above;
  }
  return level[0];
}

/** The root that a path gives for a leaf at `position` of `size`; null when the path has not the right length. */
function rootByPath(leaf, position, size, path) {
  if (position >= size) return null;
  let value = leafHash(leaf), used = 0;
  for (let at = position, width = size; width > 1; at >>= 1, width = (width + 1) >> 1) {
    if (at === width - 1 && width % 2) continue; // a lone last node moves up as it is
    if (used === path.length) return null;
    value = at % 2 ? nodeHash(path[used], value) : nodeHash(value, path[used]);
    used += 1;
  }
  return used === path.length ? value : null;
}

/* ---------------------------------------------------------------- draw ---- */

const BLOCKS = 1n << 256n;

/** The one stream of blocks of a draw. */
class Stream {
  constructor(seed) { this.seed = seed; this.next = 0; }

  below(bound) {
    const m = BigInt(bound);
    const limit = BLOCKS - (BLOCKS % m);
    for (;;) {
      const block = crypto.createHmac("sha256", this.seed).update("lfd1/draw").update(u64(this.next)).digest("hex");
      this.next += 1;
      const value = BigInt("0x" + block);
      if (value < limit) return Number(value % m);
    }
  }
}

/** Weights on a line, from which intervals can be taken out (a Fenwick tree: sums of weights by binary position). */
class Line {
  constructor(weights) {
    this.size = weights.length;
    this.weights = weights;
    this.sums = new Float64Array(this.size + 1); // exact: all sums are below 2^53
    this.left = 0;
    for (let i = 1; i <= this.size; i += 1) {
      this.left += weights[i - 1];
      this.sums[i] += weights[i - 1];
      const parent = i + (i & -i);
      if (parent <= this.size) this.sums[parent] += this.sums[i];
    }
    this.top = 1;
    while (this.top * 2 <= this.size) this.top *= 2;
  }

  /** The member whose interval holds the place `t` of what is left; it is taken out. */
  take(t) {
    let node = 0;
    for (let step = this.top; step >= 1; step /= 2) {
      if (node + step <= this.size && this.sums[node + step] <= t) {
        node += step;
        t -= this.sums[node];
      }
    }
    const weight = this.weights[node];
    this.left -= weight;
    for (let i = node + 1; i <= this.size; i += i & -i) this.sums[i] -= weight;
    return node;
  }
}

const ones = (count) => new Uint8Array(count).fill(1);

/** Draw `count` members (fewer when there are not so many) from an ascending group of positions. */
function fromGroup(stream, group, count) {
  const line = new Line(ones(group.length));
  const chosen = [];
  while (chosen.length < count && line.left > 0) chosen.push(group[line.take(stream.below(line.left))]);
  return chosen;
}

function selectOrdinary(stream, weights, picks) {
  const line = new Line(weights);
  const chosen = [];
  while (chosen.length < picks) chosen.push(line.take(stream.below(line.left)));
  return chosen;
}

function selectGuess(stream, values, answer, picks) {
  const groups = new Map();
  values.forEach((value, position) => {
    const far = Math.abs(value - answer);
    if (!groups.has(far)) groups.set(far, []);
    groups.get(far).push(position);
  });
  const chosen = [];
  for (const far of [...groups.keys()].sort((a, b) => a - b)) {
    if (chosen.length >= picks) break;
    for (const position of fromGroup(stream, groups.get(far), picks - chosen.length)) chosen.push(position);
  }
  return chosen;
}

function selectRain(stream, values, quantities, picks) {
  const taken = new Uint8Array(values.length);
  const chosen = [];
  const choose = (count, belongs) => {
    const group = [];
    values.forEach((value, position) => { if (!taken[position] && belongs(value)) group.push(position); });
    const got = fromGroup(stream, group, count);
    for (const position of got) { taken[position] = 1; chosen.push(position); }
    return count - got.length;
  };
  let over = 0;
  quantities.forEach((quantity, wave) => { over = choose(quantity + over, (value) => (value >> wave) & 1); });
  choose(picks - chosen.length, () => true);
  return chosen;
}

/* ---------------------------------------------------------------- the steps ---- */

const NAMES = [
  ["file", "文件格式", "proof file"],
  ["real", "真实抽奖", "real draw"],
  ["key", "信标公钥", "pinned beacon key"],
  ["commitment", "承诺", "commitment"],
  ["expect", "与现场公布的哈希一致", "hash shown in the room"],
  ["terms", "规则一致", "rules agree with each other"],
  ["closed", "截止记录", "closed record"],
  ["timing", "先公布名单后出随机数", "list fixed before the beacon"],
  ["publish_by", "按承诺时间公布", "list published when promised"],
  ["beacon", "信标签名", "beacon signature"],
  ["list", "参与名单", "entry list"],
  ["seed", "种子", "seed"],
  ["selection", "中奖位置", "winning positions"],
  ["winners", "中奖条目", "winners' entries"],
  ["drawn", "开奖记录", "drawn record"],
];

/** The checks over one proof that has been read, one method a step. */
class Check {
  constructor(proof, { expect = null, real = false, list = null }) {
    this.proof = proof;
    this.commitment = proof.commitment.record;
    this.terms = this.commitment.terms;
    this.entry = this.terms ? this.terms.entry : { kind: null, contest: null };
    this.signer = this.terms ? this.terms.signer : null;
    this.practice = this.commitment.beacon.dueAt !== null;
    this.last = proof.closed[proof.closed.length - 1].record;
    this.drawnRecord = proof.drawn.record;
    this.expected = expect;
    this.mustBeReal = real;
    this.given = list;
    this.weights = null;
    this.values = null;
    this.valued = proof.size === 48;
    this.equal = this.terms !== null && (this.terms.weightRule === "equal" || this.valued);
    const round = this.commitment.beacon.round;
    const timeOfRound = (QUICKNET.genesis + (round - 1) * QUICKNET.period) * 1000;
    this.dueMs = this.practice ? this.commitment.beacon.dueAt : timeOfRound;
    this.picks = this.commitment.k + (this.terms ? this.terms.reserves : 0);
  }

  file() { return this.proof.leaves ? "full list" : "winners only"; }

  real() {
    if (!this.practice) return `beacon round ${this.commitment.beacon.round}`;
    if (this.mustBeReal) refuse("This is a PRACTICE draw: its beacon was known beforehand. It proves no real draw.");
    throw new Note("PRACTICE: the beacon was known beforehand");
  }

  key() { return checkKey(); }

  commitmentHolds() {
    checkSigned(this.proof.commitment, this.signer);
    return `${this.proof.commitment.hash} (${this.signer ? "signed" : "unsigned, bare"})`;
  }

  expect() {
    if (this.expected === null) {
      throw new Note("not compared: the file is only checked in itself; give --expect with the hash shown");
    }
    const wanted = expectedHash(this.expected);
    const found = this.proof.closed.findIndex((one) => one.hash.startsWith(wanted));
    if (found >= 0) return `closed record rev ${found + 1} is the one expected`;
    if (!this.proof.commitment.hash.startsWith(wanted)) {
      refuse("Neither the commitment nor a closed record has the expected hash: this is another draw.");
    }
    // Once the value is out, whoever holds the key can sign list after list until one pleases.
    throw new Note("the rules are those expected; the list was not compared: give the closed record's hash, shown " +
      "before the beacon");
  }

  termsAgree() {
    const { beacon, drawId, k } = this.commitment;
    if (beacon.chain !== QUICKNET.hash || beacon.scheme !== QUICKNET.scheme) {
      refuse("The commitment names another beacon chain or scheme than drand quicknet.");
    }
    if (this.practice && beacon.round !== practiceRound(drawId)) {
      refuse("A practice draw must use the round of the fixed list that its id gives.");
    }
    const t = this.terms;
    if (t === null) throw new Note("bare commitment without a rule sheet");
    const preset = PRESETS.get(t.preset);
    if (!preset || (t.preset === "practice") !== this.practice) {
      refuse("The timing preset is unknown, or does not go with the kind of beacon.");
    }
    if (t.prizes.reduce((sum, quantity) => sum + quantity, 0) !== k) {
      refuse("The number of winners is not the number of prizes.");
    }
    const inOrder = t.announcedAt <= t.openAt && t.openAt < t.closeAt && t.closeAt < t.claimBy;
    if (!inOrder) refuse("The times are out of order: announced, open, close, claim.");
    if (t.publishBy !== t.closeAt + preset[0] * 1000) refuse("The time for the root is not the preset's.");
    if (!this.rightRound(t.closeAt + preset[1] * 1000)) {
      refuse("The beacon round is not the one that the preset gives for the closing time.");
    }
    this.contestAgrees(t);
    return `k=${k}, reserves=${t.reserves}`;
  }

  rightRound(due) {
    const { round, dueAt } = this.commitment.beacon;
    if (this.practice) return dueAt === due;
    return round === Math.max(0, Math.ceil((due - QUICKNET.genesis * 1000) / (QUICKNET.period * 1000))) + 1;
  }

  contestAgrees(t) {
    const { kind, contest } = this.entry;
    if (kind === "quiz") {
      const { options, prefix } = contest;
      const long = [...prefix].length;
      const ok = options.length ? options.length >= 2 && long === 0 : long >= 1 && long <= 40;
      if (!ok) refuse("A quiz needs 2 to 8 options and no prefix, or a prefix and no options.");
    }
    if (kind === "guess" && contest.least >= contest.most) refuse("The least number of a guess is not below the most.");
    if (kind === "rain") this.wavesFit(t, contest.waves);
  }

  wavesFit(t, waves) {
    if (waves.length < 2) refuse("A rain needs 2 to 20 waves.");
    let free = t.openAt;
    for (const wave of waves) {
      if (wave.openAt < free || wave.openAt >= wave.closeAt) refuse("The waves overlap, or one ends before it begins.");
      free = wave.closeAt;
    }
    if (waves[0].openAt !== t.openAt || free !== t.closeAt) refuse("The waves do not fill the time of entry.");
    if (waves.length !== t.prizes.length) refuse("There is not one class of prizes for each wave.");
  }

  closed() {
    let before = this.proof.commitment.hash, least = 0;
    this.proof.closed.forEach((revision, i) => {
      const record = revision.record;
      checkSigned(revision, this.signer);
      if (record.rev !== i + 1 || record.prev !== before) {
        refuse(`Closed record ${i + 1} does not follow the record before it.`);
      }
      if (record.commitHash !== this.proof.commitment.hash || record.drawId !== this.commitment.drawId) {
        refuse(`Closed record ${i + 1} belongs to another draw.`);
      }
      if (record.entries < least) refuse(`Closed record ${i + 1} has fewer entries than the one before.`);
      const most = this.equal ? record.entries : record.entries * HEAVIEST;
      if (record.weight < record.entries || record.weight > most) {
        refuse(`Closed record ${i + 1} has an impossible weight.`);
      }
      if (record.viewers !== null && record.viewers > sum(record.excluded.values())) {
        refuse(`Closed record ${i + 1} excludes more viewers than comments.`);
      }
      this.answerHolds(record, i + 1);
      before = revision.hash;
      least = record.entries;
    });
    if (this.last.entries < 1) refuse("The list is empty; such a draw is void and has no proof.");
    return `${before} rev ${this.proof.closed.length}, root ${this.last.root}`;
  }

  answerHolds(record, number) {
    if (record.answer === null) return;
    const answers = record.answer.answers.map(utf8);
    const commit = H("answer", unhex(record.answer.salt), ...answers).toString("hex");
    if (commit !== this.entry.contest.answerCommit) {
      refuse(`The answer of closed record ${number} is not the one committed to before.`);
    }
    if (this.entry.kind === "guess") guessedNumber(record.answer.answers);
    // The commitment's hash binds salt and answers, so they are the same in every revision.
  }

  timing() {
    let before = 0;
    for (const { record } of this.proof.closed) {
      if (this.terms && record.closedAt !== this.terms.closeAt) {
        refuse("The draw was not closed at the committed time.");
      }
      if (record.issuedAt < Math.max(record.closedAt, before)) {
        refuse("A closed record was made before the closing, or before the revision ahead of it.");
      }
      if (record.issuedAt >= this.dueMs - MARGIN_MS) {
        refuse("A closed record was made less than 10 s before the beacon: the draw is void.");
      }
      if (record.seen) {
        randomnessOf(record.seen, record.seen.round);
        if (!this.practice && record.seen.round >= this.commitment.beacon.round) {
          refuse("A closed record knows the committed round, or a later one: it was made too late.");
        }
      }
      before = record.issuedAt;
    }
    return `${((this.dueMs - before) / 1000).toFixed(1)} s before the beacon`;
  }

  publishBy() {
    const late = this.terms ? this.proof.closed[0].record.issuedAt - this.terms.publishBy : 0;
    if (late > 0) {
      throw new Note(`the root came ${(late / 1000).toFixed(1)} s after the promised time, still before the deadline`);
    }
    return "";
  }

  beacon() {
    this.randomness = randomnessOf(this.proof.beacon, this.commitment.beacon.round);
    return `round ${this.commitment.beacon.round}, randomness ${this.randomness.toString("hex")}`;
  }

  list() {
    const { entries, weight } = this.last;
    if (!this.proof.leaves && (!this.equal || this.valued || weight !== entries)) {
      refuse("Without the list only a draw with equal weights and without values can be checked; get the full file.");
    }
    if (this.given) this.givenHolds();
    const leaves = this.proof.leaves || (this.given && this.given.leaves);
    if (!leaves) return `${entries} entries of weight 1, by paths`;
    this.leavesHold(leaves);
    return `${entries} entries, weight ${weight}, root recomputed`;
  }

  /** The list file against the proof: same draw, same list, and everybody excluded under the excluded root. */
  givenHolds() {
    if (this.given.drawId !== this.commitment.drawId) refuse("The list file belongs to another draw.");
    if (this.given.leaves.length % this.proof.size) {
      refuse(`The entries of the list file have not ${this.proof.size} bytes each.`);
    }
    if (this.proof.leaves && Buffer.compare(this.proof.leaves, this.given.leaves)) {
      refuse("The list file has other entries than the proof.");
    }
    const perReason = new Map();
    const allowed = this.terms ? this.entry.refusals : OLD_REFUSALS;
    const leaves = this.given.excluded.map(([pseudonym, reason]) => {
      if (!allowed.includes(reason)) refuse("The list file excludes somebody for a reason that the rules do not name.");
      perReason.set(reason, (perReason.get(reason) ?? 0) + 1);
      return Buffer.concat([unhex(pseudonym), lp(utf8(reason))]);
    });
    if (leaves.some((leaf, i) => i > 0 && Buffer.compare(leaves[i - 1], leaf) >= 0)) {
      refuse("The excluded of the list file are not in ascending order, or one stands twice.");
    }
    for (const [reason, number] of perReason) {
      if (number > (this.last.excluded.get(reason) ?? 0)) {
        refuse("The list file excludes more viewers for a reason than comments were counted.");
      }
    }
    if (this.last.viewers !== null && leaves.length !== this.last.viewers) {
      refuse("The list file excludes another number of viewers than the closed record.");
    }
    if (rootOf(leaves.map(leafHash)).toString("hex") !== this.last.excludedRoot) {
      refuse("The excluded of the list file do not give the published root.");
    }
  }

  leavesHold(leaves) {
    const size = this.proof.size, count = leaves.length / size;
    if (count !== this.last.entries) refuse("The list's length is not what the closed record says.");
    const weights = new Uint32Array(count), hashes = new Array(count);
    let total = 0;
    if (this.valued) this.values = new Array(count);
    for (let i = 0; i < count; i += 1) {
      const leaf = leaves.subarray(i * size, (i + 1) * size);
      if (i > 0 && leaves.compare(leaf, 0, 32, (i - 1) * size, (i - 1) * size + 32) >= 0) {
        refuse(`Entries ${i - 1} and ${i} are out of order, or the same entrant twice.`);
      }
      weights[i] = this.weightOf(leaf);
      if (this.valued) this.values[i] = this.valueOf(leaf);
      total += weights[i];
      hashes[i] = leafHash(leaf);
    }
    if (total !== this.last.weight) refuse("The list's weight is not what the closed record says.");
    if (rootOf(hashes).toString("hex") !== this.last.root) refuse("The list does not give the published root.");
    this.weights = weights;
  }

  weightOf(leaf) {
    const weight = leaf.readBigUInt64BE(32);
    if (weight < 1n || weight > BigInt(this.equal ? 1 : HEAVIEST)) {
      refuse("An entry has a weight that the rules do not allow.");
    }
    return Number(weight);
  }

  valueOf(leaf) {
    const value = leaf.readBigUInt64BE(40);
    const { least, most, waves } = this.entry.contest;
    const [low, high] = waves ? [1, 2 ** waves.length - 1] : [least, most];
    if (value < BigInt(low) || value > BigInt(high)) {
      refuse("An entry has a value outside the range that the rules allow.");
    }
    return Number(value);
  }

  seed() {
    const { root, entries, weight } = this.last;
    this.seedBytes = H("seed", unhex(this.proof.commitment.hash), unhex(root), u64(entries), u64(weight),
      u64(this.commitment.beacon.round), this.randomness, Buffer.alloc(0));
    const { seed, randomness } = this.drawnRecord;
    const same = seed === this.seedBytes.toString("hex") && randomness === this.randomness.toString("hex");
    if (!same) refuse("The drawn record has another seed or randomness than the published data give.");
    return seed;
  }

  selection() {
    const stream = new Stream(this.seedBytes);
    const picks = Math.min(this.picks, this.last.entries);
    let chosen;
    if (this.entry.kind === "guess") {
      chosen = selectGuess(stream, this.values, guessedNumber(this.last.answer.answers), picks);
    } else if (this.entry.kind === "rain") {
      chosen = selectRain(stream, this.values, this.terms.prizes, picks);
    } else {
      chosen = selectOrdinary(stream, this.weights ?? ones(this.last.entries), picks);
    }
    const { winners, reserves } = this.drawnRecord, k = this.commitment.k;
    if (!same(winners, chosen.slice(0, k)) || !same(reserves, chosen.slice(k))) {
      refuse("The drawn record names other winners than the seed gives.");
    }
    return chosen.slice(0, 20).join(",") + (chosen.length > 20 ? " …" : "");
  }

  winners() {
    const chosen = [...this.drawnRecord.winners, ...this.drawnRecord.reserves];
    if (!same(this.proof.winners.map((one) => one.position), chosen)) {
      refuse("The winners listed are not those of the drawn record, or not in its order.");
    }
    const root = unhex(this.last.root);
    for (const { leaf, position, path } of this.proof.winners) {
      const made = rootByPath(leaf, position, this.last.entries, path);
      if (made === null || !made.equals(root)) {
        refuse(`The path of leaf ${position} does not lead to the published root.`);
      }
      this.weightOf(leaf);
    }
    return `${chosen.length} paths lead to the root`;
  }

  drawn() {
    const record = this.drawnRecord, { closed, commitment, beacon, drawn } = this.proof;
    checkSigned(drawn, this.signer);
    if (record.prev !== closed[closed.length - 1].hash || record.commitHash !== commitment.hash) {
      refuse("The drawn record does not follow the last closed record.");
    }
    const sameBeacon = record.beacon.round === beacon.round && record.beacon.signature === beacon.signature;
    if (record.drawId !== this.commitment.drawId || !sameBeacon) {
      refuse("The drawn record is of another draw or another beacon.");
    }
    if (this.practice && record.drawnAt < this.dueMs) refuse("The practice draw was made before its due time.");
    return drawn.hash;
  }

  /** What to run for each of `NAMES`. */
  steps() {
    return [this.file, this.real, this.key, this.commitmentHolds, this.expect, this.termsAgree, this.closed,
      this.timing, this.publishBy, this.beacon, this.list, this.seed, this.selection, this.winners, this.drawn];
  }
}

const same = (one, other) => one.length === other.length && one.every((value, i) => value === other[i]);
const sum = (numbers) => [...numbers].reduce((total, number) => total + number, 0);

/** The number that a guess was about, in the smallest unit. Raises Refused unless it stands there as plain digits. */
function guessedNumber(answers) {
  const ok = answers.length === 1 && /^(0|[1-9][0-9]{0,10})$/.test(answers[0]);
  return ok ? Number(answers[0]) : refuse("The answer of a guess must be one number in plain digits.");
}

/** The expected hash as it is compared. Raises Unusable unless 16 to 64 hex digits. */
function expectedHash(text) {
  const wanted = text.trim().toLowerCase();
  if (!/^[0-9a-f]{16,64}$/.test(wanted)) {
    throw new Unusable("The expected hash must be 16 to 64 hex digits, as shown in the room; copy it again.");
  }
  return wanted;
}

/* ---------------------------------------------------------------- report ---- */

const TOO_LARGE = "The file is larger than ten million entries need; fetch it again.";
const PRACTICE_LINE = "PRACTICE 练习：信标值事先已公开，本次仅演示计算过程，不是真实抽奖 / " +
  "the beacon was known beforehand, so this shows arithmetic only";

function readObject(data, most) {
  const bytes = typeof data === "string" ? utf8(data) : data;
  if (bytes.length > most) throw new Unusable(TOO_LARGE);
  let value;
  try {
    value = Reader.read(bytes);
  } catch (error) {
    if (error instanceof RangeError) {
      throw new Unusable("The file holds more than this program can keep; it is no proof.");
    }
    throw error;
  }
  if (!(value instanceof Map)) throw new Unusable("The file holds no JSON object.");
  return value;
}

/** The list file as read. Raises Unusable: the list is the reader's tool, and says nothing against the proof. */
function usableList(data) {
  try {
    return readList(readObject(data, LARGEST_LIST));
  } catch (error) {
    throw error instanceof Refused ? new Unusable(`The list file cannot be used: ${error.message}`) : error;
  }
}

/**
 * Recompute the draw of a proof (bytes or text). `expect`: the hash shown in the room, 16 hex digits or more, or null;
 * `real`: refuse practice draws; `list`: bytes or text of the list file, or null. Gives {ok, practice, commit_hash,
 * closed_hash, winners, reserves, steps: [{name, status, zh, en, detail}]}. Raises Unusable when the proof is no JSON
 * object in canonical form, the list no list file, or `expect` no hash.
 */
function verify(data, { expect = null, real = false, list = null } = {}) {
  if (expect !== null) expectedHash(expect);
  const value = readObject(data, LARGEST_PROOF);
  const given = list === null ? null : usableList(list);
  let check;
  try {
    check = new Check(readProof(value), { expect, real, list: given });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const [name, zh, en] = NAMES[0];
    return report([{ name, status: "failed", zh, en, detail: error.message }], saysPractice(value) || null, null);
  }
  const steps = [];
  let broken = false;
  check.steps().forEach((run, i) => {
    const [name, zh, en] = NAMES[i];
    let status = "ok", detail = "";
    if (broken) status = "skipped";
    else {
      try {
        detail = run.call(check);
      } catch (error) {
        if (!(error instanceof Refused || error instanceof Note)) throw error;
        status = error instanceof Note ? "note" : "failed";
        detail = error.message;
        broken = status === "failed";
      }
    }
    steps.push({ name, status, zh, en, detail });
  });
  return report(steps, check.practice, check);
}

function report(steps, practice, check) {
  const ok = steps.every((step) => step.status === "ok" || step.status === "note");
  return {
    ok, practice,
    commit_hash: check && check.proof.commitment.hash,
    closed_hash: check && check.proof.closed[check.proof.closed.length - 1].hash,
    winners: ok ? check.drawnRecord.winners : [],
    reserves: ok ? check.drawnRecord.reserves : [],
    steps,
  };
}

/** Whether a file that is no whole proof still calls itself practice; then its report must say so too. */
function saysPractice(value) {
  for (const name of ["commitment", "record", "beacon"]) value = value instanceof Map ? value.get(name) : null;
  return value instanceof Map && value.has("mode");
}

function lines(made) {
  const body = made.steps.map(({ status, zh, en, detail }) =>
    `[${status === "skipped" ? "not checked" : status}] ${zh} ${en}${detail ? ": " + detail : ""}`);
  body.push(made.ok
    ? `结果：通过 / result: ok; winners at ${made.winners.join(",")}; reserves at ${made.reserves.join(",") || "-"}`
    : "结果：未通过 / result: FAILED");
  return made.practice ? [PRACTICE_LINE, ...body, PRACTICE_LINE] : body;
}

/* ---------------------------------------------------------------- command ---- */

const USAGE = `usage: node verify.js PROOF... [--expect HASH] [--real] [--list FILE] [--json]

  PROOF          proof files (lfd1-proof)
  --expect HASH  commitment or closed hash shown in the room (16+ hex digits)
  --real         refuse practice draws
  --list FILE    the entry list (lfd1-list): completes a short proof, checks the excluded
  --json         print each report as one line of JSON

exit code: 0 every proof verifies, 1 one does not, 2 the call or a file cannot be used.`;

function parseArguments(given) {
  const made = { files: [], expect: null, real: false, list: null, json: false, help: false };
  for (let i = 0; i < given.length; i += 1) {
    const [, name, joined] = /^(--[a-z]+)(?:=(.*))?$/s.exec(given[i]) ?? [];
    if (name === "--expect" || name === "--list") {
      const value = joined ?? given[(i += 1)];
      if (value === undefined) throw new Unusable(`${name} needs a value after it.`);
      made[name.slice(2)] = value;
    } else if (["--real", "--json", "--help"].includes(given[i])) made[given[i].slice(2)] = true;
    else if (given[i].startsWith("-")) throw new Unusable(`There is no option ${given[i]}.`);
    else made.files.push(given[i]);
  }
  if (!made.help && !made.files.length) throw new Unusable("No proof file was named.");
  if (made.expect !== null) expectedHash(made.expect);
  return made;
}

function readFile(path, most) {
  try {
    if (fs.statSync(path).size > most) throw new Unusable(TOO_LARGE);
    return fs.readFileSync(path);
  } catch (error) {
    if (error instanceof Unusable) throw error;
    throw new Unusable(`The file ${JSON.stringify(path)} cannot be read (${error.code}); check the path.`);
  }
}

const print = (stream) => (line) => stream.write(line + "\n");

/** Run the command line; gives the exit code. */
function main(given, out = print(process.stdout), err = print(process.stderr)) {
  let asked, list;
  try {
    asked = parseArguments(given);
    list = asked.list === null ? null : readFile(asked.list, LARGEST_LIST);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    err(`${error.message}\n${USAGE}`);
    return 2;
  }
  if (asked.help) {
    out(USAGE);
    return 0;
  }
  let code = 0;
  for (const path of asked.files) {
    try {
      const made = verify(readFile(path, LARGEST_PROOF), { expect: asked.expect, real: asked.real, list });
      out(asked.json ? JSON.stringify(made) : [...(asked.files.length > 1 ? [path] : []), ...lines(made)].join("\n"));
      if (!made.ok) code = Math.max(code, 1);
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      err(`${JSON.stringify(path)}: ${error.message}`);
      code = 2;
    }
  }
  return code;
}

module.exports = { verify, lines, main, Unusable };
if (require.main === module) process.exitCode = main(process.argv.slice(2));
