// An overlay for OBS: asks once a second, shows nothing when there is nothing to show or the token was revoked.
"use strict";
(() => {
  const box = document.getElementById("overlay");
  const path = document.body.dataset.part;
  let shown = box.textContent.trim();
  async function look() {
    try {
      const answer = await fetch(path, { credentials: "omit", headers: { "HX-Request": "true" } });
      const text = answer.ok ? await answer.text() : "";
      const nodes = new DOMParser().parseFromString(text, "text/html").body.childNodes;
      const said = Array.from(nodes, (one) => one.textContent).join("").trim();
      if (said !== shown) {
        shown = said;
        box.replaceChildren(...nodes);
      }
    } catch { /* the next second asks again */ }
  }
  setInterval(look, 1000);
})();
