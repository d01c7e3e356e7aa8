/* What is typed on a form with data-draft is saved while it is typed: on the server, or on the phone without a network.
   The form's `now` is the server's clock as the page was made, so that words are dated by one clock everywhere. */
"use strict";

(xhht => {
  const AFTER = 3000; // of silence, then the server is told
  const SOON = 300; // then the phone: it may be put away at any moment
  const LAST = "draft|"; // what a closing page wrote down, where nothing needs to be waited for
  const SAME = 2000; // between sending a form and its being in the outbox
  const { owner, sent } = document.body.dataset;
  const { kept } = document.documentElement.dataset;

  /** The phone's own store; absent while acting for somebody, and where a browser has none. */
  const here = async () => owner && xhht.db ? xhht.db() : undefined;
  const key = page => `${owner}|${page}`;
  const forget = async page => {
    try { localStorage.removeItem(LAST + key(page)); } catch (_error) { /* switched off */ }
    const db = await here();
    if (db) await db.delete("drafts", key(page));
  };

  /** What closing pages wrote down moves to where drafts are, unless something later is there. */
  const gatherLast = async () => {
    const db = await here();
    if (!db) return;
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith(LAST)) continue;
      const draft = JSON.parse(localStorage.getItem(name));
      const known = await db.get("drafts", name.slice(LAST.length));
      if (!known || known.saved < draft.saved) await db.put("drafts", draft, name.slice(LAST.length));
      localStorage.removeItem(name);
    }
  };

  /** Whether a field is never written down: the page's token, an identity number, an agreement. */
  const without = (form, name) => (form.dataset.draftWithout || "csrf_token").split(" ").includes(name);

  /** Every field's values by its name, without files, buttons and what is never written down. */
  const gather = form => {
    const fields = {};
    for (const [name, value] of new FormData(form))
      if (typeof value === "string" && !without(form, name)) (fields[name] = fields[name] || []).push(value);
    return fields;
  };

  const fill = (form, fields) => {
    for (const one of form.elements) {
      const values = fields[one.name];
      if (!one.name || without(form, one.name) || one.type === "file" || one.type === "submit") continue;
      if (one.type === "radio" || one.type === "checkbox") one.checked = Boolean(values) && values.includes(one.value);
      else if (values) one.value = values[0];
      if (one.type === "radio" || one.type === "checkbox" ? one.checked : values && values[0]) xhht.unfold(one);
    }
  };

  const time = moment => xhht.moment(moment).split(" ")[0];

  /** Whether these words were put in the outbox since: then they are no draft any more. */
  const inOutbox = async (db, form, draft) => {
    const wanted = form.dataset.outbox;
    if (!wanted) return false;
    const path = form.dataset.draft.split("?")[0].split("/"); // /diem/<code>, /minh-chung/<id>/sua
    const subject = wanted === "evidence" ? (draft.fields.id || [])[0] : path[2];
    const items = await db.getAllFromIndex("items", "owner", owner);
    return items.some(one => one.kind === wanted && one.subject === subject && one.made >= draft.at - SAME);
  };

  const watch = form => {
    const { draft: page, draftWho: who, draftSince, draftNow } = form.dataset;
    const ahead = Number(draftNow) - (kept ? Date.parse(kept) : Date.now());
    form.draftMoment = () => Math.round(Date.now() + ahead);
    const line = form.querySelector(".draft-line");
    const said = form.querySelector(".draft-said");
    let timer, soon, typed, asking, state;

    /** The line says when; aloud it is said once for each change, not for every save. */
    const say = (which, at) => {
      const text = xhht.say(which, { at });
      line.textContent = text;
      if (which !== state) said.textContent = text;
      state = which;
    };

    const keepHere = async (fields, saved) => {
      try {
        const db = await here();
        if (!db) return false;
        await db.put("drafts", { fields, saved, at: saved - ahead, who }, key(page));
        return true;
      } catch (_error) {
        return false;
      }
    };

    const send = async (fields, moment, again) => {
      const body = new FormData();
      body.set("csrf_token", form.elements.csrf_token.value);
      body.set("who", who);
      body.set("path", page);
      body.set("typed", String(moment));
      body.set("fields", JSON.stringify(fields));
      asking = self.AbortController ? new AbortController() : {};
      const answer = await fetch("/nhap", {
        body, method: "POST", keepalive: true, credentials: "same-origin", redirect: "manual", signal: asking.signal,
        headers: { "X-Xhht-Draft": who },
      });
      if (answer.type === "opaqueredirect" || answer.status === 401) return "signed"; // to where one signs in
      if (answer.status === 400 && !again && xhht.askKey) { // a kept page of a session before this one
        form.elements.csrf_token.value = await xhht.askKey(owner);
        return send(fields, moment, true);
      }
      return answer.ok && (await answer.json()).state;
    };

    const save = async () => {
      clearTimeout(timer);
      if (!typed) return;
      const moment = typed, fields = gather(form);
      typed = undefined;
      let there = false;
      try {
        there = navigator.onLine && await send(fields, moment);
      } catch (error) {
        if (error && error.name === "AbortError") return;
      }
      if (there === "signed") {
        say(await keepHere(fields, moment) ? "draft_signed" : "draft_unkept", time(moment - ahead));
      } else if (there) {
        if (there === "saved") say("draft_saved", time(moment - ahead)); // else later words are there already
        if (!typed) await forget(page).catch(() => {});
      } else if (await keepHere(fields, moment)) say("draft_here", time(moment - ahead));
      else say("draft_unkept");
    };

    const touch = () => {
      typed = Math.round(Date.now() + ahead);
      clearTimeout(timer);
      clearTimeout(soon);
      timer = setTimeout(save, AFTER);
      soon = setTimeout(() => { if (typed) keepHere(gather(form), typed); }, SOON);
    };

    /** The phone's own draft is newer than what the page was filled with: fill it in, and say so. */
    const restore = async () => {
      const db = await here();
      const draft = db && await db.get("drafts", key(page));
      if (!draft || typed) return;
      const { year } = form.elements; // another year's answer is given back on that year's page only
      if (year && draft.fields.year && draft.fields.year[0] !== year.value) return;
      if (draft.saved <= Number(draftSince) || await inOutbox(db, form, draft)) {
        await forget(page);
        return;
      }
      fill(form, draft.fields);
      const old = document.querySelector(".draft-notice");
      if (old) old.remove();
      const note = Object.assign(document.createElement("div"), { className: "notice draft-notice" });
      const inner = document.createElement("div");
      const drop = Object.assign(document.createElement("button"),
        { type: "button", className: "btn btn-quiet", textContent: xhht.say("draft_drop") });
      drop.addEventListener("click", async () => {
        typed = undefined;
        clearTimeout(timer);
        clearTimeout(soon);
        await forget(page);
        const body = new FormData();
        body.set("csrf_token", form.elements.csrf_token.value);
        body.set("path", page);
        const headers = { "X-Xhht-Draft": who };
        await fetch("/nhap/bo", { body, headers, method: "POST", credentials: "same-origin", redirect: "manual" }).catch(() => {});
        location.replace(page);
      });
      inner.append(Object.assign(document.createElement("p"),
        { textContent: xhht.say("draft_filled", { at: time(draft.at) }) }), drop);
      note.append(inner);
      form.before(note);
      typed = draft.saved;
      timer = setTimeout(save, 0);
    };

    form.addEventListener("input", touch);
    form.addEventListener("change", touch);
    form.addEventListener("submit", () => {
      clearTimeout(timer);
      clearTimeout(soon);
      if (asking && asking.abort) asking.abort();
      typed = undefined;
      keepHere(gather(form), Math.round(Date.now() + ahead)); // until a page says that it arrived
    });
    const away = () => {
      if (typed && owner) { // neither the network nor the store is waited for: the page may end at any moment
        const last = { fields: gather(form), saved: typed, at: typed - ahead, who };
        try { localStorage.setItem(LAST + key(page), JSON.stringify(last)); } catch (_error) { /* full, or switched off */ }
      }
      save();
    };
    addEventListener("pagehide", away);
    addEventListener("online", () => { if (state === "draft_here" || state === "draft_unkept") touch(); });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") away(); });
    if (form.dataset.draftUnsaved !== undefined) touch();
    restore().catch(() => {});
  };

  /** For whoever sends a form in another way: its words are safe elsewhere. */
  xhht.draftSent = form => forget(form.dataset.draft);

  const forms = document.querySelectorAll("form[data-draft]");
  for (const one of document.querySelectorAll("form[data-draft] .draft-save")) one.hidden = true;
  xhht.ready.then(async () => {
    await gatherLast().catch(() => {});
    if (sent) await forget(sent).catch(() => {});
    await xhht.filled; // by what waits in the outbox: words typed after that stand above it
    for (const form of forms) if (form.dataset.draft) watch(form);
  });
})(self.xhht);
