// The prompter: stays awake, sounds the red light, lets a cue fill the screen for its time and no longer.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  let lock = null, sound = null, wasRed = false, timer = 0;

  async function wake() {
    if (lock || document.hidden || !navigator.wakeLock) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      lock.addEventListener("release", () => { lock = null; });
    } catch { lock = null; }
  }
  document.addEventListener("visibilitychange", wake);
  addEventListener("pointerdown", wake);
  wake();

  $("sound").addEventListener("click", () => {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!sound && Context) sound = new Context();
    else if (sound) { sound.close(); sound = null; }
    $("sound").setAttribute("aria-pressed", String(Boolean(sound)));
    if (sound) beep(1);
  });
  $("full").addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  });
  function beep(times) {
    if (!sound) return;
    for (let n = 0; n < times; n += 1) {
      const tone = sound.createOscillator(), level = sound.createGain();
      const at = sound.currentTime + n * 0.35;
      tone.frequency.value = 880;
      level.gain.setValueAtTime(0.0001, at);
      level.gain.exponentialRampToValueAtTime(0.4, at + 0.02);
      level.gain.exponentialRampToValueAtTime(0.0001, at + 0.28);
      tone.connect(level).connect(sound.destination);
      tone.start(at);
      tone.stop(at + 0.3);
    }
  }

  function look() {
    const red = Boolean(document.querySelector("[data-red]"));
    if (red && !wasRed) beep(4);
    wasRed = red;
    clearTimeout(timer);
    const cue = document.querySelector(".cue-form.cue-full");
    if (cue) timer = setTimeout(() => cue.classList.replace("cue-full", "cue-strip"), Math.max(0, Number(cue.dataset.left)));
  }
  document.body.addEventListener("htmx:afterSettle", look);
  look();
  // Space, Enter, or a page turner's key tell that the cue was seen.
  for (const name of [" ", "Enter", "PageDown"]) ck.keys[name] = () => { const cue = document.querySelector(".cue-form"); cue?.requestSubmit(); return Boolean(cue); };

  // The stream comes back by itself; meanwhile say so, and ask now and then in case it is only the stream.
  const wire = $("wire");
  new MutationObserver(() => ($("lost").hidden = wire.dataset.state !== "lost")).observe(wire, { attributes: true });
  setInterval(() => ck.stale(), 15000);
  // A host touches nothing for hours. While the page is before somebody's eyes and the stream is up, it keeps its session.
  setInterval(() => { if (!document.hidden && wire.dataset.state === "live") fetch("/live/still").catch(() => {}); }, 300000);
})();
