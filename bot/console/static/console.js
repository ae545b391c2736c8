// Every page: the event stream, panels that fetch themselves anew, countdowns, theme, toasts, keys.
// Text of viewers is only ever set as textContent. No inline handlers, no evaluated strings.
"use strict";
(() => {
  const body = document.body;
  const ck = (window.ck = { words: {}, listeners: {}, keys: {} });
  const $ = (id) => document.getElementById(id);

  // Words -------------------------------------------------------------------------------------------------------
  ck.ready = fetch(`/words/${body.dataset.lang || "zh"}.json`)
    .then((answer) => answer.json())
    .then((words) => (ck.words = words))
    .catch(() => ({}));
  ck.word = (key, filled) =>
    (ck.words[key] || key.split(".").pop()).replace(/\{([a-z_]+)\}/g, (_, name) => String((filled || {})[name] ?? ""));

  // Toasts ------------------------------------------------------------------------------------------------------
  let toastTimer = 0;
  ck.toast = (text, kind) => {
    const box = $("toast");
    box.textContent = text.slice(0, 400);
    box.className = `shown ${kind || ""}`;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => (box.className = ""), kind === "bad" ? 8000 : 2500);
  };
  body.addEventListener("htmx:responseError", (event) => {
    const { xhr, elt } = event.detail;
    if (xhr.status === 401) return ck.toast(ck.word("js.logged_out"), "bad");
    ck.toast(xhr.responseText || String(xhr.status), "bad");
    if (xhr.status === 409) htmx.trigger(body, "ck:cases"); // somebody was first: show how it stands now
    if (xhr.status === 409 && elt.closest("#detail")) refreshDetail();
  });
  body.addEventListener("htmx:sendError", () => ck.toast(ck.word("js.failed"), "bad"));
  function refreshDetail() {
    const path = location.pathname;
    if (/^\/cases\/\d+$/.test(path)) htmx.ajax("GET", path, { target: "#detail", swap: "innerHTML" });
  }

  // Time: the server's, counted on from the moment of loading --------------------------------------------------------
  const startedAt = performance.now();
  const serverNow = Number(body.dataset.now) || Date.now();
  ck.now = () => serverNow + (performance.now() - startedAt);
  const clock = (ms) => {
    const s = Math.floor(Math.abs(ms) / 1000);
    const h = Math.floor(s / 3600);
    const two = (n) => String(n).padStart(2, "0");
    const text = h ? `${h}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
    return ms < 0 ? `-${text}` : text;
  };
  function tick() {
    const now = ck.now();
    document.querySelectorAll("[data-due]").forEach((one) => {
      const left = Number(one.dataset.due) - now;
      one.textContent = (left < 0 ? "⚠ " : left < 30000 ? "! " : "") + clock(left);
      one.classList.toggle("late", left < 0);
      one.classList.toggle("soon", left >= 0 && left < 30000);
    });
    document.querySelectorAll("[data-since]").forEach((one) => (one.textContent = clock(now - Number(one.dataset.since))));
  }
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSettle", tick);
  tick();

  // Words the server is still being asked for, onto the clipboard. Fails as the asking fails.
  ck.copied = async (words) => {
    words.catch(() => {});
    let onBoard = false;
    try {
      // Within the press itself: browsers give the clipboard only to what a person has just done.
      if (navigator.clipboard?.write && window.ClipboardItem) {
        await navigator.clipboard.write([new ClipboardItem({ "text/plain": words.then((text) => new Blob([text], { type: "text/plain" })) })]);
        onBoard = true;
      }
    } catch { /* told by what is given back */ }
    const text = await words;
    return { text, onBoard: onBoard || selected(text) };
  };
  // Without a secure context there is no clipboard to write to: select the words the old way.
  function selected(text) {
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "sr";
    document.body.append(box);
    box.select();
    let done = false;
    try { done = document.execCommand("copy"); } catch { done = false; }
    box.remove();
    return done;
  }

  // Panels: fetched anew when their topic was told, not oftener than data-every, not under the pointer ---------------
  const panels = new Map();
  function panelsNow() {
    document.querySelectorAll("[data-panel]").forEach((element) => {
      if (!panels.has(element)) panels.set(element, { stale: false, last: 0, timer: 0 });
    });
    return panels;
  }
  const busy = (element) =>
    !("eager" in element.dataset) &&
    (element.matches(":hover") || (element.contains(document.activeElement) && document.activeElement !== element));
  function refresh(element, state) {
    clearTimeout(state.timer);
    const wait = state.last + Number(element.dataset.every || 300) - Date.now();
    if (wait > 0) return void (state.timer = setTimeout(() => refresh(element, state), wait));
    if (busy(element)) {
      element.closest("section")?.classList.add("has-news");
      return void (state.timer = setTimeout(() => refresh(element, state), 1200));
    }
    if (!state.stale || document.hidden) return;
    state.stale = false;
    state.last = Date.now();
    element.closest("section")?.classList.remove("has-news");
    htmx.trigger(element, "refresh");
  }
  ck.stale = (topic) =>
    panelsNow().forEach((state, element) => {
      if (topic && !element.dataset.panel.split(" ").includes(topic)) return;
      state.stale = true;
      refresh(element, state);
    });
  document.addEventListener("visibilitychange", () => !document.hidden && panelsNow().forEach((s, e) => refresh(e, s)));

  // The stream ----------------------------------------------------------------------------------------------------
  ck.on = (topic, then) => (ck.listeners[topic] ||= []).push(then);
  const tell = (topic, data) => (ck.listeners[topic] || []).forEach((then) => then(data));
  const wire = (state, word) => {
    const mark = $("wire");
    if (!mark) return;
    mark.dataset.state = state;
    mark.lastElementChild.textContent = ck.word(word);
  };
  let tries = 0;
  function connect() {
    const topics = body.dataset.topics;
    const room = body.dataset.room ? `&room=${encodeURIComponent(body.dataset.room)}` : "";
    const source = new EventSource(`/events?topics=${topics}${room}`);
    wire("connecting", "js.connecting");
    source.addEventListener("hello", () => {
      if (tries) ck.stale();
      tries = 0;
      wire("live", "js.connected");
      tell("hello");
    });
    source.addEventListener("snapshot", () => {
      ck.stale();
      tell("snapshot");
    });
    topics.split(",").forEach((topic) =>
      source.addEventListener(topic, (event) => {
        tell(topic, JSON.parse(event.data));
        ck.stale(topic);
      }),
    );
    source.onerror = () => {
      tries += 1;
      wire("lost", "js.lost");
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      setTimeout(connect, Math.min(30000, 1000 * 2 ** Math.min(tries, 5)));
    };
    addEventListener("pagehide", () => source.close(), { once: true });
  }
  if (body.dataset.topics) ck.ready.then(connect);

  // Small things -----------------------------------------------------------------------------------------------------
  $("theme")?.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme === "dark" || (root.dataset.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `ck_theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
    document.dispatchEvent(new Event("ck:theme"));
  });
  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const done = navigator.clipboard?.writeText(copy.dataset.copy);
      if (done) done.then(() => ck.toast(ck.word("js.copied")), () => ck.toast(ck.word("js.copy_failed"), "bad"));
      else ck.toast(ck.word("js.copy_failed"), "bad");
    }
    if (event.target.closest("[data-help]")) $("help").showModal();
    document.querySelectorAll("details.menu[open]").forEach((menu) => menu.contains(event.target) || (menu.open = false));
  });
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.confirm && !confirm(event.target.dataset.confirm)) event.preventDefault();
  });
  document.querySelectorAll("select[data-go]").forEach((one) => one.addEventListener("change", () => one.form.submit()));

  // A person at the page keeps the session; a page left open does not -------------------------------------------------------
  let stirred = Date.now();
  const stir = () => {
    if (!$("wire") || Date.now() - stirred < 240000) return;
    stirred = Date.now();
    fetch("/live/still").catch(() => {});
  };
  ["pointerdown", "keydown"].forEach((kind) => addEventListener(kind, stir, { passive: true }));

  // Keys: single letters can be switched off (WCAG 2.1.4) ------------------------------------------------------------------
  const keysOn = $("keys-on");
  const stored = (() => { try { return localStorage.getItem("ck_keys"); } catch { return null; } })();
  if (keysOn) {
    keysOn.checked = stored !== "off";
    keysOn.addEventListener("change", () => { try { localStorage.setItem("ck_keys", keysOn.checked ? "on" : "off"); } catch { /* private window */ } });
  }
  document.addEventListener("keydown", (event) => {
    if (!keysOn?.checked || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]")) return;
    if (event.key === "?") return $("help").showModal();
    const act = ck.keys[event.key];
    if (act && act(event) !== false) event.preventDefault();
  });
})();
