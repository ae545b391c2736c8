// The live room: the comment stream (rows from JSON, near-equal ones folded, never moving under the pointer) and the chart.
"use strict";
(() => {
  const list = document.getElementById("comments");
  const fresh = document.getElementById("fresh");
  const empty = document.getElementById("no-comments");
  const pause = document.getElementById("pause");
  const flagged = document.getElementById("flagged-only");
  if (!list) return;
  const room = encodeURIComponent(document.body.dataset.room);
  const MOST = 200, FOLD_MS = 30000;
  const seen = new Set(), folds = new Map();
  let held = [], heldCount = 0, paused = false;

  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const time = (ms) => new Date(ms).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
  const named = (group, code) => ck.words[`${group}.${code}`] || code;

  // `m` counts code points of the original text, so cut an array of code points, not a string.
  function said(row) {
    const box = make("bdi", "said");
    if (row.x === null) {
      box.append(make("em", "gone", ck.word("js.gone")));
      return box;
    }
    const points = Array.from(row.x);
    const cuts = new Set([0, points.length]);
    const marks = row.m.map(([code, start, end, reading]) => [code, Math.min(start, points.length), Math.min(end, points.length), reading]);
    marks.forEach(([, start, end]) => { cuts.add(start); cuts.add(end); });
    const order = [...cuts].sort((a, b) => a - b);
    for (let i = 0; i + 1 < order.length; i += 1) {
      const text = points.slice(order[i], order[i + 1]).join("");
      const over = marks.filter(([, start, end]) => start <= order[i] && end >= order[i + 1]);
      if (!over.length) { box.append(text); continue; }
      const mark = make("mark", "", text);
      mark.title = over.map(([code, , , reading]) => `${code} ${named("code", code)}${reading ? ` → ${reading}` : ""}`).join(" · ");
      box.append(mark);
    }
    if (row.cut) box.append("…");
    return box;
  }

  function chips(row) {
    const box = make("span", "chips");
    row.c.forEach((code) => box.append(make("span", `code code-${code[0]}`, `${code} ${named("code", code) === code ? "" : named("code", code)}`)));
    if (row.n) box.append(make("span", "chip neg-chip", named("kind", row.n)));
    if (row.i) box.append(make("span", "chip ask-chip", named("intent", row.i)));
    if (row.p >= 2) box.append(make("span", "chip buy-chip", ck.word(`js.buying${row.p}`)));
    if (row.e) box.append(make("span", `chip entry-chip${row.e === "accepted" ? "" : " no"}`, `${ck.word("js.entry")} · ${named("entry", row.e)}`));
    if (row.d) box.append(make("span", "chip neg-chip", ck.word("js.masked")));
    if (row.o === "withheld" && (row.i || row.h === "unsure")) box.append(make("span", "out out-withheld", `${named("outcome", row.o)} · ${named("withheld", row.h)}`));
    else if (row.o && row.o !== "withheld") box.append(make("span", `out out-${row.o}`, named("outcome", row.o)));
    return box;
  }

  function draw(row) {
    const item = make("li", `row edge${row.s}${row.c.length || row.s ? " flagged" : ""}`);
    item.dataset.k = row.k;
    const who = make("span", `who role-${row.r}`);
    if (row.r !== "viewer") who.append(make("span", "chip", ck.word(`js.${row.r}`)));
    who.append(make("bdi", "", row.w || ck.word("js.unknown")));
    item.append(make("time", "", time(row.t)), who, said(row), make("span", "times"), chips(row));
    return item;
  }

  function place(rows) {
    const pieces = document.createDocumentFragment();
    for (const row of rows) {
      if (seen.has(row.k)) continue;
      seen.add(row.k);
      const twin = row.f && folds.get(row.f);
      if (twin && row.t - twin.t < FOLD_MS && twin.item.parentNode && twin.s >= row.s) {
        twin.n += 1;
        twin.t = row.t;
        twin.item.querySelector(".times").textContent = `×${twin.n}`;
        continue;
      }
      const item = draw(row);
      if (row.f) folds.set(row.f, { item, n: 1, t: row.t, s: row.s });
      pieces.append(item);
    }
    list.append(pieces);
    while (list.children.length > MOST) list.firstElementChild.remove();
    if (seen.size > 5000) [...seen].slice(0, 3000).forEach((key) => seen.delete(key));
    if (folds.size > 400) [...folds.keys()].slice(0, 250).forEach((key) => folds.delete(key));
    empty.hidden = list.children.length > 0;
  }

  const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 48;
  // What the reader wants, not where the list happens to stand: a neighbour that grows must not stop the stream.
  let follow = true;
  const still = () => paused || list.matches(":hover") || !follow;
  new ResizeObserver(() => { if (follow) list.scrollTop = list.scrollHeight; }).observe(list);
  function take(rows) {
    if (still() && list.children.length) {
      const coming = rows.filter((row) => !seen.has(row.k));
      heldCount += coming.length;
      held = held.concat(coming).slice(-MOST);
    } else {
      place(rows);
      list.scrollTop = list.scrollHeight;
    }
    bar();
  }
  function bar() {
    fresh.hidden = heldCount === 0;
    fresh.textContent = ck.word("js.new", { n: heldCount });
  }
  function release() {
    place(held);
    held = [];
    heldCount = 0;
    bar();
    follow = true;
    list.scrollTop = list.scrollHeight;
  }
  fresh.addEventListener("click", () => { setPause(false); release(); });
  list.addEventListener("scroll", () => { follow = atEnd(); if (heldCount && !paused && !list.matches(":hover") && atEnd()) release(); });
  list.addEventListener("mouseleave", () => { if (heldCount && !paused && follow) release(); });
  function setPause(on) {
    paused = on;
    pause.setAttribute("aria-pressed", String(on));
    pause.textContent = on ? pause.dataset.on : pause.dataset.off;
    if (!on && heldCount) release();
  }
  pause.addEventListener("click", () => setPause(!paused));
  flagged.addEventListener("change", () => list.classList.toggle("only-flagged", flagged.checked));
  ck.keys["."] = () => { setPause(false); release(); };
  ck.keys.p = () => setPause(!paused);

  async function snapshot() {
    try {
      const answer = await fetch(`/live/comments?room=${room}`, { headers: { Accept: "application/json" } });
      if (answer.ok) take((await answer.json()).rows);
    } catch { /* the stream shows that the line is down */ }
  }
  ck.on("comments", take);
  ck.on("hello", snapshot);
  ck.on("snapshot", snapshot);

  // Chart -------------------------------------------------------------------------------------------------------------
  const box = document.getElementById("chart");
  let chart = null, columns = [[], [], [], []], drawn = 0, again = 0;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  function build() {
    chart?.destroy();
    const axis = { stroke: colour("--ink-2"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    chart = new uPlot({
      width: box.clientWidth || 300, height: box.clientHeight || 150, legend: { show: false }, cursor: { y: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Asia/Shanghai"),
      scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(5, most * 1.1)] }, few: { range: (_, __, most) => [0, Math.max(5, most * 1.4)] } },
      axes: [{ ...axis, values: (self, ticks) => ticks.map((s) => time(s * 1000).slice(0, self.scales.x.max - self.scales.x.min < 600 ? 8 : 5)), space: 80 }, { ...axis, size: 40 }, { ...axis, scale: "few", side: 1, grid: { show: false }, size: 34 }],
      series: [
        {},
        { stroke: colour("--s-comments"), fill: colour("--s-comments-fill"), width: 1.5, points: { show: false } },
        { stroke: colour("--s-answers"), width: 2, scale: "few", points: { show: false } },
        { stroke: colour("--s-cases"), width: 2, dash: [5, 3], scale: "few", points: { show: false } },
      ],
    }, columns, box);
  }
  async function count() {
    clearTimeout(again);
    if (document.hidden || Date.now() - drawn < 2000) return void (again = setTimeout(count, 2100));
    drawn = Date.now();
    try {
      const answer = await fetch(`/live/counters?room=${room}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const data = await answer.json();
      columns = [data.t, data.comments, data.answers, data.cases];
      if (chart) chart.setData(columns); else build();
    } catch { /* as above */ }
  }
  ck.on("counters", count);
  ck.on("hello", count);
  ck.on("snapshot", count);
  document.addEventListener("ck:theme", () => chart && build());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart && build());
  new ResizeObserver(() => chart?.setSize({ width: box.clientWidth, height: box.clientHeight })).observe(box);
})();
