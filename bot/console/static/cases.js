// The queue by keyboard: j/k move, Enter or o opens, c claims or releases, 1-5 choose a disposition.
"use strict";
(() => {
  const rows = () => [...document.querySelectorAll(".case-row")];
  let chosen = null; // the id, not the place: the list may be fetched anew
  const at = () => rows().findIndex((row) => row.dataset.case === chosen);
  function choose(place) {
    const all = rows();
    if (!all.length) return;
    const row = all[Math.max(0, Math.min(place, all.length - 1))];
    chosen = row.dataset.case;
    show();
    row.scrollIntoView({ block: "nearest" });
  }
  function show() {
    rows().forEach((row) => row.classList.toggle("chosen", row.dataset.case === chosen));
  }
  const open = () => { const row = rows()[at()]; row?.querySelector("a").click(); };
  const press = (name) => { const button = document.querySelector(`#detail [data-act="${name}"]`); button?.click(); return Boolean(button); };
  ck.keys.j = () => choose(at() + 1);
  ck.keys.k = () => choose(at() < 0 ? 0 : at() - 1);
  ck.keys.o = open;
  ck.keys.Enter = () => { if (document.activeElement && document.activeElement !== document.body && document.activeElement.id !== "main") return false; open(); };
  ck.keys.c = () => press("claim") || press("release");
  for (const n of [1, 2, 3, 4, 5]) {
    ck.keys[String(n)] = () => {
      const choice = document.querySelectorAll('#detail input[name="disposition"]')[n - 1];
      if (!choice || choice.disabled) return false;
      choice.checked = true;
      document.querySelector('#detail [data-act="resolve"]').focus();
    };
  }
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "detail") {
      document.querySelector(".split")?.classList.add("has-detail");
      const found = location.pathname.match(/^\/cases\/(\d+)/);
      if (found) chosen = found[1];
    }
    show();
  });
  const here = location.pathname.match(/^\/cases\/(\d+)/);
  if (here) chosen = here[1];
  show();
})();
