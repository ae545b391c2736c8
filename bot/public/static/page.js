// The page of a draw: countdowns by the server's clock, and news every three seconds while something is under way.
"use strict";
(() => {
  const words = JSON.parse((document.getElementById("words") || {}).textContent || "{}");
  const bothWords = words.zh && words.en ? words : null;
  const main = () => document.querySelector("main:not([hidden])");
  const t = (key, filled = {}) => {
    const text = (bothWords ? bothWords[main().lang.startsWith("en") ? "en" : "zh"] : words)[key] || key;
    return text.replace(/\{([a-z_]+)\}/g, (_, name) => (name in filled ? String(filled[name]) : ""));
  };
  window.ckPage = { t, main };

  // What the server's clock is ahead of ours. An exported page has no server: there our own clock has to do.
  let ahead = 0;
  const first = main();
  if (first && first.dataset.live && first.dataset.now) ahead = Number(first.dataset.now) - Date.now();
  const now = () => Date.now() + ahead;

  const span = (ms) => {
    const s = Math.max(0, Math.ceil(ms / 1000));
    const pad = (n) => String(n).padStart(2, "0");
    const h = Math.floor(s / 3600), rest = `${pad(Math.floor((s % 3600) / 60))}:${pad(s % 60)}`;
    if (h >= 24) return t("days", { d: Math.floor(h / 24), rest: `${pad(h % 24)}:${rest}` });
    return h ? `${h}:${rest}` : `${Math.floor((s % 3600) / 60)}:${pad(s % 60)}`;
  };
  let told = 0;
  const tick = () => {
    for (const node of document.querySelectorAll("[data-until]")) {
      const left = Number(node.dataset.until) - now();
      const text = left > 0 ? span(left) : t("due");
      if (node.textContent !== text) node.textContent = text;
    }
    const next = main() && main().querySelector("[data-part=state] [data-until]");
    if (!next) return;
    const left = Math.ceil((Number(next.dataset.until) - now()) / 1000);
    // Said only now and then: a voice that counts every second drowns the page.
    if ([60, 30, 10].includes(left) && left !== told) { told = left; say(t("say.left", { s: left })); }
  };
  const say = (text) => {
    const place = main().querySelector("[data-say]");
    if (place) place.textContent = text;
  };
  if (document.querySelector("[data-until]") || (first && first.dataset.live)) { tick(); setInterval(tick, 500); }

  // News. The page itself is fetched again only when its mark has changed.
  const NEWS_MS = 3000, QUIET_MS = 30000;
  let wait = NEWS_MS;
  const news = async () => {
    const here = main();
    const asked = Date.now();
    try {
      const answer = await fetch(here.dataset.live, { cache: "no-cache" });
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      ahead = told.now_ms - (asked + Date.now()) / 2;
      for (const node of document.querySelectorAll("[data-count]")) node.textContent = told.entries;
      for (const node of document.querySelectorAll("[data-refused]")) node.textContent = told.refused;
      if (told.mark !== here.dataset.mark) await renew(told.mark);
      wait = told.running ? NEWS_MS : QUIET_MS;
    } catch {
      wait = Math.min(wait * 2, QUIET_MS);
      say(t("offline"));
    }
    setTimeout(later, wait * (0.8 + 0.4 * Math.random()));
  };
  const later = () => (document.hidden ? setTimeout(later, 1000) : news());
  const renew = async (mark) => {
    const answer = await fetch(location.pathname, { cache: "no-cache" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const old = main().querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
      if (!old || part.outerHTML === old.outerHTML) continue;
      if (part.dataset.part === "check") { proofIsHere(old, part); continue; }
      const opened = [...old.querySelectorAll("details")].map((one) => one.open);
      part.querySelectorAll("details").forEach((one, at) => { if (opened[at]) one.open = true; });
      old.replaceWith(document.adoptNode(part));
    }
    main().dataset.mark = mark;
    tick();
    const state = main().querySelector("[data-part=state] .now span:last-child");
    if (state) say(t("say.changed", { what: state.textContent }));
  };
  const proofIsHere = (old, fresh) => {
    const button = old.querySelector("[data-run]");
    if (fresh.querySelector("[data-run]").disabled || !button.disabled) return;
    button.disabled = false;
    old.querySelector("[data-wait]").hidden = true;
  };
  if (first && first.dataset.live) setTimeout(later, NEWS_MS);

  // An exported page carries both languages and changes between them here.
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.addEventListener("click", () => {
      for (const one of document.querySelectorAll("main, footer[lang]")) one.hidden = !one.lang.startsWith(button.dataset.lang);
      for (const other of document.querySelectorAll("[data-lang]")) other.setAttribute("aria-pressed", String(other === button));
      document.documentElement.lang = main().lang;
      tick();
    });
  }
  // … and its files, to be saved.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-save]");
    if (!link) return;
    const data = document.getElementById(link.dataset.save);
    if (!data) return; // too large to stand inside: the link leads to the file beside the page
    link.href = URL.createObjectURL(new Blob([data.textContent], { type: "application/json" }));
  });
})();
