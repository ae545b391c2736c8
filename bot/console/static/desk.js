// The desk: keys that press what is shown, and the hand channel. A key acts on the row that is on the screen, never on
// what the server may have put there since.
"use strict";
(() => {
  const room = document.body.dataset.room;
  const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"];
  const $ = (id) => document.getElementById(id);
  const DOUBLE_MS = 350;
  let pressed = { row: "", at: 0 };

  // Keys ------------------------------------------------------------------------------------------------------------
  const press = (name) => {
    const button = document.querySelector(`[data-press="${name}"]`);
    if (!button || button.disabled) return false;
    button.click();
    return true;
  };
  for (const name of ["[", "]", ".", "z", "r", "R", "k", ..."asdfghjl"]) ck.keys[name] = (event) => (event.repeat ? true : press(name));
  ck.keys.n = (event) => (event.repeat ? true : press("]"));
  ck.keys.p = (event) => (event.repeat ? true : press("["));
  for (let place = 1; place <= 5; place += 1) {
    ck.keys[String(place)] = (event) => {
      if (event.repeat) return true;
      const item = document.querySelector(`#desk-rows [data-place="${place}"]`);
      if (!item) return false;
      hand(item);
      return true;
    };
  }
  document.addEventListener("click", (event) => {
    const by = event.target.closest("[data-hand]");
    if (by) hand(by.closest("[data-place]"));
    const opens = event.target.closest("[data-open]");
    if (opens) $(opens.dataset.open).showModal();
    const url = event.target.closest("[data-copy-url]");
    if (url) {
      const text = location.origin + url.dataset.copyUrl;
      Promise.resolve(navigator.clipboard?.writeText(text) ?? Promise.reject()).then(() => ck.toast(ck.word("js.copied")), () => byHand(text));
    }
    document.querySelectorAll("details.slip-menu[open]").forEach((menu) => menu.contains(event.target) || (menu.open = false));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  // In the red dialog a digit is a reason.
  $("red-dialog").addEventListener("keydown", (event) => {
    if (event.target.matches("input")) return;
    const button = $("red-dialog").querySelector(`[data-digit="${event.key}"]`);
    if (button) { event.preventDefault(); button.click(); }
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const dialog = event.target.closest?.("dialog");
    if (dialog && event.detail.successful) {
      dialog.close();
      dialog.querySelectorAll("input[maxlength]").forEach((one) => (one.value = ""));
      freshen(dialog);
    }
    const line = event.target.closest?.("form.line");
    if (line && event.detail.successful) line.querySelectorAll("input:not([type=hidden]):not([type=number])").forEach((one) => (one.value = ""));
    if (line) freshen(line);
  });
  // A form that stays on the page after its act gets a new idempotency key: the next press is another act.
  function freshen(box) {
    box.querySelectorAll("input[name=key]").forEach((one) => (one.value = Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(16).padStart(2, "0")).join("")));
  }
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("form.press");
    if (form && document.contains(form)) freshen(form);
  });

  // The hand channel ----------------------------------------------------------------------------------------------------
  const send = (path, fields) =>
    fetch(path, {
      method: "POST",
      headers: { "X-CSRF-Token": csrf, "HX-Request": "true", Accept: "application/json" },
      body: new URLSearchParams({ room, ...fields }),
    });
  const refused = async (answer) => {
    ck.toast(answer.status === 401 ? ck.word("js.logged_out") : await answer.text(), "bad");
    ck.stale("desk");
  };

  function hand(item) {
    const { row, question, state } = item.dataset;
    if (!row) return ck.toast(ck.word("js.no_answer"), "bad");
    if (pressed.row === row && Date.now() - pressed.at < DOUBLE_MS) return; // one press that bounced
    pressed = { row, at: Date.now() };
    if (state === "copied" && "mine" in item.dataset) return sent(item, row);
    return copy(item, row, question);
  }

  async function sent(item, row) {
    try {
      const answer = await send("/desk/sent", { row });
      if (!answer.ok) return refused(answer);
      ck.toast(ck.word("js.by_hand"));
      delete item.dataset.row;
      ck.stale("desk");
    } catch { ck.toast(ck.word("js.failed"), "bad"); }
  }

  async function copy(item, row, question) {
    const began = performance.now();
    const words = send("/desk/copy", { row, question }).then(async (answer) => {
      if (!answer.ok) throw answer;
      return (await answer.json()).text;
    });
    let text, onBoard;
    try {
      ({ text, onBoard } = await ck.copied(words));
    } catch (wrong) {
      return wrong instanceof Response ? refused(wrong) : ck.toast(ck.word("js.failed"), "bad");
    }
    item.dataset.state = "copied";
    item.dataset.mine = "";
    item.dataset.copiedIn = String(Math.round(performance.now() - began));
    item.classList.add("copied");
    if (onBoard) ck.toast(ck.word("js.hand_copied", { text }));
    else byHand(text);
    ck.stale("desk");
  }

  // Where there is no clipboard to write to, the words are shown to be taken.
  function byHand(text) {
    $("copy-text").value = text;
    $("copy-dialog").showModal();
    $("copy-text").select();
  }
})();
