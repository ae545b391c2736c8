/*
 * LFD1 in the browser: recomputes a draw from its proof file, as docs/draws-protocol.md says, and tells each step in
 * Chinese and English. Written from that page alone, so that it can disagree with the software that made the file.
 *
 * A plain script (ES2020, no eval, no network): load vendor/noble-bls12-381.js first, then this; the global is `lfd1`.
 * In Node, require() finds the vendor file by itself. The sections below follow those of the protocol page.
 */
"use strict";

var lfd1 = (() => {
  const QUICKNET = {
    chain: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    key:
      "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451" +
      "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    group: "f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e",
    scheme: "bls-unchained-g1-rfc9380",
    name: "quicknet",
    genesis: 1692803367,
    period: 3,
    domain: "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_",
  };
  const SIGNER_DOMAIN = "CHANGKONG_DRAW_BLS12381G1_XMD:SHA-256_SSWU_RO_V1";
  const PRACTICE_ROUNDS = [1, 2, 123, 255, 256, 1000, 65535, 657413, 16777216, 20791007, 31089008];
  const PRESETS = { quick: [10, 45], large: [30, 180], practice: [5, 15] }; // seconds: root within, beacon after
  const RULE_TEXTS = [
    "entry_conditions", "entry_method", "claim_conditions", "claim_method", "delivery", "forfeiture", "organiser",
    "contact", "minors", "price_basis", "draw_method",
  ];
  const PRIZE_KINDS = ["goods", "service", "cash", "coupon", "points", "virtual"];
  const OLD_REFUSALS = ["early", "late", "other_room", "unknown_viewer", "staff", "duplicate"];
  const ALL_REFUSALS = [
    "early", "late", "other_room", "unknown_viewer", "staff", "blacklisted", "previous_winner", "not_following",
    "fan_level", "account_level", "wrong_answer", "out_of_range", "duplicate",
  ];
  const KINDS = ["keyword", "quiz", "guess", "rain", "purchase"];
  const LARGEST = Number.MAX_SAFE_INTEGER; // 2^53 - 1
  const MOST_ENTRIES = 10000000;
  const MOST_REVISIONS = 1000;
  const MOST_ANSWERS = 20;
  const HEAVIEST = 1000000;
  const LONGEST_TEXT = 4000; // code points; the protocol sets no limit, a reader needs one
  const DEEPEST = 16;
  const DEEPEST_PATH = 24; // 2^24 > 10,000,000 leaves
  const PUBLISH_BEFORE_MS = 10000;
  const TURN_MS = 12; // longest stretch of work before the page may draw and answer
  const SIGNATURE_WORK = 4000; // one pairing costs about as much as this many hashes
  const WIDE = 1n << 256n;

  /** What is wrong with a file: one sentence in each language, and the path of the field. */
  class Refused extends Error {
    constructor(zh, en, where = "") {
      super(en);
      this.name = "Refused";
      this.zh = zh;
      this.en = en;
      this.where = where;
    }
  }

  /** Ends a step as a remark: nothing is wrong, but a reader should know. */
  class Remark extends Refused {}

  const refuse = (zh, en, where) => {
    throw new Refused(zh, en, where);
  };

  function library() {
    if (typeof nobleBls !== "undefined") return nobleBls;
    if (typeof require === "function") return require("./vendor/noble-bls12-381.js");
    throw new Error("nobleBls is not loaded: load vendor/noble-bls12-381.js before browser.js");
  }

  // ---- bytes and hashes ---------------------------------------------------------------------------------------

  const utf8 = (text) => new TextEncoder().encode(text);
  const hash = (bytes) => library().sha256(bytes);
  const mac = (key, bytes) => library().hmac(library().sha256, key, bytes);
  const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

  function toHex(bytes) {
    let text = "";
    for (const byte of bytes) text += PAIRS[byte];
    return text;
  }

  /** `hex` must be lower-case hex of even length; whoever calls has checked. Writes into `into` when given. */
  function fromHex(hex, into = new Uint8Array(hex.length / 2), offset = 0) {
    const digit = (at) => {
      const code = hex.charCodeAt(at);
      return code < 58 ? code - 48 : code - 87;
    };
    for (let i = 0; i < hex.length / 2; i++) into[offset + i] = digit(2 * i) * 16 + digit(2 * i + 1);
    return into;
  }

  function join(...parts) {
    const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }

  function numberBytes(value, size) {
    const bytes = new Uint8Array(size);
    for (let i = size - 1, left = value; i >= 0; i--, left = Math.floor(left / 256)) bytes[i] = left % 256;
    return bytes;
  }

  const u64 = (value) => numberBytes(value, 8);
  const lp = (bytes) => join(numberBytes(bytes.length, 4), bytes);
  const digest = (name, ...fields) => hash(join(lp(utf8("lfd1/" + name)), ...fields.map(lp)));

  /** A number of 8 bytes at `offset`; above 2^53 it is not exact, and larger than every limit here. */
  function readU64(bytes, offset) {
    let value = 0;
    for (let i = 0; i < 8; i++) value = value * 256 + bytes[offset + i];
    return value;
  }

  // ---- 1. canonical JSON, read strictly -----------------------------------------------------------------------

  const notJson = (at) =>
    refuse(`第 ${at + 1} 个字符处不是合法的 JSON`, `the text is not JSON at character ${at + 1}`, `@${at}`);

  class Reader {
    constructor(text) {
      this.text = text;
      this.at = 0;
    }

    whole() {
      const value = this.value(0);
      this.blank();
      if (this.at !== this.text.length) notJson(this.at);
      return value;
    }

    blank() {
      for (;;) {
        const code = this.text.charCodeAt(this.at);
        if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
        this.at++;
      }
    }

    value(depth) {
      this.blank();
      if (depth > DEEPEST) refuse("嵌套层数过多", "the file is nested too deeply", `@${this.at}`);
      const next = this.text[this.at];
      if (next === "{") return this.object(depth);
      if (next === "[") return this.list(depth);
      if (next === '"') return this.string();
      for (const [word, meant] of [["null", null], ["true", true], ["false", false]]) {
        if (this.text.startsWith(word, this.at)) {
          this.at += word.length;
          return meant;
        }
      }
      return this.integer();
    }

    object(depth) {
      const made = Object.create(null); // no inherited names: "__proto__" is a key like any other
      this.at++;
      this.blank();
      if (this.takes("}")) return made;
      do {
        this.blank();
        const start = this.at;
        if (this.text[start] !== '"') notJson(start);
        const key = this.string();
        if (/[^\u0000-\u007f]/.test(key)) refuse("字段名含非 ASCII 字符", "a field name is not ASCII", `@${start}`);
        if (key in made) {
          refuse("同一处出现了两个同名字段", "a field stands twice in one object; one of them is a lie", key.slice(0, 60));
        }
        this.blank();
        if (!this.takes(":")) notJson(this.at);
        made[key] = this.value(depth + 1);
        this.blank();
      } while (this.takes(","));
      if (!this.takes("}")) notJson(this.at);
      return made;
    }

    list(depth) {
      const made = [];
      this.at++;
      this.blank();
      if (this.takes("]")) return made;
      do {
        made.push(this.value(depth + 1));
        this.blank();
      } while (this.takes(","));
      if (!this.takes("]")) notJson(this.at);
      return made;
    }

    takes(sign) {
      if (this.text[this.at] !== sign) return false;
      this.at++;
      return true;
    }

    string() {
      const start = this.at;
      const end = this.text.indexOf('"', start + 1);
      if (end < 0) notJson(start);
      let made = this.text.slice(start + 1, end);
      this.at = end + 1;
      if (/[\\\u0000-\u001f]/.test(made)) {
        this.at = start + 1;
        made = this.escaped();
      }
      if (/[^\u0000-\u007f]/.test(made)) this.unicode(made, start);
      return made;
    }

    escaped() {
      const short = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
      const parts = [];
      for (;;) {
        const sign = this.text[this.at++];
        if (sign === '"') return parts.join("");
        if (sign === undefined || sign < " ") notJson(this.at - 1);
        if (sign !== "\\") {
          parts.push(sign);
          continue;
        }
        const kind = this.text[this.at++];
        const digits = this.text.slice(this.at, this.at + 4);
        if (kind === "u" && /^[0-9a-fA-F]{4}$/.test(digits)) {
          parts.push(String.fromCharCode(parseInt(digits, 16)));
          this.at += 4;
        } else if (kind !== undefined && Object.prototype.hasOwnProperty.call(short, kind)) parts.push(short[kind]);
        else notJson(this.at - 1);
      }
    }

    unicode(text, start) {
      if (/\p{Surrogate}/u.test(text)) {
        refuse("文字里有半个字符", "a text holds half a character (a lone surrogate)", `@${start}`);
      }
      if (text.normalize("NFC") !== text) refuse("文字不是 NFC 形式", "a text is not in Unicode form NFC", `@${start}`);
    }

    integer() {
      const found = /-?(?:0|[1-9][0-9]*)/y;
      found.lastIndex = this.at;
      const match = found.exec(this.text);
      if (match === null) notJson(this.at);
      const [digits] = match;
      const after = this.text[this.at + digits.length];
      if (after === "." || after === "e" || after === "E" || digits === "-0") {
        refuse("数字必须写成整数", "a number is not written as an integer", `@${this.at}`);
      }
      if (digits.length > 17 || !Number.isSafeInteger(Number(digits))) {
        refuse("整数超出 2^53", "an integer is 2^53 or more", `@${this.at}`);
      }
      this.at += digits.length;
      return Number(digits);
    }
  }

  /** Read JSON by meaning. Takes text or bytes, a byte order mark too; objects come without a prototype. */
  function readJson(input) {
    let text = input;
    if (typeof input !== "string") {
      try {
        text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input);
      } catch (error) {
        refuse("文件不是 UTF-8 文本", "the file is not UTF-8 text");
      }
    }
    return new Reader(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).whole();
  }

  /** Canonical text of what `readJson` gave (RFC 8785 within the protocol's limits). */
  function canonical(value) {
    if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    const keys = Object.keys(value).sort();
    return "{" + keys.map((key) => JSON.stringify(key) + ":" + canonical(value[key])).join(",") + "}";
  }

  const recordHash = (kind, record) => digest(kind, utf8(canonical(record)));

  // ---- 1. signatures ------------------------------------------------------------------------------------------

  const keys = new Map(); // the few keys of a page are decoded once; decoding one costs as much as a pairing

  /** The point written in `hex`, or null: malformed, at infinity, outside the subgroup, or not the one way to write it. */
  function pointOf(group, hex, size) {
    if (hex.length !== 2 * size) return null;
    try {
      const point = library().bls12_381[group].Point.fromBytes(fromHex(hex));
      point.assertValidity();
      return !point.is0() && point.isTorsionFree() && toHex(point.toBytes(true)) === hex ? point : null;
    } catch (error) {
      return null;
    }
  }

  function keyOf(hex) {
    if (!keys.has(hex)) {
      if (keys.size > 100) keys.clear();
      keys.set(hex, pointOf("G2", hex, 96));
    }
    return keys.get(hex);
  }

  function signatureHolds(hex, message, domain, keyHex) {
    const key = keyOf(keyHex);
    const point = pointOf("G1", hex, 48);
    if (key === null || point === null) return false;
    const short = library().bls12_381.shortSignatures;
    return short.verify(point, short.hash(message, domain), key);
  }

  /** Whether {record, hash, signature} holds: the hash always, the signature by `signer`, null where none is pinned. */
  function checkEnvelope(kind, envelope, signer) {
    try {
      provenEnvelope(kind, envelope, signer, kind);
    } catch (error) {
      return false;
    }
    return true;
  }

  function provenEnvelope(kind, envelope, signer, where) {
    const raw = recordHash(kind, envelope.record);
    if (toHex(raw) !== envelope.hash) {
      refuse("记录内容与旁边写的哈希对不上", "a record does not give the hash written beside it", `${where}.hash`);
    }
    if ((signer === null) !== (envelope.signature === null)) {
      refuse("该有签名的没有，或不该有的有", "a record is signed although no key is pinned, or the other way round", `${where}.signature`);
    }
    if (signer !== null && !signatureHolds(envelope.signature, raw, SIGNER_DOMAIN, signer)) {
      refuse("签名不是规则里写定的那把钥匙签的", "the signature is not by the key that the rules name", `${where}.signature`);
    }
  }

  // ---- reading the file: every field once, none left over -------------------------------------------------------

  class Fields {
    constructor(value, path) {
      if (value === null || typeof value !== "object" || Array.isArray(value)) this.not("", "一个对象", "an object", path);
      this.value = value;
      this.path = path;
      this.left = new Set(Object.keys(value));
    }

    not(name, zh, en, path = this.path) {
      const where = name ? `${path}.${name}` : path;
      refuse(`字段 ${where} 应为${zh}`, `the field ${where} must be ${en}`, where);
    }

    has(name) {
      return this.left.has(name);
    }

    take(name) {
      if (!this.left.delete(name)) {
        refuse(`缺少字段 ${this.path}.${name}`, `the field ${this.path}.${name} is missing`, `${this.path}.${name}`);
      }
      return this.value[name];
    }

    text(name, empty = false) {
      const value = this.take(name);
      const fits = typeof value === "string" && (empty || value !== "");
      if (!fits || (value.length > LONGEST_TEXT && Array.from(value).length > LONGEST_TEXT)) this.not(name, "文字", "a text");
      return value;
    }

    hex(name, size) {
      const value = this.take(name);
      if (!isHex(value, size)) this.not(name, ` ${size} 字节的小写十六进制`, `${size} bytes in lower-case hex`);
      return value;
    }

    integer(name, least = 0, most = LARGEST) {
      const value = this.take(name);
      if (!Number.isInteger(value) || value < least || value > most) {
        this.not(name, ` ${least} 到 ${most} 的整数`, `an integer from ${least} to ${most}`);
      }
      return value;
    }

    flag(name) {
      const value = this.take(name);
      if (typeof value !== "boolean") this.not(name, " true 或 false", "true or false");
      return value;
    }

    constant(name, wanted) {
      if (this.take(name) !== wanted) this.not(name, ` ${JSON.stringify(wanted)}`, JSON.stringify(wanted));
    }

    oneOf(name, words) {
      const value = this.take(name);
      if (!words.includes(value)) this.not(name, `其中之一：${words.join("、")}`, `one of ${words.join(", ")}`);
      return value;
    }

    items(name, least = 0, most = MOST_ENTRIES) {
      const value = this.take(name);
      if (!Array.isArray(value) || value.length < least || value.length > most) {
        this.not(name, ` ${least} 到 ${most} 项的列表`, `a list of ${least} to ${most} values`);
      }
      return value;
    }

    hexes(name, size, most) {
      const values = this.items(name, 0, most);
      const wrong = values.findIndex((value) => !isHex(value, size));
      if (wrong >= 0) this.not(`${name}[${wrong}]`, ` ${size} 字节的小写十六进制`, `${size} bytes in lower-case hex`);
      return values;
    }

    sub(name) {
      return new Fields(this.take(name), `${this.path}.${name}`);
    }

    done() {
      if (this.left.size === 0) return;
      const [name] = this.left;
      const shown = JSON.stringify(name).slice(0, 60);
      refuse(`${this.path} 有不认识的字段 ${shown}`, `${this.path} has a field nobody knows: ${shown}`, this.path);
    }
  }

  const isHex = (value, size) => typeof value === "string" && value.length === 2 * size && !/[^0-9a-f]/.test(value);

  function readBeacon(fields) {
    fields.integer("round", 1);
    fields.hex("signature", 48);
    fields.done();
  }

  function readEnvelope(value, path, readRecord) {
    const fields = new Fields(value, path);
    readRecord(fields.sub("record"));
    fields.hex("hash", 32);
    if (fields.value.signature === null) fields.take("signature");
    else fields.hex("signature", 48);
    fields.done();
    return value;
  }

  // ---- 2. commitment --------------------------------------------------------------------------------------------

  function readCommitment(fields) {
    fields.constant("v", 1);
    fields.text("draw_id");
    fields.text("title");
    fields.integer("k", 1, MOST_ENTRIES);
    fields.hex("prev", 32);
    fields.hex("salt_commit", 32);
    const beacon = fields.sub("beacon");
    beacon.text("chain_hash");
    beacon.text("scheme");
    beacon.integer("round", 1);
    if (beacon.has("mode")) {
      beacon.constant("mode", "practice");
      beacon.integer("due_at", 1);
    }
    beacon.done();
    if (fields.has("signer")) readTerms(fields);
    fields.done();
  }

  function readTerms(fields) {
    for (const name of ["platform", "room", "weight_rule", "preset", "software"]) fields.text(name);
    for (const name of ["announced_at", "open_at", "close_at", "publish_by", "claim_by"]) fields.integer(name);
    fields.integer("sequence", 1);
    fields.integer("reserves", 0, MOST_ENTRIES);
    fields.hex("staff_hash", 32);
    fields.hex("signer", 96);
    fields.items("prizes", 0, 10000).forEach((prize, index) => {
      const one = new Fields(prize, `${fields.path}.prizes[${index}]`);
      one.text("rank");
      one.text("name");
      one.integer("quantity", 1);
      one.integer("value_fen", 1);
      one.oneOf("kind", PRIZE_KINDS);
      one.text("use_rules", true);
      one.done();
    });
    const rules = fields.sub("rules");
    for (const name of RULE_TEXTS) rules.text(name);
    rules.done();
    readEntry(fields.sub("entry"));
  }

  function readEntry(fields) {
    fields.constant("per_account", 1);
    const refusals = fields.items("refusals", 0, ALL_REFUSALS.length);
    let wanted = OLD_REFUSALS;
    if (fields.has("kind")) {
      const kind = fields.oneOf("kind", KINDS);
      if (kind === "keyword") fields.text("keyword");
      else fields.constant("keyword", null);
      const conditions = fields.sub("conditions");
      const needs = { follow: conditions.flag("follow"), fan: conditions.integer("fan_level"), level: conditions.integer("account_level") };
      conditions.done();
      fields.hex("previous_hash", 32);
      fields.hex("blacklist_hash", 32);
      readContest(fields, kind);
      wanted = refusalsOf(kind, needs);
    } else fields.text("keyword");
    if (refusals.join() !== wanted.join()) fields.not("refusals", `：${wanted.join("、")}`, wanted.join(", "));
    fields.done();
  }

  function refusalsOf(kind, needs) {
    const missing = {
      not_following: !needs.follow,
      fan_level: needs.fan === 0,
      account_level: needs.level === 0,
      wrong_answer: kind !== "quiz",
      out_of_range: kind !== "guess",
    };
    return ALL_REFUSALS.filter((code) => !missing[code]);
  }

  function readContest(fields, kind) {
    if (kind === "keyword") return fields.constant("contest", null);
    const contest = fields.sub("contest");
    if (kind === "purchase") contest.text("product");
    if (kind === "rain") readWaves(contest);
    if (kind === "quiz" || kind === "guess") {
      contest.text("question");
      contest.text("prefix", true);
      contest.hex("answer_commit", 32);
    }
    if (kind === "quiz") {
      contest.items("options", 0, 8).forEach((option, index) => {
        if (typeof option !== "string" || option === "") contest.not(`options[${index}]`, "文字", "a text");
      });
    }
    if (kind === "guess") {
      contest.integer("decimals", 0, 2);
      contest.integer("least");
      contest.integer("most");
    }
    return contest.done();
  }

  function readWaves(contest) {
    contest.items("waves", 0, 20).forEach((wave, index) => {
      const one = new Fields(wave, `${contest.path}.waves[${index}]`);
      one.text("keyword");
      one.integer("open_at");
      one.integer("close_at");
      one.done();
    });
  }

  /** What a commitment means for the rest of the checks, in one place. */
  function meaningOf(record) {
    const full = "signer" in record;
    const entry = full ? record.entry : null;
    const kind = entry !== null && "kind" in entry ? entry.kind : null; // null: bare, or drawn up before 0.5
    const practice = "mode" in record.beacon;
    const valued = kind === "guess" || kind === "rain";
    return {
      full, kind, practice, valued,
      contest: kind === null ? null : entry.contest,
      refusals: full ? entry.refusals : ALL_REFUSALS,
      signer: full ? record.signer : null,
      equal: full && record.weight_rule === "equal",
      picks: record.k + (full ? record.reserves : 0),
      leafSize: valued ? 48 : 40,
      answered: kind === "quiz" || kind === "guess",
      dueMs: practice ? record.beacon.due_at : roundMs(record.beacon.round),
    };
  }

  const roundMs = (round) => (QUICKNET.genesis + (round - 1) * QUICKNET.period) * 1000;

  function firstRoundFrom(ms) {
    const since = ms - QUICKNET.genesis * 1000;
    const step = QUICKNET.period * 1000;
    return since <= 0 ? 1 : Math.floor(since / step) + (since % step ? 1 : 0) + 1;
  }

  function practiceRound(drawId) {
    return PRACTICE_ROUNDS[Number(BigInt("0x" + toHex(digest("practice-round", utf8(drawId)))) % 11n)];
  }

  function checkTerms(record, meaning) {
    const { beacon } = record;
    const at = "commitment.record";
    if (beacon.chain_hash !== QUICKNET.chain || beacon.scheme !== QUICKNET.scheme) {
      refuse("规则写的不是 drand quicknet 公共随机数", "the rules name another beacon than drand quicknet", `${at}.beacon`);
    }
    if (meaning.practice && beacon.round !== practiceRound(record.draw_id)) {
      refuse("练习轮次不是按编号算出的那一轮", "the practice round is not the one that the draw's number gives", `${at}.beacon.round`);
    }
    if (meaning.full) {
      checkTimes(record, meaning, at);
      checkContest(record, meaning, `${at}.entry.contest`);
    }
  }

  function checkTimes(record, meaning, at) {
    if (!Object.prototype.hasOwnProperty.call(PRESETS, record.preset) || (record.preset === "practice") !== meaning.practice) {
      refuse("时间方案不认识，或与随机数的种类不符", "the timing preset is unknown, or does not go with the beacon", `${at}.preset`);
    }
    if (record.prizes.reduce((sum, prize) => sum + prize.quantity, 0) !== record.k) {
      refuse("中奖人数与奖品数量不符", "the number of winners is not the number of prizes", `${at}.k`);
    }
    const { announced_at: announced, open_at: open, close_at: close, claim_by: claim } = record;
    if (!(announced <= open && open < close && close < claim)) {
      refuse("公布、开始、截止、兑奖的时间顺序不对", "the times are out of order: announced, open, close, claim", `${at}.close_at`);
    }
    const [rootWithin, beaconAfter] = PRESETS[record.preset];
    if (record.publish_by !== close + rootWithin * 1000) {
      refuse("公布名单的时限不是方案规定的", "the time for the list is not the preset's", `${at}.publish_by`);
    }
    const due = close + beaconAfter * 1000;
    if (meaning.practice ? record.beacon.due_at !== due : record.beacon.round !== firstRoundFrom(due)) {
      refuse("随机数轮次不是截止时间所决定的那一轮", "the beacon round is not the one that the closing time gives", `${at}.beacon`);
    }
  }

  function checkContest(record, meaning, at) {
    const { contest } = meaning;
    if (meaning.kind === "quiz") {
      const { options, prefix } = contest;
      const fits = options.length === 0 ? prefix !== "" : options.length >= 2 && prefix === "";
      if (!fits) refuse("答题的选项或前缀不合规则", "the quiz needs 2 to 8 options, or a prefix", at);
    }
    if (meaning.kind === "guess" && contest.least >= contest.most) {
      refuse("竞猜的数字范围不对", "the range of the guess is empty", `${at}.least`);
    }
    if (meaning.kind !== "rain") return;
    const { waves } = contest;
    if (waves.length < 2) refuse("红包雨至少两轮", "a rain has at least two waves", `${at}.waves`);
    let free = record.open_at;
    for (const wave of waves) {
      if (wave.open_at < free || wave.open_at >= wave.close_at) refuse("红包雨各轮的时间不对", "the waves overlap or are empty", `${at}.waves`);
      free = wave.close_at;
    }
    if (waves[0].open_at !== record.open_at || free !== record.close_at) {
      refuse("红包雨各轮与活动起止时间不符", "the waves do not run from the opening to the closing", `${at}.waves`);
    }
    if (record.prizes.length !== waves.length) {
      refuse("红包雨每轮应有一档奖品", "a rain needs one prize class for each wave", `${at}.waves`);
    }
  }

  // ---- 3. the list ----------------------------------------------------------------------------------------------

  const leafHash = (bytes) => hash(join(Uint8Array.of(0), bytes));
  const nodeHash = (left, right) => hash(join(Uint8Array.of(1), left, right));

  /** Root (32 bytes) of the RFC 6962 tree over `leaves` (hex each); gives way to the page as it goes. */
  async function rootOf(leaves, work) {
    if (leaves.length === 0) return hash(new Uint8Array(0));
    let level = new Uint8Array(32 * leaves.length);
    for (let i = 0; i < leaves.length; i++) {
      const data = new Uint8Array(1 + leaves[i].length / 2);
      level.set(hash(fromHex(leaves[i], data, 1)), 32 * i);
      if (work.did(1)) await work.turn();
    }
    const pair = new Uint8Array(65);
    pair[0] = 1;
    for (let count = leaves.length; count > 1; count = Math.ceil(count / 2)) {
      const above = new Uint8Array(32 * Math.ceil(count / 2));
      for (let i = 0; i + 1 < count; i += 2) {
        pair.set(level.subarray(32 * i, 32 * i + 64), 1);
        above.set(hash(pair), 16 * i);
        if (work.did(1)) await work.turn();
      }
      if (count % 2) above.set(level.subarray(32 * (count - 1), 32 * count), 16 * (count - 1));
      level = above;
    }
    return level;
  }

  /** The root that `path` (hex) gives for a leaf (hex) at `position` of `size`, or null when the path cannot belong there. */
  function rootByPath(leaf, position, size, path) {
    if (!Number.isSafeInteger(position) || position < 0 || position >= size) return null;
    let value = leafHash(fromHex(leaf));
    let used = 0;
    for (let at = position, last = size - 1; last > 0; at = Math.floor(at / 2), last = Math.floor(last / 2)) {
      if (at === last && at % 2 === 0) continue; // a lone last node moves up as it is
      if (used >= path.length) return null;
      const sibling = fromHex(path[used++]);
      value = at % 2 ? nodeHash(sibling, value) : nodeHash(value, sibling);
    }
    return used === path.length ? toHex(value) : null;
  }

  const areHex = (values, size) => Array.isArray(values) && values.every((value) => isHex(value, size));
  const isLeaf = (leaf) => typeof leaf === "string" && leaf.length >= 64 && isHex(leaf, leaf.length / 2);

  /** Whether a leaf stands at its position in the tree with this root. */
  function checkPath(leaf, position, size, path, root) {
    return isLeaf(leaf) && areHex(path, 32) && rootByPath(leaf, position, size, path) === root;
  }

  /** Whether the (at most two) neighbours prove that a pseudonym is not in a list of `size` leaves with this root. */
  function checkAbsence(pseudonymHex, neighbours, size, root) {
    if (!isHex(pseudonymHex, 32) || !Array.isArray(neighbours)) return false;
    if (size === 0) return neighbours.length === 0 && root === toHex(hash(new Uint8Array(0)));
    const sorted = neighbours.slice().sort((a, b) => a.position - b.position);
    if (!sorted.every((one) => checkPath(one.leaf, one.position, size, one.path, root))) return false;
    const name = (one) => one.leaf.slice(0, 64);
    if (sorted.length === 1) {
      const [only] = sorted;
      return (only.position === 0 && pseudonymHex < name(only)) || (only.position === size - 1 && name(only) < pseudonymHex);
    }
    if (sorted.length !== 2 || sorted[0].position + 1 !== sorted[1].position) return false;
    return name(sorted[0]) < pseudonymHex && pseudonymHex < name(sorted[1]);
  }

  const excludedLeaf = (pseudonymHex, reason) => pseudonymHex + toHex(lp(utf8(reason)));

  /** Weights and values of the leaves; refuses a list that is not strictly ascending or holds what the rules rule out. */
  async function readLeaves(leaves, meaning, work) {
    const weights = new Float64Array(leaves.length);
    const values = meaning.valued ? new Float64Array(leaves.length) : null;
    let before = "";
    for (let i = 0; i < leaves.length; i++) {
      const name = leaves[i].slice(0, 64);
      if (name <= before && i > 0) refuse("名单没有按顺序排，或有人重复", "the list is out of order, or names an entrant twice", `leaves[${i}]`);
      before = name;
      const numbers = fromHex(leaves[i].slice(64));
      weights[i] = readU64(numbers, 0);
      if (weights[i] < 1 || weights[i] > (meaning.equal || meaning.valued ? 1 : HEAVIEST)) {
        refuse("名单里有人的权重不合规则", "an entry has a weight that the rules do not allow", `leaves[${i}]`);
      }
      if (values !== null) values[i] = checkedValue(readU64(numbers, 8), meaning, `leaves[${i}]`);
      if (work.did(1)) await work.turn();
    }
    return { weights, values };
  }

  function checkedValue(value, meaning, where) {
    const { contest } = meaning;
    const least = meaning.kind === "guess" ? contest.least : 1;
    const most = meaning.kind === "guess" ? contest.most : 2 ** contest.waves.length - 1;
    if (value < least || value > most) refuse("名单里有超出范围的数值", "an entry has a value outside the rules", where);
    return value;
  }

  /** The list file: {drawId, leaves: [hex], excluded: [[pseudonym, reason]]}. Throws Refused. */
  function parseList(input, leafSize = 40) {
    const fields = new Fields(readJson(input), "list");
    fields.constant("format", "lfd1-list");
    fields.constant("v", 1);
    const drawId = fields.text("draw_id");
    const joined = fields.take("leaves");
    const width = 2 * leafSize;
    if (typeof joined !== "string" || joined.length % width || joined.length / width > MOST_ENTRIES || /[^0-9a-f]/.test(joined)) {
      fields.not("leaves", `连写的名单（每条 ${leafSize} 字节）`, `all leaves of ${leafSize} bytes in lower-case hex, one after the other`);
    }
    const excluded = fields.items("excluded");
    excluded.forEach((pair, index) => {
      const fits = Array.isArray(pair) && pair.length === 2 && isHex(pair[0], 32) && ALL_REFUSALS.includes(pair[1]);
      if (!fits) fields.not(`excluded[${index}]`, "［代号，原因］", "[pseudonym, reason]");
    });
    fields.done();
    const leaves = [];
    for (let at = 0; at < joined.length; at += width) leaves.push(joined.slice(at, at + width));
    return { drawId, leaves, excluded };
  }

  // ---- 4. closed record -----------------------------------------------------------------------------------------

  function readHead(fields, kind) {
    fields.constant("kind", kind);
    fields.constant("v", 1);
    fields.text("draw_id");
    fields.hex("commit_hash", 32);
    fields.hex("prev", 32);
  }

  function readClosed(fields, meaning) {
    readHead(fields, "closed");
    fields.integer("rev", 1);
    fields.hex("root", 32);
    fields.integer("entries", 0, MOST_ENTRIES);
    fields.integer("weight");
    fields.hex("excluded_root", 32);
    fields.integer("closed_at");
    fields.integer("issued_at");
    const counts = fields.sub("excluded");
    for (const reason of meaning.refusals) if (counts.has(reason)) counts.integer(reason, 1);
    counts.done();
    if (fields.value.latest_beacon === null) fields.take("latest_beacon");
    else readBeacon(fields.sub("latest_beacon"));
    if (meaning.kind !== null) {
      fields.integer("excluded_viewers", 0);
      if (meaning.answered) readAnswer(fields.sub("answer"));
      else fields.constant("answer", null);
    }
    fields.done();
  }

  function readAnswer(fields) {
    fields.hex("salt", 32);
    const answers = fields.items("answers", 1, MOST_ANSWERS);
    answers.forEach((answer, index) => {
      if (typeof answer !== "string" || answer === "") fields.not(`answers[${index}]`, "答案", "an answer");
      if (index && !bytesAscend(answers[index - 1], answer)) fields.not("answers", "按顺序排的答案", "answers in ascending order");
    });
    fields.done();
  }

  function bytesAscend(left, right) {
    const a = utf8(left);
    const b = utf8(right);
    for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] < b[i];
    return a.length < b.length;
  }

  const answerCommit = (answer) => toHex(digest("answer", fromHex(answer.salt), ...answer.answers.map(utf8)));

  // ---- 5. draw --------------------------------------------------------------------------------------------------

  /** Randomness (hex) of a round's value, or null when its signature is not drand's for exactly this round. */
  function verifyBeacon(beacon) {
    const { round, signature } = beacon;
    if (!Number.isSafeInteger(round) || round < 1 || !isHex(signature, 48)) return null;
    if (!signatureHolds(signature, hash(u64(round)), QUICKNET.domain, QUICKNET.key)) return null;
    return toHex(hash(fromHex(signature)));
  }

  function chainHash() {
    const { period, genesis, key, group, name } = QUICKNET;
    return toHex(hash(join(numberBytes(period, 4), u64(genesis), fromHex(key), fromHex(group), utf8(name))));
  }

  /** The one stream of numbers of a draw. */
  class Stream {
    constructor(seed) {
      this.seed = seed;
      this.block = 0;
    }

    below(most) {
      const wide = BigInt(most);
      const limit = WIDE - (WIDE % wide);
      for (;;) {
        const value = BigInt("0x" + toHex(mac(this.seed, join(utf8("lfd1/draw"), u64(this.block++)))));
        if (value < limit) return Number(value % wide);
      }
    }
  }

  /** What is still on the line: a Fenwick tree of the remaining weights, so that one pick costs log n. */
  class Line {
    /** `weights` null: `size` places of weight 1. */
    constructor(size, weights) {
      this.size = size;
      this.weights = weights;
      this.total = weights === null ? size : 0;
      this.sums = weights === null ? new Int32Array(size + 1) : new Float64Array(size + 1);
      for (let node = 1; node <= size; node++) {
        if (weights === null) this.sums[node] = node & -node;
        else {
          this.total += weights[node - 1];
          this.sums[node] += weights[node - 1];
          const parent = node + (node & -node);
          if (parent <= size) this.sums[parent] += this.sums[node];
        }
      }
    }

    /** Take away the place in whose interval `at` falls, counting only what is left; gives its index. */
    take(at) {
      let node = 0;
      let rest = at;
      for (let step = 2 ** Math.floor(Math.log2(this.size)); step >= 1; step /= 2) {
        if (node + step <= this.size && this.sums[node + step] <= rest) {
          node += step;
          rest -= this.sums[node];
        }
      }
      const weight = this.weights === null ? 1 : this.weights[node];
      this.total -= weight;
      for (let up = node + 1; up <= this.size; up += up & -up) this.sums[up] -= weight;
      return node;
    }
  }

  /** Pick `count` of a line into `chosen`; `members` gives the positions that its places stand for, null for themselves. */
  async function pick(stream, line, count, members, chosen, work) {
    for (let i = 0; i < count; i++) {
      const place = line.take(stream.below(line.total));
      chosen.push(members === null ? place : members[place]);
      if (work.did(1)) await work.turn();
    }
  }

  /** Positions of winners and reserves in the order drawn. `list` is null for a short proof (all weigh 1). */
  async function select(seed, entries, record, meaning, list, answer, work) {
    const stream = new Stream(seed);
    const picks = Math.min(meaning.picks, entries);
    const chosen = [];
    if (meaning.kind === "guess") await selectNearest(stream, list.values, Number(answer.answers[0]), picks, chosen, work);
    else if (meaning.kind === "rain") await selectWaves(stream, list.values, record.prizes, picks, chosen, work);
    else await pick(stream, new Line(entries, list === null ? null : list.weights), picks, null, chosen, work);
    return chosen;
  }

  async function selectNearest(stream, values, answer, picks, chosen, work) {
    const away = values.map((value) => Math.abs(value - answer));
    const order = Array.from(values.keys()).sort((a, b) => away[a] - away[b] || a - b);
    for (let from = 0; chosen.length < picks; ) {
      let to = from + 1;
      while (to < order.length && away[order[to]] === away[order[from]]) to++;
      const group = order.slice(from, to);
      await pick(stream, new Line(group.length, null), Math.min(group.length, picks - chosen.length), group, chosen, work);
      from = to;
    }
  }

  async function selectWaves(stream, values, prizes, picks, chosen, work) {
    const taken = new Set();
    const round = async (group, count) => {
      const before = chosen.length;
      await pick(stream, new Line(group.length, null), Math.min(group.length, count), group, chosen, work);
      for (const position of chosen.slice(before)) taken.add(position);
      return count - (chosen.length - before);
    };
    const left = (test) => Array.from(values.keys()).filter((position) => test(values[position]) && !taken.has(position));
    let over = 0;
    for (let wave = 0; wave < prizes.length; wave++) {
      over = await round(left((value) => Math.floor(value / 2 ** wave) % 2 === 1), prizes[wave].quantity + over);
    }
    await round(left(() => true), picks - chosen.length);
  }

  function readDrawn(fields) {
    readHead(fields, "drawn");
    readBeacon(fields.sub("beacon"));
    fields.hex("randomness", 32);
    fields.hex("seed", 32);
    for (const name of ["winners", "reserves"]) {
      fields.items(name).forEach((position, index) => {
        if (!Number.isInteger(position) || position < 0) fields.not(`${name}[${index}]`, "位置", "a position from 0 on");
      });
    }
    fields.integer("drawn_at");
    fields.done();
  }

  // ---- 6. proof file --------------------------------------------------------------------------------------------

  /** A proof, well formed; nothing is recomputed yet. Throws Refused. */
  function parseProof(input) {
    return proofFrom(readJson(input));
  }

  function proofFrom(value) {
    const fields = new Fields(value, "proof");
    fields.constant("format", "lfd1-proof");
    fields.constant("v", 1);
    const kind = fields.oneOf("kind", ["full", "short"]);
    const commitment = readEnvelope(fields.take("commitment"), "commitment", readCommitment);
    const meaning = meaningOf(commitment.record);
    fields.items("closed", 1, MOST_REVISIONS).forEach((closed, index) => {
      readEnvelope(closed, `closed[${index}]`, (record) => readClosed(record, meaning));
    });
    readBeacon(fields.sub("beacon"));
    readEnvelope(fields.take("drawn"), "drawn", readDrawn);
    fields.items("winners").forEach((winner, index) => {
      const one = new Fields(winner, `winners[${index}]`);
      one.constant("place", index + 1);
      one.integer("position", 0, MOST_ENTRIES);
      one.hex("leaf", meaning.leafSize);
      one.hexes("path", 32, DEEPEST_PATH);
      one.done();
    });
    if (kind === "full") fields.hexes("leaves", meaning.leafSize, MOST_ENTRIES);
    else fields.constant("leaves", null);
    fields.done();
    return value;
  }

  const saysPractice = (value) => {
    let at = value;
    for (const name of ["commitment", "record", "beacon"]) at = at !== null && typeof at === "object" ? at[name] : null;
    return at !== null && typeof at === "object" && "mode" in at;
  };

  /** The hash from the room as it is compared; null when none was given. People copy it in groups, or by an IME. */
  function expectedHash(text) {
    if (text === null || text === undefined) return null;
    const wanted = String(text).normalize("NFKC").replace(/[\s\-·]/g, "").toLowerCase();
    if (wanted === "") return null;
    if (!/^[0-9a-f]{16,64}$/.test(wanted)) {
      refuse("直播间的编号应是 16 到 64 位十六进制数字，请重新输入", "the hash from the room must be 16 to 64 hex digits; copy it again", "expect");
    }
    return wanted;
  }

  /* What a viewer reads: name, question, sentence when it holds, beginning of the sentence when it does not. */
  const STEP_TEXTS = [
    ["file", "文件完整吗", "Is the file whole?",
      "文件完整，没有多余也没有缺少的内容", "The file is whole: nothing is missing and nothing was added",
      "文件不合格式", "The file is not a proper proof"],
    ["real", "是真实抽奖吗", "Is it a real draw?",
      "这是真实抽奖，不是练习", "This is a real draw, not a practice one",
      "这不是真实抽奖", "This is not a real draw"],
    ["key", "随机数的公钥对吗", "Is the random number's key the right one?",
      "核对随机数用的公钥就是 drand 公共信标的公钥", "The key that the random number is checked with is drand's public one",
      "公钥不对", "The key is wrong"],
    ["commitment", "规则被改过吗", "Were the rules changed?",
      "规则没有被改过：内容、编号和签名一致", "The rules were not changed: text, hash and signature agree",
      "规则被改过，或不是原来的规则", "The rules were changed, or are not the original ones"],
    ["expect", "和直播间里公布的一样吗", "Is it the draw shown in the room?",
      "与直播间里公布的编号一致，就是那一场抽奖", "It has the hash shown in the room: it is that very draw",
      "与直播间里公布的编号不同", "It does not have the hash shown in the room"],
    ["terms", "规则前后一致吗", "Do the rules agree with themselves?",
      "人数、时间和用哪一轮随机数都是事先定死的，前后一致", "Numbers, times and the round of the random number were all fixed beforehand, and agree",
      "规则自相矛盾", "The rules contradict themselves"],
    ["closed", "名单锁定的记录可信吗", "Does the record of the list hold?",
      "名单锁定的记录一环扣一环，签名有效", "The records of the list follow each other and are signed",
      "名单锁定的记录有问题", "The record of the list does not hold"],
    ["timing", "名单是在随机数公布之前定下的吗", "Was the list fixed before the random number?",
      "名单在随机数公布之前就定下来了", "The list was fixed before the random number was known",
      "名单锁定的时间有问题", "The time at which the list was fixed is wrong"],
    ["publish_by", "名单按时公布了吗", "Was the list published in time?",
      "名单在承诺的时间内公布", "The list was published within the promised time",
      "名单公布得太晚", "The list was published too late"],
    ["beacon", "随机数是真的吗", "Is the random number genuine?",
      "随机数来自 drand 公共信标的约定轮次，谁也不能挑选", "The random number is drand's for the agreed round; nobody could choose it",
      "随机数不是约定的那一轮", "The random number is not that of the agreed round"],
    ["list", "名单完整吗", "Is the list the published one?",
      "逐条重算了整份名单，与锁定时公布的一致", "The whole list was recomputed and is the one that was published",
      "名单与锁定时公布的不一致", "The list is not the one that was published"],
    ["seed", "种子是公开算出来的吗", "Does the seed follow from public data?",
      "抽奖种子由规则、名单和随机数重新算出，结果相同", "The seed was recomputed from rules, list and random number, and is the same",
      "抽奖种子对不上", "The seed does not follow from the public data"],
    ["selection", "重抽一遍结果一样吗", "Does drawing again give the same?",
      "重新抽了一遍，中奖位置完全相同", "The draw was made again and gives the very same winners",
      "重新抽出来的结果不同", "Drawing again gives other winners"],
    ["winners", "中奖者都在名单里吗", "Are the winners in the list?",
      "每位中奖者和候补都确实在锁定的名单里", "Every winner and reserve stands in the list that was fixed",
      "有中奖者不在锁定的名单里", "A winner is not in the list that was fixed"],
    ["drawn", "开奖记录可信吗", "Does the record of the result hold?",
      "开奖记录签名有效，接在名单记录之后", "The record of the result is signed and follows the record of the list",
      "开奖记录有问题", "The record of the result does not hold"],
  ];
  const STEPS = STEP_TEXTS.map(([name, titleZh, titleEn]) => Object.freeze({ name, titleZh, titleEn }));

  /** The steps over one file. Each gives the figures to show, or throws Refused or Remark. */
  class Check {
    constructor(input, options, work) {
      this.input = input;
      this.options = options;
      this.work = work;
      this.practice = null;
    }

    file() {
      const value = readJson(this.input);
      this.practice = saysPractice(value) ? true : null;
      this.proof = proofFrom(value);
      this.commitment = this.proof.commitment.record;
      this.meaning = meaningOf(this.commitment);
      this.practice = this.meaning.practice;
      this.closed = this.proof.closed[this.proof.closed.length - 1].record;
      this.list = null;
      this.expectWork();
      return `${this.proof.kind}, n=${this.closed.entries}`;
    }

    listGiven() {
      return this.options.list !== undefined && this.options.list !== null;
    }

    /** How much there is to do, for the bar; hashes count one. */
    expectWork() {
      const { proof } = this;
      const seen = proof.closed.filter((one) => one.record.latest_beacon !== null).length;
      const signed = this.meaning.full ? proof.closed.length + 2 : 0;
      const paths = proof.winners.reduce((sum, winner) => sum + winner.path.length + 2, 0);
      const leaves = proof.leaves === null ? (this.listGiven() ? this.closed.entries : 0) : proof.leaves.length;
      this.work.total = 3 * leaves + paths + SIGNATURE_WORK * (1 + seen + signed);
    }

    real() {
      if (!this.meaning.practice) return `round ${this.commitment.beacon.round}`;
      const zh = "练习抽奖（PRACTICE）：随机数事先就公开了，只演示算法，不能证明公平";
      const en = "PRACTICE: the random number was known beforehand; this shows the arithmetic only, not fairness";
      if (this.options.real) throw new Refused(zh, en, "commitment.record.beacon.mode");
      throw new Remark(zh, en);
    }

    key() {
      if (chainHash() !== QUICKNET.chain) refuse("公钥与链的编号对不上", "the key does not give the hash of the chain");
      return QUICKNET.chain;
    }

    async envelope(kind, envelope, where) {
      provenEnvelope(kind, envelope, this.meaning.signer, where);
      if (this.meaning.full && this.work.did(SIGNATURE_WORK)) await this.work.turn();
    }

    async beaconValue(beacon, where) {
      const randomness = verifyBeacon(beacon);
      if (this.work.did(SIGNATURE_WORK)) await this.work.turn();
      if (randomness === null) refuse("drand 的签名无效", "the signature is not drand's for this round", where);
      return randomness;
    }

    async commitmentHolds() {
      await this.envelope("commit", this.proof.commitment, "commitment");
      return this.proof.commitment.hash;
    }

    expect() {
      const wanted = expectedHash(this.options.expect);
      if (wanted === null) {
        throw new Remark(
          "没有填直播间里看到的编号：只能说明文件本身前后一致，不能说明它就是当时公布的那一场",
          "No hash from the room was given: the file agrees with itself, but nothing shows that it is the draw announced there",
        );
      }
      const same = this.proof.closed.find((one) => one.hash.startsWith(wanted));
      if (same !== undefined) return same.hash;
      if (!this.proof.commitment.hash.startsWith(wanted)) {
        refuse("这是另一场抽奖，或规则、名单被换过", "this is another draw, or its rules or list were replaced", "expect");
      }
      // Once the value is out, whoever holds the key can sign list after list until one pleases.
      throw new Remark(
        "规则就是直播间公布的那一份；名单还没有核对，请再填截止后、开奖前画面上的名单编号",
        "The rules are those shown in the room; the list was not compared: enter its hash too, shown after the closing and before the draw",
      );
    }

    terms() {
      checkTerms(this.commitment, this.meaning);
      const { k } = this.commitment;
      if (!this.meaning.full) {
        throw new Remark("这份承诺没有附规则全文", "This commitment comes without a rule sheet");
      }
      return `k=${k}, reserves=${this.meaning.picks - k}`;
    }

    async closedHolds() {
      const { commitment } = this.proof;
      let before = commitment.hash;
      let least = 0;
      for (const [index, revision] of this.proof.closed.entries()) {
        const { record } = revision;
        const at = `closed[${index}].record`;
        await this.envelope("closed", revision, `closed[${index}]`);
        if (record.rev !== index + 1 || record.prev !== before) {
          refuse("没有接在前一份记录之后", "it does not follow the record before it", `${at}.prev`);
        }
        if (record.commit_hash !== commitment.hash || record.draw_id !== this.commitment.draw_id) {
          refuse("它属于另一场抽奖", "it belongs to another draw", `${at}.commit_hash`);
        }
        this.counts(record, least, at);
        if (this.meaning.answered) this.answer(record.answer, at);
        before = revision.hash;
        least = record.entries;
      }
      if (this.closed.entries < 1) refuse("名单是空的，这样的抽奖应作废", "the list is empty; such a draw is void", "closed");
      return `rev ${this.closed.rev}, root ${this.closed.root}, n=${this.closed.entries}`;
    }

    counts(record, least, at) {
      const { entries, weight } = record;
      if (entries < least) refuse("后一份名单的人数反而变少", "a later list has fewer entries than the one before", `${at}.entries`);
      const most = this.meaning.equal || this.meaning.valued ? entries : entries * HEAVIEST;
      if (weight < entries || weight > most) refuse("总权重与人数不符", "the sum of the weights cannot be", `${at}.weight`);
      const comments = Object.values(record.excluded).reduce((sum, count) => sum + count, 0);
      if (this.meaning.kind !== null && record.excluded_viewers > comments) {
        refuse("被拒的人比被拒的评论还多", "more viewers are excluded than comments were", `${at}.excluded_viewers`);
      }
    }

    /** That all revisions open the same answer follows: the hash binds the salt as well. */
    answer(answer, at) {
      if (this.meaning.kind === "guess" && (answer.answers.length !== 1 || !/^(?:0|[1-9][0-9]{0,10})$/.test(answer.answers[0]))) {
        refuse("竞猜的答案应是一个数字", "the answer to a guess must be one number in digits", `${at}.answer`);
      }
      if (answerCommit(answer) !== this.meaning.contest.answer_commit) {
        refuse("公布的答案不是开始前封存的答案", "the answer is not the one that was sealed before the start", `${at}.answer`);
      }
    }

    async timing() {
      const { dueMs, full, practice } = this.meaning;
      let last = 0;
      for (const [index, { record }] of this.proof.closed.entries()) {
        const at = `closed[${index}].record`;
        if (full && record.closed_at !== this.commitment.close_at) {
          refuse("没有在约定的时间截止", "the draw was not closed at the agreed time", `${at}.closed_at`);
        }
        if (record.issued_at < record.closed_at || record.issued_at < last) {
          refuse("记录早于截止时间，或早于前一份", "a record was made before the closing, or before the one ahead of it", `${at}.issued_at`);
        }
        if (record.issued_at >= dueMs - PUBLISH_BEFORE_MS) {
          refuse("名单没有在随机数公布前 10 秒锁定，抽奖应作废", "the list was fixed less than 10 s before the random number: the draw is void", `${at}.issued_at`);
        }
        const seen = record.latest_beacon;
        if (seen !== null) {
          await this.beaconValue(seen, `${at}.latest_beacon`);
          if (!practice && seen.round >= this.commitment.beacon.round) {
            refuse("锁定名单时已经知道了随机数", "the random number was known when the list was fixed", `${at}.latest_beacon.round`);
          }
        }
        last = record.issued_at;
      }
      return `${((dueMs - last) / 1000).toFixed(1)} s`;
    }

    publishBy() {
      if (!this.meaning.full) return "";
      const lateMs = this.proof.closed[0].record.issued_at - this.commitment.publish_by;
      if (lateMs <= 0) return `${(-lateMs / 1000).toFixed(1)} s`;
      const late = (lateMs / 1000).toFixed(1);
      throw new Remark(
        `名单比承诺的时间晚了 ${late} 秒公布，但仍早于随机数`,
        `The list came ${late} s after the promised time, still before the random number`,
      );
    }

    async beacon() {
      const { round } = this.commitment.beacon;
      if (this.proof.beacon.round !== round) refuse(`约定的是第 ${round} 轮`, `the agreed round is ${round}`, "beacon.round");
      this.randomness = await this.beaconValue(this.proof.beacon, "beacon.signature");
      return `round ${round}, ${this.randomness}`;
    }

    async listHolds() {
      const { proof, closed, meaning } = this;
      const given = this.listGiven() ? parseList(this.options.list, meaning.leafSize) : null;
      if (proof.leaves === null && (!meaning.equal || meaning.valued || closed.weight !== closed.entries)) {
        refuse("这种抽奖必须附整份名单才能验证", "such a draw can only be checked with the whole list in the file", "proof.leaves");
      }
      if (given !== null) await this.listFile(given);
      const leaves = proof.leaves === null ? (given === null ? null : given.leaves) : proof.leaves;
      if (leaves === null) {
        return {
          zh: "文件没有附整份名单：人人机会相同，凭总人数和中奖者的证明就能验",
          en: "The file comes without the list: all chances are equal, so the number of entries and the winners' paths suffice",
          detail: `n=${closed.entries}`,
        };
      }
      if (leaves.length !== closed.entries) refuse("名单人数不符", "the list has another length", "leaves");
      this.list = await readLeaves(leaves, meaning, this.work);
      if (this.list.weights.reduce((sum, weight) => sum + weight, 0) !== closed.weight) {
        refuse("名单的总权重不符", "the weights of the list have another sum", "leaves");
      }
      if (toHex(await rootOf(leaves, this.work)) !== closed.root) {
        refuse("由名单算出的根与公布的不同", "the list does not give the published root", "leaves");
      }
      return `n=${closed.entries}, root ${closed.root}`;
    }

    async listFile(given) {
      const { proof, closed, meaning } = this;
      if (given.drawId !== this.commitment.draw_id) refuse("名单文件属于另一场抽奖", "the list file is of another draw", "list.draw_id");
      const same = proof.leaves === null || (proof.leaves.length === given.leaves.length && proof.leaves.every((leaf, i) => leaf === given.leaves[i]));
      if (!same) refuse("名单文件与验证文件里的名单不同", "the list file is not the list of the proof", "list.leaves");
      const leaves = given.excluded.map(([who, reason]) => excludedLeaf(who, reason));
      const named = {};
      for (const [index, [, reason]] of given.excluded.entries()) {
        const at = `list.excluded[${index}]`;
        if (index > 0 && leaves[index] <= leaves[index - 1]) refuse("被拒名单没有按顺序排，或有重复", "the excluded are out of order, or stand twice", at);
        named[reason] = (named[reason] || 0) + 1;
        if (named[reason] > (closed.excluded[reason] || 0)) {
          refuse("被拒名单的人比公布的被拒条数还多", "more viewers are named for a reason than comments were refused", at);
        }
      }
      if (meaning.kind !== null && leaves.length !== closed.excluded_viewers) {
        refuse("被拒名单的人数与公布的不同", "the number of the excluded is not the published one", "list.excluded");
      }
      if (toHex(await rootOf(leaves, this.work)) !== closed.excluded_root) {
        refuse("由被拒名单算出的根与公布的不同", "the excluded do not give the published root", "list.excluded");
      }
    }

    seed() {
      const { closed, randomness } = this;
      this.seedBytes = digest(
        "seed", fromHex(this.proof.commitment.hash), fromHex(closed.root), u64(closed.entries), u64(closed.weight),
        u64(this.commitment.beacon.round), fromHex(randomness), new Uint8Array(0),
      );
      const drawn = this.proof.drawn.record;
      if (drawn.randomness !== randomness) refuse("开奖记录写的随机数不同", "the drawn record has another random number", "drawn.record.randomness");
      if (drawn.seed !== toHex(this.seedBytes)) refuse("开奖记录写的种子不同", "the drawn record has another seed", "drawn.record.seed");
      return drawn.seed;
    }

    async selection() {
      const drawn = this.proof.drawn.record;
      const { closed, meaning } = this;
      // Counted first: a hostile file of a few lines must not keep a phone busy with ten million picks.
      if (drawn.winners.length + drawn.reserves.length !== Math.min(meaning.picks, closed.entries)) {
        refuse("中奖和候补的人数不对", "the number of winners and reserves is wrong", "drawn.record.winners");
      }
      this.chosen = await select(this.seedBytes, closed.entries, this.commitment, meaning, this.list, closed.answer, this.work);
      const { k } = this.commitment;
      const same = (left, right) => left.length === right.length && left.every((position, i) => position === right[i]);
      if (!same(drawn.winners, this.chosen.slice(0, k))) refuse("中奖位置不同", "the winners are others", "drawn.record.winners");
      if (!same(drawn.reserves, this.chosen.slice(k))) refuse("候补位置不同", "the reserves are others", "drawn.record.reserves");
      return this.chosen.slice(0, 20).join(", ") + (this.chosen.length > 20 ? " …" : "");
    }

    async winners() {
      const { winners } = this.proof;
      if (winners.length !== this.chosen.length) refuse("列出的人数不对", "the file lists another number of winners", "winners");
      for (const [index, shown] of winners.entries()) {
        const at = `winners[${index}]`;
        if (shown.position !== this.chosen[index]) refuse("列出的位置与开奖结果不同", "a listed position is not the one drawn", `${at}.position`);
        if (rootByPath(shown.leaf, shown.position, this.closed.entries, shown.path) !== this.closed.root) {
          refuse("证明通不到公布的根", "its path does not lead to the published root", `${at}.path`);
        }
        if (this.list === null && readU64(fromHex(shown.leaf), 32) !== 1) {
          refuse("中奖者的权重不是 1", "a winner weighs more than the rules allow", `${at}.leaf`);
        }
        if (this.work.did(shown.path.length + 1)) await this.work.turn();
      }
      return `${winners.length}`;
    }

    async drawn() {
      const { drawn, commitment, closed, beacon } = this.proof;
      const { record } = drawn;
      await this.envelope("drawn", drawn, "drawn");
      if (record.prev !== closed[closed.length - 1].hash) refuse("没有接在最后一份名单记录之后", "it does not follow the last record of the list", "drawn.record.prev");
      if (record.commit_hash !== commitment.hash || record.draw_id !== this.commitment.draw_id) {
        refuse("它属于另一场抽奖", "it belongs to another draw", "drawn.record.commit_hash");
      }
      if (canonical(record.beacon) !== canonical(beacon)) refuse("记录里的随机数不同", "it names another random number", "drawn.record.beacon");
      if (this.meaning.practice && record.drawn_at < this.meaning.dueMs) {
        refuse("练习抽奖开得太早", "the practice draw was made before its time", "drawn.record.drawn_at");
      }
      return drawn.hash;
    }
  }

  const METHODS = { commitment: "commitmentHolds", closed: "closedHolds", publish_by: "publishBy", list: "listHolds" };

  // ---- running it without freezing the page -----------------------------------------------------------------------

  /** Gives the thread back. A message is not slowed down in the background as timers are; Node has no page to draw. */
  const pause = () =>
    new Promise((resolve) => {
      if (typeof document === "undefined" || typeof MessageChannel === "undefined") return void setTimeout(resolve, 0);
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        resolve();
      };
      channel.port2.postMessage(null);
    });

  class Work {
    constructor(onProgress) {
      this.onProgress = onProgress;
      this.done = 0;
      this.total = 1;
      this.since = Date.now();
      this.asked = 0;
    }

    /** Count work done; true when the page should have its turn. The clock is only looked at now and then. */
    did(units) {
      this.done += units;
      if (++this.asked % 16 && units < 100) return false;
      return Date.now() - this.since >= TURN_MS;
    }

    async turn() {
      if (this.onProgress) this.onProgress(Math.min(this.done, this.total), this.total);
      await pause();
      this.since = Date.now();
    }
  }

  function stepOf(text, status, said) {
    const [name, titleZh, titleEn, okZh, okEn, badZh, badEn] = text;
    const step = { name, status, titleZh, titleEn, zh: "", en: "", detail: "", where: "" };
    if (status === "skipped") {
      step.zh = "前面有一步没通过，这一步没有再查";
      step.en = "Not checked, since an earlier step failed";
    } else if (status === "ok") {
      const more = typeof said === "string" ? { detail: said } : said;
      Object.assign(step, { zh: okZh, en: okEn }, more);
    } else {
      step.zh = status === "note" ? said.zh : `${badZh}：${said.zh}`;
      step.en = status === "note" ? said.en : `${badEn}: ${said.en}`;
      step.where = said.where;
    }
    return step;
  }

  async function runStep(check, text) {
    const [name] = text;
    try {
      return stepOf(text, "ok", await check[METHODS[name] || name]());
    } catch (error) {
      if (error instanceof Remark) return stepOf(text, "note", error);
      if (error instanceof Refused) return stepOf(text, "failed", error);
      // Whatever else goes wrong must not pass for a proof that holds.
      const what = String(error).slice(0, 200);
      return stepOf(text, "failed", { zh: `验证程序出错（${what}）`, en: `the verifier itself failed (${what})`, where: "" });
    }
  }

  /** Recompute the draw of a proof file (text or bytes). See the protocol page for the steps; never throws on a bad file. */
  async function verify(input, options = {}) {
    const work = new Work(options.onProgress);
    const check = new Check(input, options, work);
    const steps = [];
    let broken = false;
    for (const text of STEP_TEXTS) {
      const step = broken ? stepOf(text, "skipped", null) : await runStep(check, text);
      broken = broken || step.status === "failed";
      steps.push(step);
      if (options.onStep) options.onStep(step);
      if (!broken && work.did(0)) await work.turn();
    }
    if (options.onProgress) options.onProgress(work.total, work.total);
    const { proof } = check;
    const drawn = proof && !broken ? proof.drawn.record : { winners: [], reserves: [] };
    return {
      ok: !broken,
      practice: check.practice,
      drawId: proof ? proof.commitment.record.draw_id : null,
      title: proof ? proof.commitment.record.title : null,
      commitHash: proof ? proof.commitment.hash : null,
      closedHash: proof ? proof.closed[proof.closed.length - 1].hash : null,
      winners: drawn.winners.slice(),
      reserves: drawn.reserves.slice(),
      entries: proof ? check.closed.entries : null,
      steps,
    };
  }

  // ---- "was I in it?" ---------------------------------------------------------------------------------------------

  /** Where a pseudonym stands in a parsed proof. `list` (from parseList) is needed for short proofs and for the refused. */
  function find(proof, pseudonymHex, list = null) {
    const leaves = proof.leaves === null ? (list === null ? null : list.leaves) : proof.leaves;
    const shown = proof.winners.find((winner) => winner.leaf.startsWith(pseudonymHex));
    const place = shown === undefined ? null : shown.place;
    const found = { known: leaves !== null, position: shown === undefined ? null : shown.position, place, leaf: shown === undefined ? null : shown.leaf };
    found.winner = place !== null && place <= proof.drawn.record.winners.length;
    found.before = found.after = found.weight = found.value = found.excluded = null;
    if (leaves !== null) {
      let [low, high] = [0, leaves.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (leaves[middle].slice(0, 64) < pseudonymHex) low = middle + 1;
        else high = middle;
      }
      if (low < leaves.length && leaves[low].startsWith(pseudonymHex)) [found.position, found.leaf] = [low, leaves[low]];
      else [found.before, found.after] = [low > 0 ? low - 1 : null, low < leaves.length ? low : null];
    }
    if (found.leaf !== null) {
      const bytes = fromHex(found.leaf);
      found.weight = readU64(bytes, 32);
      if (bytes.length === 48) found.value = readU64(bytes, 40);
    }
    if (list !== null) found.excluded = list.excluded.filter(([who]) => who === pseudonymHex).map(([, reason]) => reason);
    return found;
  }

  /** A viewer's pseudonym, from the entry salt that only this viewer was given. */
  function pseudonym(entrySaltHex, drawId, platform, uid) {
    if (!isHex(entrySaltHex, 32)) refuse("参与凭证应是 64 位十六进制", "an entry salt is 64 hex digits", "entry_salt");
    const part = (text) => lp(utf8(String(text).normalize("NFC")));
    return toHex(mac(fromHex(entrySaltHex), join(lp(utf8("lfd1/pseudonym")), part(drawId), part(platform), part(uid))));
  }

  /** The receipt code that belongs to an entry salt: 60 bits in Crockford's base32. */
  function receipt(entrySaltHex) {
    const bits = BigInt("0x" + toHex(digest("receipt", fromHex(entrySaltHex)).slice(0, 8))) >> 4n;
    let code = "";
    for (let shift = 55n; shift >= 0n; shift -= 5n) code += "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[Number((bits >> shift) & 31n)];
    return `${code.slice(0, 4)}-${code.slice(4, 8)}-${code.slice(8)}`;
  }

  return Object.freeze({
    verify, parseProof, parseList, find, pseudonym, receipt, checkPath, checkAbsence, excludedLeaf, checkEnvelope, verifyBeacon,
    hashHex: (kind, record) => toHex(recordHash(kind, record)),
    readJson, canonical, rootHex: async (leaves) => toHex(await rootOf(leaves, new Work(null))),
    drawEqual: (seedHex, entries, picks) => drawOf(seedHex, new Line(entries, null), Math.min(picks, entries)),
    drawWeighted: (seedHex, weights, picks) => drawOf(seedHex, new Line(weights.length, weights), Math.min(picks, weights.length)),
    STEPS, Refused, QUICKNET: Object.freeze(QUICKNET),
  });

  function drawOf(seedHex, line, picks) {
    const stream = new Stream(fromHex(seedHex));
    return Array.from({ length: picks }, () => line.take(stream.below(line.total)));
  }
})();
if (typeof module === "object" && module.exports) module.exports = lfd1;
