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
  // The vetted answer: recorded first, then on the clipboard. What has changed meanwhile is not given out.
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-case-copy]");
    if (!form) return;
    event.preventDefault();
    const asked = { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "application/json" } };
    const words = fetch(form.action, asked).then(async (answer) => {
      if (!answer.ok) throw new Error(answer.status === 409 ? ck.word("js.answer_changed") : ck.word("js.failed"));
      return (await answer.json()).text;
    });
    try {
      const { onBoard } = await ck.copied(words);
      form.dataset.state = "copied";
      ck.toast(onBoard ? ck.word("js.copied") : ck.word("js.copy_failed"), onBoard ? undefined : "bad");
    } catch (wrong) {
      ck.toast(wrong.message, "bad");
    }
  });
  const here = location.pathname.match(/^\/cases\/(\d+)/);
  if (here) chosen = here[1];
  show();
})();
