// The sheet: fields that the preflight names are marked. The last page before 开始: times go with the clock, because
// they are fixed only when it is pressed.
"use strict";
(() => {
  const GENESIS_MS = 1692803367000;
  const PERIOD_MS = 3000;

  const sheet = document.getElementById("sheet");
  const touched = new Set(Array.from(sheet?.querySelectorAll("[data-name].wrong") || [], (one) => one.dataset.name));
  const mark = () => {
    const named = new Set(Array.from(document.querySelectorAll("#preflight [data-field]"), (one) => one.dataset.field));
    sheet.querySelectorAll("[data-name]").forEach((one) => one.classList.toggle("wrong", named.has(one.dataset.name) && touched.has(one.dataset.name)));
    document.getElementById("f-prizes")?.classList.toggle("wrong", named.has("prizes") && touched.has("prizes"));
  };
  if (sheet) {
    // Only what somebody has been at is marked: an empty sheet is no mistake yet.
    sheet.addEventListener("focusout", (event) => {
      const name = event.target.closest("[data-name]")?.dataset.name || (event.target.closest("#f-prizes") ? "prizes" : "");
      if (name) touched.add(name);
    });
    document.body.addEventListener("htmx:afterSwap", (event) => event.target.id === "preflight" && mark());
    sheet.addEventListener("click", (event) => {
      const link = event.target.closest("#preflight a[href^='#f-']");
      const field = link && document.getElementById(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      field.scrollIntoView({ block: "center" });
      field.querySelector("input, textarea, select")?.focus({ preventScroll: true });
    });
  }

  // Beijing time, as on all pages; it has no summer time.
  const clock = (ms) => new Date(ms + 8 * 3600000).toISOString().slice(11, 19);
  const moments = document.querySelectorAll("[data-at-offset]");
  const round = document.querySelector("[data-round-offset]");
  if (moments.length) {
    setInterval(() => {
      const now = ck.now();
      moments.forEach((one) => (one.textContent = clock(now + Number(one.dataset.atOffset))));
      if (round) round.textContent = String(Math.ceil((now + Number(round.dataset.roundOffset) - GENESIS_MS) / PERIOD_MS) + 1);
    }, 1000);
  }
})();
