// An overlay for OBS: asks once a second, shows nothing when there is nothing to show or the token was revoked.
// After a draw it goes through the proof: block by block, each to the position it chose. Nothing is played that was not
// computed, and where motion is unwanted the end stands there at once.
"use strict";
(() => {
  const box = document.getElementById("overlay");
  const path = document.body.dataset.part;
  const still = "still" in document.body.dataset || matchMedia("(prefers-reduced-motion: reduce)").matches;
  const FRESH_MS = 45000; // a draw older than this is shown as it ended
  const LONGEST_MS = 16000; // the whole way through the proof, however many were drawn
  let shown = box.textContent.trim();
  let server = { now: 0, at: 0 };
  let run = 0;

  // Filling in ---------------------------------------------------------------------------------------------------------
  const viewOf = (root) => root.querySelector("[data-view]")?.dataset.view || "";
  function refill(fresh) {
    fresh.querySelectorAll("[data-live]").forEach((one) => {
      const there = box.querySelector(`[data-live="${one.dataset.live}"]`);
      if (!there) return;
      const attribute = one.dataset.liveAs;
      if (attribute) there.setAttribute(attribute, one.getAttribute(attribute) || "");
      else if (there.textContent !== one.textContent) there.textContent = one.textContent;
    });
    fresh.querySelectorAll("[data-due]").forEach((one, at) => {
      const there = box.querySelectorAll("[data-due]")[at];
      if (there) there.dataset.due = one.dataset.due;
    });
  }
  async function look() {
    try {
      const answer = await fetch(path, { credentials: "omit", headers: { "HX-Request": "true" } });
      const text = answer.ok ? await answer.text() : "";
      const fresh = new DOMParser().parseFromString(text, "text/html").body;
      const view = viewOf(fresh);
      if (view && view === viewOf(box)) {
        refill(fresh);
      } else {
        const said = fresh.textContent.trim();
        if (view || viewOf(box) || said !== shown) {
          shown = said;
          box.replaceChildren(...fresh.childNodes);
          begin();
        }
        if (!view) return;
      }
      listen(fresh.querySelector("[data-now]") || box.querySelector("[data-now]"), view);
    } catch { /* the next second asks again */ }
  }
  let heard = "";
  function listen(root, view) {
    // The node that came is moved into the page on a new view, so its time is read where it stands.
    const now = Number(root?.dataset.now);
    if (now && `${view}${now}` !== heard) {
      heard = `${view}${now}`;
      server = { now, at: performance.now() };
    }
  }

  // Countdowns, by the server's clock ------------------------------------------------------------------------------------
  const two = (n) => String(n).padStart(2, "0");
  function tick() {
    if (!server.now) return;
    const now = server.now + (performance.now() - server.at);
    box.querySelectorAll("[data-due]").forEach((one) => {
      const left = Math.max(0, Math.ceil((Number(one.dataset.due) - now) / 1000));
      const hours = Math.floor(left / 3600);
      const text = hours ? `${hours}:${two(Math.floor((left % 3600) / 60))}:${two(left % 60)}` : `${Math.floor(left / 60)}:${two(left % 60)}`;
      if (one.textContent !== text) one.textContent = text;
      one.classList.toggle("soon", left <= 10);
    });
  }

  // Through the proof ------------------------------------------------------------------------------------------------------
  const wait = (ms) => new Promise((then) => setTimeout(then, ms));
  async function begin() {
    run += 1;
    const mine = run;
    const root = box.querySelector("[data-draw]");
    if (!root) return;
    const picks = Array.from(root.querySelectorAll(".picks li"));
    const over = () => (root.dataset.done = root.dataset.draw);
    if (still || !picks.length || Number(root.dataset.age) > FRESH_MS) return over();
    const marks = Array.from(root.querySelectorAll(".line .mark"));
    const pointer = root.querySelector(".pointer");
    const [block, sum] = root.querySelector("[data-step]").children;
    picks.forEach((one) => (one.hidden = true));
    marks.forEach((one) => one.setAttribute("visibility", "hidden"));
    pointer.setAttribute("visibility", "visible");
    const each = Math.min(2400, LONGEST_MS / picks.length);
    let from = 0;
    for (const [at, pick] of picks.entries()) {
      const to = Number(pick.dataset.x);
      block.textContent = `#${at} ${pick.dataset.block}…`;
      sum.textContent = "";
      await glide(pointer, from, to, each * 0.55);
      if (mine !== run) return;
      sum.textContent = pick.dataset.sum;
      marks[at].setAttribute("visibility", "visible");
      pick.hidden = false;
      pick.classList.add("fresh");
      from = to;
      await wait(each * 0.45);
      if (mine !== run) return;
    }
    pointer.setAttribute("visibility", "hidden");
    over();
  }
  function glide(pointer, from, to, ms) {
    const began = performance.now();
    return new Promise((then) => {
      const step = (now) => {
        const part = Math.min(1, Math.max(0, (now - began) / ms));
        const eased = 1 - (1 - part) ** 3;
        pointer.setAttribute("transform", `translate(${(from + (to - from) * eased).toFixed(2)} 0)`);
        if (part < 1) requestAnimationFrame(step);
        else then();
      };
      requestAnimationFrame(step);
    });
  }

  listen(box.querySelector("[data-now]"), viewOf(box));
  begin();
  tick();
  setInterval(tick, 250);
  setInterval(look, 1000);
})();
