/* What waits on this phone: sent whenever there is a network, counted on every page, listed where a page has room for it. */
"use strict";

(xhht => {
  if (document.body.dataset.phone === undefined) return;
  const { el, isNew } = xhht;
  const FIRST = 5000;
  const LONGEST = 300000;
  const box = document.querySelector("[data-waiting]");
  const whole = box && box.dataset.waiting === "all";
  const score = document.querySelector("[data-year]");
  const chosen = new Map(); // of a conflict: item|field -> mine or theirs
  const parts = new Map(); // how far an item is, while this page sends it
  let delay = FIRST, timer, drawn, signIn;

  /** A photo as it lies on the phone. */
  xhht.picture = photo => {
    if (!photo.type.startsWith("image/")) return el("span", { textContent: photo.name });
    const url = URL.createObjectURL(photo.blob);
    const image = el("img", { className: "outbox-photo", src: url, alt: photo.name });
    image.onload = image.onerror = () => URL.revokeObjectURL(url);
    return image;
  };

  /** Ask the browser to wake the worker when there is a network, where it can. */
  xhht.sendLater = () => {
    if (!navigator.serviceWorker) return;
    navigator.serviceWorker.ready.then(registered => registered.sync && registered.sync.register("outbox")).catch(() => {});
  };

  const kick = async opened => {
    clearTimeout(timer);
    const states = await xhht.ready ? (await xhht.items()).map(item => item.state) : [];
    const left = states.includes("sending"); // by a tab that was closed: it waits again, with a network or without
    if (navigator.onLine === false ? !(left && opened === true) : !(left || states.includes("phone"))) return;
    const { why, url } = await xhht.flush({ report: (item, part) => { parts.set(item.id, part); progress(item.id, part); } });
    signIn = why === "signed" ? url : undefined;
    drawn = undefined;
    await draw();
    delay = why === "offline" ? Math.min(delay * 2, LONGEST) : FIRST;
    if (why === "offline" || why === "busy") timer = setTimeout(kick, delay);
  };

  const progress = (id, part) => {
    const bar = document.getElementById(`bar-${id}`);
    if (bar) bar.value = Math.round(part * 100);
  };

  const button = (words, kind, act, id) => {
    const made = el("button", { type: "button", className: `btn ${kind}`, textContent: words, id });
    made.addEventListener("click", act);
    return made;
  };

  /** The page of an answer that was written in another year: its own year's. */
  const yearOf = item => {
    const [year] = item.fields.year || [];
    return item.query || !year || year === String(new Date().getFullYear()) ? item.query || "" : `?nam=${year}`;
  };

  const formOf = item => ({
    evidence: `/minh-chung/moi${item.query || ""}#may=${item.id}`,
    edit: `/minh-chung/${item.subject}/sua#may=${item.id}`,
    answer: `/diem/${item.subject}${yearOf(item)}`,
  })[item.kind];

  const retry = async item => {
    await xhht.change(item.id, { state: "phone", errors: null });
    delay = FIRST;
    await kick();
    const now = await xhht.one(item.id);
    xhht.note("note-retry", now && now.state === "phone" ? xhht.say("retry-not") : "");
  };

  const remove = async item => {
    const sure = await xhht.ask(xhht.say(item.row ? "remove-sure-row" : "remove-sure", { title: item.title }), [
      ["", xhht.say("remove-not"), "btn-second"], ["yes", xhht.say("remove-yes"), "btn-bad"],
    ]);
    if (sure === "yes") await xhht.remove(item.id);
  };

  const settle = async (item, pick) => {
    const fields = { ...item.fields };
    for (const { name } of item.theirs.rows) if (pick(name) === "theirs") fields[name] = item.theirs.fields[name] || [];
    await xhht.change(item.id, {
      fields, base: item.theirs.base, state: "phone", theirs: null, title: item.kind === "answer" ? item.title : fields.title[0],
    });
    await kick();
  };

  /** Both versions, field by field. */
  const both = item => {
    const made = el("div", { className: "outbox-both" }, el("p", { textContent: xhht.say("conflict-words") }));
    item.theirs.rows.forEach((row, at) => {
      const group = el("fieldset", { className: "field" }, el("legend", { textContent: row.label }));
      const choices = el("div", { className: "choices" });
      for (const side of ["mine", "theirs"]) {
        const key = `${item.id}|${row.name}`;
        const id = `pick-${item.id}-${at}-${side}`;
        const input = el("input", { type: "radio", name: key, value: side, id, checked: (chosen.get(key) || "mine") === side });
        input.addEventListener("change", () => chosen.set(key, side));
        choices.append(el("label", { className: "choice" }, input, el("span", { className: "choice-body" },
          el("b", { textContent: xhht.say(side) }), row[side] || xhht.say("left-empty"))));
      }
      group.append(choices);
      made.append(group);
    });
    made.append(el("div", { className: "btns" },
      button(xhht.say("send-chosen"), "", () => settle(item, name => chosen.get(`${item.id}|${name}`) || "mine"), `chosen-${item.id}`),
      button(xhht.say("all-mine"), "btn-second", () => settle(item, () => "mine"), `mine-${item.id}`),
      button(xhht.say("all-theirs"), "btn-second", () => settle(item, () => "theirs"), `theirs-${item.id}`)));
    return made;
  };

  const card = async item => {
    const made = el("li", { className: "outbox-item", id: `item-${item.id}` });
    const head = el("p", {}, el("b", { textContent: item.title }));
    const about = xhht.say(`kind-${item.kind}`);
    const when = item.state === "received" ? xhht.say("received-at", { time: xhht.moment(item.received) })
      : xhht.say("made-at", { time: xhht.moment(item.made) });
    made.append(head, el("p", { className: "soft", textContent: `${about} · ${when}` }), el("p", {}, xhht.tag(item.state)));
    if (!whole) return made;
    const photos = item.state === "received" ? [] : await xhht.photosOf(item.id);
    if (photos.length) made.append(el("div", { className: "outbox-photos" }, ...photos.map(xhht.picture)));
    if (item.state === "sending") {
      const bar = el("progress", { className: "progress", id: `bar-${item.id}`, max: 100 });
      bar.setAttribute("aria-label", xhht.say("sending-now"));
      if (parts.has(item.id)) bar.value = Math.round(parts.get(item.id) * 100);
      made.append(bar);
    }
    if (item.errors) {
      for (const texts of Object.values(item.errors))
        made.append(el("p", { className: "error" }, xhht.icon("alert"), el("span", { textContent: xhht.worded(texts[0]) })));
    }
    if (item.state === "conflict") made.append(both(item));
    const act = el("div", { className: "btns outbox-acts" });
    if (item.state === "received") act.append(el("a", { className: "btn btn-quiet", href: item.kind === "answer" ? formOf(item) : `/minh-chung/${item.subject}`, textContent: xhht.say("look-at-it") }));
    if (item.state === "phone" || item.state === "care") act.append(button(xhht.say("retry"), "btn-second", () => retry(item), `retry-${item.id}`));
    if (item.state === "phone" || item.state === "care") act.append(el("a", { className: "btn btn-second", href: formOf(item), textContent: xhht.say("mend") }));
    if (item.state !== "received" && item.state !== "sending") act.append(button(xhht.say("remove"), "btn-quiet", () => remove(item), `remove-${item.id}`));
    if (act.childNodes.length) made.append(act);
    return made;
  };

  /** Beside each indicator of the score's year the latest answer that is here, and not on the page already. */
  const beside = all => {
    score.querySelectorAll(".here").forEach(one => one.remove());
    const answers = all.filter(item => item.kind === "answer" && isNew(item) && String(item.fields.year) === score.dataset.year);
    for (const [code, item] of new Map(answers.map(item => [item.subject, item]))) {
      const foot = score.querySelector(`[data-code="${code}"]`);
      const words = xhht.say("answered", { points: item.fields.points, time: xhht.moment(item.made) });
      if (foot) foot.after(el("p", { className: "indicator-foot here" }, xhht.tag(item.state), words));
    }
  };

  /** What the list and the line on top show, drawn again when it has changed. */
  const draw = async () => {
    const all = await xhht.items();
    const waiting = all.filter(item => item.state !== "received");
    const now = JSON.stringify([all.map(item => [item.id, item.state, item.errors, item.title]), signIn]);
    if (now === drawn) return;
    drawn = now;
    if (!whole) xhht.note("note-waiting", waiting.length ? xhht.say(signIn ? "sign-in-to-send" : "waiting", { count: waiting.length }) : "", signIn || "/hop-gui");
    if (score) beside(all);
    if (!box) return;
    const shown = whole ? [...waiting, ...all.filter(item => item.state === "received").reverse()]
      : all.filter(item => item.kind !== "answer" && isNew(item));
    const list = el("ul", { className: "rows" }, ...await Promise.all(shown.map(card)));
    const pieces = [];
    if (whole && signIn) pieces.push(xhht.notice("miss", el("p", { textContent: xhht.say("signed-out") }), el("a", { className: "btn", href: signIn, textContent: xhht.say("sign-in") })));
    if (whole) pieces.push(el("p", { className: "lead", textContent: xhht.say(waiting.length ? "waiting" : "nothing-waits", { count: waiting.length }) }));
    if (!whole && shown.length) pieces.push(el("h2", { textContent: xhht.say("on-this-phone") }));
    if (shown.length) pieces.push(whole ? el("section", { className: "card" }, list) : list);
    const focused = document.activeElement && document.activeElement.id;
    const inside = box.contains(document.activeElement);
    box.hidden = !pieces.length;
    box.replaceChildren(...pieces);
    const again = focused && document.getElementById(focused);
    if (again) again.focus();
    else if (inside) box.focus(); // its button is gone: keys and readers go on here, not from the top of the page
  };

  let turn = Promise.resolve();
  const redraw = () => { turn = turn.then(draw).catch(() => {}); };

  (async () => {
    if (!await xhht.ready) return;
    if (whole) {
      let title;
      try { title = sessionStorage.getItem("xhht-kept"); sessionStorage.removeItem("xhht-kept"); } catch (_error) { /* not said */ }
      if (title && (await xhht.items()).some(item => item.title === title)) // never what another made in this tab
        box.before(xhht.notice("yes", el("p", { textContent: xhht.say("kept-here", { title }) })));
    }
    if (box) box.tabIndex = -1;
    xhht.onChange(redraw);
    await xhht.tidy();
    redraw();
    xhht.kick = kick;
    addEventListener("online", () => { delay = FIRST; kick(); });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") kick(); });
    await kick(true);
  })().catch(() => {});
})(self.xhht);
