// Verify in the browser, and "was I in it?": the arithmetic is lfd1.js's (lottery/verifiers/browser.js), the words are here.
"use strict";
(() => {
  const { t, main } = window.ckPage;
  const make = (name, text, kind) => {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = text;
    if (kind) node.className = kind;
    return node;
  };
  const english = () => main().lang.startsWith("en");

  // The verifier is fetched when it is first needed; an exported page has it inside already.
  let loading = null;
  const script = (address) => new Promise((done, failed) => {
    const node = document.createElement("script");
    node.src = address;
    node.onload = done;
    node.onerror = () => failed(new Error(address));
    document.head.append(node);
  });
  const verifier = () => {
    if (window.lfd1) return Promise.resolve(window.lfd1);
    const { noble, lfd1 } = main().dataset;
    loading = loading || script(noble).then(() => script(lfd1)).then(() => window.lfd1);
    loading.catch(() => { loading = null; });
    return loading;
  };
  const inside = (id) => { const node = document.getElementById(id); return node ? node.textContent : null; };
  const fetched = async (name) => {
    const found = inside(name);
    if (found !== null || !main().dataset.live) return found;
    const answer = await fetch(`/d/${encodeURIComponent(main().dataset.draw)}/${name}.json`, { cache: "no-cache" });
    return answer.ok ? answer.text() : null;
  };

  const running = new WeakSet();
  const verdict = (box, kind, head, ...lines) => {
    const place = box.querySelector("[data-verdict]");
    place.className = `verdict ${kind}`;
    place.replaceChildren(make("b", head), ...lines.filter(Boolean).map((line) => make("span", line)));
    place.hidden = false;
  };
  const title = (lfd1, name) => {
    const found = lfd1.STEPS.find((step) => step.name === name);
    return found ? (english() ? found.titleEn : found.titleZh) : name;
  };
  const pending = (box, lfd1) => {
    const list = box.querySelector("[data-steps]");
    list.hidden = false;
    list.replaceChildren(...lfd1.STEPS.map((step) => {
      const row = make("li", undefined, "pending");
      row.dataset.step = step.name;
      row.append(make("span", english() ? step.titleEn : step.titleZh));
      return row;
    }));
  };
  const show = (box, step) => {
    const row = box.querySelector(`[data-step="${CSS.escape(step.name)}"]`);
    if (!row) return;
    row.className = step.status;
    row.replaceChildren(make("span", english() ? step.en : step.zh));
    if (step.status === "failed") row.append(make("span", t(`fails.${step.name}`), "means"));
    if (step.detail || step.where) row.append(make("span", [step.where, step.detail].filter(Boolean).join(" · "), "detail"));
  };
  const digitsOf = (text) => text.toLowerCase().replace(/[^0-9a-z]/g, "");

  const run = async (box, text, list, own) => {
    if (running.has(box)) return;
    running.add(box);
    const button = box.querySelector("[data-run]"), bar = box.querySelector("[data-bar]");
    const before = button.disabled;
    const expect = digitsOf(box.querySelector("[name=expect]").value);
    try {
      if (expect && !/^[0-9a-f]{16,64}$/.test(expect)) { verdict(box, "bad", t("short")); return; }
      button.disabled = true;
      verdict(box, "", t("running"));
      let lfd1;
      try { lfd1 = await verifier(); } catch { verdict(box, "bad", t("cannot")); return; }
      if (text === null) { verdict(box, "bad", t("failed_request")); return; }
      pending(box, lfd1);
      bar.hidden = false;
      const seen = new Set();
      const result = { text, ...await lfd1.verify(text, {
        expect: expect || null, list,
        onStep: (step) => { seen.add(step.name); show(box, step); bar.value = seen.size / lfd1.STEPS.length; },
        onProgress: (done, total) => { bar.value = (seen.size + (total ? done / total : 0)) / lfd1.STEPS.length; },
      }) };
      for (const step of result.steps) show(box, step);
      bar.value = 1;
      await outcome(box, lfd1, result, expect, own);
    } finally {
      button.disabled = before;
      running.delete(box);
    }
  };

  // The digits this page shows are those of the file just checked?
  const asShown = (result) => {
    const shown = [...main().querySelectorAll("[data-part=seen] .digits")].map((node) => node.textContent.replace(/\s/g, ""));
    const [commit = "", closed = ""] = shown;
    return result.commitHash.startsWith(commit) && result.closedHash.startsWith(closed);
  };
  // What became of the winners is no part of the proof; those records are signed and chained to it. The sentence, and
  // whether it holds; "" when nothing is settled yet.
  const claims = async (lfd1, text) => {
    const told = await fetched("records");
    if (told === null) return ["", true];
    const proof = JSON.parse(text), all = JSON.parse(told).records;
    const settled = all.filter((one) => one.record.kind === "claim");
    let before = proof.drawn.hash;
    for (const [at, one] of settled.entries()) {
      const own = one.record.draw_id === proof.commitment.record.draw_id && one.record.prev === before;
      if (!own || !lfd1.checkEnvelope("claim", one, proof.commitment.record.signer || null)) return [t("claims_bad", { n: at + 1 }), false];
      before = one.hash;
    }
    return [settled.length ? t("claims", { n: settled.length }) : "", true];
  };

  const outcome = async (box, lfd1, result, expect, own) => {
    const practice = result.practice ? t("practice") : "";
    if (!result.ok) {
      const at = result.steps.findIndex((step) => step.status === "failed");
      const failed = result.steps[at] || { name: "file" };
      verdict(box, "bad", t("failed", { n: at + 1, what: title(lfd1, failed.name) }), practice, t(`fails.${failed.name}`), t("failed_text"), practice);
      return;
    }
    const named = result.drawId && result.drawId !== main().dataset.draw;
    const text = t("ok_text", {
      n: result.entries, winners: few(result.winners),
      reserves: result.reserves.length ? t("ok_reserves", { reserves: few(result.reserves) }) : "",
    });
    const shown = [...main().querySelectorAll("[data-part=winners] [data-position]")].map((row) => Number(row.dataset.position));
    const computed = [...result.winners, ...result.reserves];
    const same = shown.length === computed.length && shown.every((position, at) => position === computed[at]) && asShown(result);
    let compare = "";
    if (named) compare = t("other_draw", { id: result.drawId });
    else if (shown.length) compare = same ? t("same") : t("different");
    let after = ["", true];
    if (!named && !own) { try { after = await claims(lfd1, result.text); } catch { after = [t("failed_request"), true]; } }
    const bad = (!named && shown.length > 0 && !same) || !after[1];
    const step = result.steps.find((one) => one.name === "expect");
    const told = !expect ? t("unexpected") : step.status === "ok" ? t("expected") : t("expected_rules");
    verdict(box, bad ? "bad" : "ok", bad ? t("not_same") : t("ok"), practice, text, compare, after[0], told, practice);
    if (!named && same && !own) for (const row of main().querySelectorAll("[data-part=winners] [data-position]")) row.classList.add("checked");
  };
  const few = (positions) => (positions.length > 30 ? `${positions.slice(0, 30).join(", ")} …` : positions.join(", ") || "–");

  const ownFiles = async (box, files) => {
    let proof = null, list = null;
    for (const file of [...files].slice(0, 4)) {
      if (file.size > 1 << 30) continue;
      const text = await file.text();
      if (/"format"\s*:\s*"lfd1-list"/.test(text.length > 400 ? text.slice(0, 200) + text.slice(-200) : text)) list = text;
      else proof = text;
    }
    if (proof === null) { verdict(box, "bad", t("no_proof")); return; }
    await run(box, proof, list, true);
  };
  for (const box of document.querySelectorAll(".check")) {
    const form = box.querySelector("[data-check]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      let proof = null, list = null;
      try { [proof, list] = [await fetched("proof"), await fetched("list")]; } catch { /* said by run */ }
      await run(box, proof, list, false);
    });
    form.querySelector("[type=file]").addEventListener("change", (event) => {
      ownFiles(box, event.target.files).finally(() => { event.target.value = ""; });
    });
    box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
    box.addEventListener("dragleave", () => box.classList.remove("over"));
    box.addEventListener("drop", (event) => { event.preventDefault(); box.classList.remove("over"); ownFiles(box, event.dataTransfer.files); });
  }

  // Was I in it?
  const clock = (ms) => new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(ms);
  const prove = async (found) => {
    if (!found.root) return null;
    const lfd1 = await verifier();
    const here = main().querySelector("[data-answer]").dataset;
    const published = found.excluded ? here.excluded : here.root;
    if (published && published !== found.root) return false;
    if (found.leaf) {
      const own = found.excluded ? found.leaf === lfd1.excludedLeaf(found.pseudonym, found.reason) : found.leaf.startsWith(found.pseudonym);
      return own && lfd1.checkPath(found.leaf, found.position, found.size, found.path, found.root);
    }
    return found.state === "none" && found.pseudonym
      ? lfd1.checkAbsence(found.pseudonym, found.neighbours, found.size, found.root) : null;
  };
  const answered = async (place, found, how) => {
    const lines = [];
    const kind = { in: "yes", wait: "yes", refused: "no", none: "no", many: "no" }[found.state] || "bad";
    const head = found.state === "in" && how === "name" ? t("find.in_name") : t(`find.${found.state}`);
    if (found.name || found.at_ms) lines.push([found.name, found.at_ms ? t("find.at", { at: clock(found.at_ms) }) : ""].filter(Boolean).join(" · "));
    if (found.reason) lines.push(t("find.reason", { reason: t(`entry.${found.reason}`) }));
    if (found.state === "in" && found.position !== null) {
      lines.push(t("find.position", { n: found.position, size: found.size }));
      const row = main().querySelector(`[data-part=winners] [data-position="${found.position}"]`);
      if (row) lines.push(row.closest(".reserves") ? t("find.reserve") : t("find.won"));
    }
    let proved = null;
    try { proved = await prove(found); } catch { lines.push(t("cannot")); }
    const root = found.root.slice(0, 16);
    if (proved) lines.push(t(found.state === "none" ? "find.absent" : found.excluded ? "find.proved_out" : "find.proved", { root }));
    if (proved === false) lines.push(t("find.disproved"));
    if (found.comments > 0) lines.push(t("find.again", { n: found.comments }));
    place.className = `answer ${proved === false ? "bad" : kind}`;
    place.replaceChildren(make("b", head), ...lines.map((line) => make("span", line)));
    if (found.pseudonym) place.append(make("span", `${t("find.pseudonym")} `), make("code", found.pseudonym));
    place.hidden = false;
  };
  for (const form of document.querySelectorAll("[data-find]")) {
    const place = form.parentElement.querySelector("[data-answer]");
    form.hidden = false; // without scripts its answer could not be checked
    const way = () => form.querySelector("[name=how]:checked").value;
    const switched = () => { for (const node of form.querySelectorAll("[data-for]")) node.hidden = node.dataset.for !== way(); };
    form.addEventListener("change", switched);
    switched();
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const how = way();
      const button = form.querySelector("button");
      button.disabled = true;
      try {
        const answer = await fetch(form.dataset.find, {
          method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" },
          body: JSON.stringify({ how, text: form.elements.text.value, minute: how === "name" ? form.elements.minute.value : "" }),
        });
        const said = await answer.json();
        if (!answer.ok) throw Object.assign(new Error(), { said: said.error });
        place.dataset.root = said.published_root;
        place.dataset.excluded = said.published_excluded_root;
        await answered(place, said, how);
      } catch (wrong) {
        place.className = "answer bad";
        place.replaceChildren(make("b", wrong.said || t("failed_request")));
        place.hidden = false;
      } finally { button.disabled = false; }
    });
  }
})();
