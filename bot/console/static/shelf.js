// Writing, review and goods: slots put in at the cursor, other fields checked again too, "tick all clean" (also of drafts), the renewal dialog.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);

  // Writing: a slot goes where the cursor was last; a disclosure fills its field.
  const text = $("text"), disclosure = $("disclosure"), writing = $("writing");
  let last = text;
  [text, disclosure].forEach((one) => one?.addEventListener("focus", () => (last = one)));
  const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));
  document.addEventListener("click", (event) => {
    const slot = event.target.closest("[data-slot]");
    if (slot && last) {
      last.setRangeText(`{${slot.dataset.slot}}`, last.selectionStart, last.selectionEnd, "end");
      last.focus();
      changed(last);
    }
    const words = event.target.closest("[data-disclosure]");
    if (words && disclosure) {
      disclosure.value = words.dataset.disclosure;
      disclosure.focus();
      changed(disclosure);
    }
  });
  const again = (event) => event.target !== text && event.target.type !== "file" && htmx.trigger(text, "lint");
  if (writing && text) ["input", "change"].forEach((kind) => writing.addEventListener(kind, again));

  // Review and drafts: how many are ticked; all clean ones, or none. Ticks outlast a list that is fetched anew.
  const ticking = (root) => {
    const boxes = () => [...root.querySelectorAll('input[name="pick"]')];
    const ticked = () => boxes().filter((one) => one.checked);
    const tell = () => {
      const told = root.querySelector("[data-ticked]");
      if (told) told.textContent = told.dataset.ticked.replace("{n}", String(ticked().length));
    };
    let kept = new Set();
    root.addEventListener("htmx:beforeSwap", () => (kept = new Set(ticked().map((one) => one.value))));
    root.addEventListener("htmx:afterSwap", () => {
      boxes().forEach((one) => (one.checked ||= kept.has(one.value)));
      tell();
    });
    root.addEventListener("change", tell);
    root.addEventListener("click", (event) => {
      const tick = event.target.closest("[data-tick]");
      if (!tick) return;
      boxes().forEach((one) => (one.checked = tick.dataset.tick === "clean" && "clean" in one.dataset));
      tell();
    });
    tell();
  };
  const library = $("library"), review = $("review");
  if (library) ticking(library);
  if (review) {
    ticking(review);
    // Enter presses the button beside the field, not the form's first.
    review.addEventListener("keydown", (event) => {
      const row = event.key === "Enter" && event.target.matches("input:not([type=checkbox])") && event.target.closest(".act-row");
      if (!row) return;
      event.preventDefault();
      row.querySelector("button").click();
    });
  }

  // Goods: the renewal is looked at in a dialog; Escape puts an edited fact back.
  const renew = $("renew");
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (renew && event.detail.target === renew && !renew.open) renew.showModal();
  });
  document.addEventListener("click", (event) => {
    if (renew?.open && event.target.closest("[data-close]")) {
      event.preventDefault();
      renew.close();
    }
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.(".fact input[name=value]");
    if (field && event.key === "Escape") {
      field.value = field.defaultValue;
      field.blur();
    }
  });
})();
