// The winner's page: while it waits for the code to be typed in the room it asks every few seconds how things stand.
"use strict";
(() => {
  const place = document.querySelector("[data-claim]");
  const state = () => (place.querySelector("[data-state]") || { dataset: {} }).dataset.state;
  const WAITING = ["waiting"];
  const ask = async () => {
    if (!document.hidden && WAITING.includes(state())) {
      try {
        const answer = await fetch(place.dataset.claim, { cache: "no-store" });
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-state]");
          if (fresh && fresh.outerHTML !== place.querySelector("[data-state]").outerHTML) place.replaceChildren(document.adoptNode(fresh));
        }
      } catch { /* the next time */ }
    }
    setTimeout(ask, 4000);
  };
  if (place) {
    // After a visit from another site the first request came without the cookie; this one has it.
    if (state() === "none") fetch(place.dataset.claim, { cache: "no-store" }).then(async (answer) => {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-state]");
      if (answer.ok && fresh && fresh.dataset.state !== "none") place.replaceChildren(document.adoptNode(fresh));
    }).catch(() => {});
    setTimeout(ask, 4000);
  }
})();
