/* The forms a phone may send later: what is saved is first kept on the phone, then sent, and stays until it has arrived. */
"use strict";

(xhht => {
  const form = document.querySelector("form[data-outbox]");
  if (!form) return;
  const { el, pageMade, isNew } = xhht;
  const kind = form.dataset.outbox;
  const here = new URL(location.href);
  const MOST_PHOTOS = 5;
  const OWN = ["csrf_token", "id", "version", "base", "files"];
  const AS_IS = [...OWN, "year"]; // the page's own, whatever an item says
  const REQUIRED = kind === "answer"
    ? { points: "pick-points" } : { kind: "pick-kind", title: "fill-in", learned_on: "fill-day" };
  const root = document.documentElement;
  const { owner } = document.body.dataset; // whose words these are, whoever the phone is with by the time they are saved
  const ahead = form.dataset.draftNow ? form.dataset.draftNow - pageMade : 0; // of this phone's clock, the server's
  let subject = kind === "evidence" ? xhht.newId() : here.pathname.split("/")[2];
  let query = queryOf(new URL(form.action));
  let base = form.elements.base ? form.elements.base.value : "";
  let current; // the item of this form that is on the phone already
  let carried = []; // its photos
  let mended; // the draft that the item was, where another draft may wait on this page
  let pressed, busy = false, plain = false, gone = false;

  function queryOf(url) {
    const kept = new URLSearchParams();
    for (const name of ["chi-so", "loai", "nam"]) if (url.searchParams.get(name)) kept.set(name, url.searchParams.get(name));
    return kept.toString() ? `?${kept}` : "";
  }

  /** A kept page carries the id it was made with: another thing gets another id. */
  const freshId = () => {
    if (kind !== "evidence") return;
    subject = xhht.newId();
    if (form.elements.id) form.elements.id.value = subject;
  };

  const state = el("div", { className: "outbox-state" });
  state.setAttribute("role", "status");
  form.before(state);
  const show = (...children) => state.replaceChildren(...children);

  const check = (fields, files) => {
    const errors = {};
    for (const name of Object.keys(REQUIRED))
      if (!(fields[name] || []).some(value => value.trim())) errors[name] = [xhht.say(REQUIRED[name])];
    const day = (fields.learned_on || [""])[0];
    const wrong = day.trim() && xhht.wrongDay(day, Date.now() + ahead);
    if (wrong) errors.learned_on = [wrong];
    if (files.length + carried.length > MOST_PHOTOS) errors.files = [xhht.say("most-photos", { count: MOST_PHOTOS })];
    return errors;
  };

  const shrink = async file => {
    try {
      if (xhht.photos && xhht.photos.shrink) return await xhht.photos.shrink(file);
    } catch (_error) { /* what cannot be shrunk goes as it came */ }
    return { blob: file, name: file.name, type: file.type };
  };

  const busyNow = on => {
    busy = on;
    for (const button of form.querySelectorAll("button")) {
      if (on) button.setAttribute("aria-disabled", "true"); else button.removeAttribute("aria-disabled");
    }
  };

  const watch = () => {
    const bar = el("progress", { className: "progress", max: 100, value: 0 });
    const words = el("p", { textContent: xhht.say("sending-now") });
    bar.setAttribute("aria-label", xhht.say("sending-now"));
    show(words, bar);
    state.scrollIntoView({ block: "center" });
    return (item, part) => {
      const percent = Math.round(part * 100);
      bar.value = percent;
      const said = item.id === current ? xhht.say("sending-part", { percent: percent - percent % 25 }) : xhht.say("sending-before");
      if (words.textContent !== said) words.textContent = said; // read aloud: not at every percent
    };
  };

  /** It stays on the phone: on to the page that says so, where that opens without a network; else it is said here. */
  const stays = async title => {
    const opens = navigator.serviceWorker && navigator.serviceWorker.controller && self.caches &&
      await caches.match("/hop-gui", { cacheName: "pages" });
    if (opens) {
      try { sessionStorage.setItem("xhht-kept", title); } catch (_error) { /* then the page does not say it again */ }
      return location.assign("/hop-gui");
    }
    show(xhht.notice("yes", el("p", { textContent: xhht.say("kept-here", { title }) })));
    state.scrollIntoView({ block: "center" });
    if (kind === "evidence") { form.reset(); freshId(); forget(); }
    return undefined;
  };

  /** The phone is with somebody else now: the words lie on it unseen until whoever wrote them comes again. */
  const awaits = title => {
    form.hidden = true;
    show(xhht.notice("miss", el("p", { textContent: xhht.say("kept-for-writer", { title }) })));
    state.scrollIntoView({ block: "center" });
  };
  const isMine = async () => await xhht.owner() === owner;

  const forget = () => { current = mended = undefined; carried = []; drawCarried(); };

  const submit = async submitter => {
    const data = new FormData(form);
    if (submitter && submitter.name) data.append(submitter.name, submitter.value);
    const fields = {};
    for (const [name, value] of data.entries())
      if (typeof value === "string" && !OWN.includes(name)) (fields[name] = fields[name] || []).push(value.replace(/\r\n/g, "\n"));
    const files = data.getAll("files").filter(file => file.size || file.name);
    const errors = check(fields, files);
    if (Object.keys(errors).length) return xhht.showErrors(form, errors);
    xhht.clearErrors(form);
    show(el("p", { textContent: xhht.say(files.length ? "preparing" : "keeping") }));
    const photos = carried.map(photo => ({ ...photo }));
    for (const file of files) photos.push({ id: xhht.newId(), sent: false, ...await shrink(file) });
    const title = kind === "answer" ? document.querySelector("h1").textContent.trim() : fields.title[0].trim();
    const said = kind === "answer"
      ? [JSON.stringify([{ points: fields.points[0], note: (fields.note || [""])[0].trim() }, fields.evidence || []])] : [];
    const item = {
      id: xhht.newId(), owner, kind, subject, title, query, fields, base, made: Date.now(), tries: 0,
      state: "phone", errors: null, theirs: null, received: null, url: null, seen: said, row: false,
      page: form.dataset.draft || "", typed: form.draftMoment ? form.draftMoment() : 0, ...mended,
    };
    await xhht.keep(item, photos, current);
    current = item.id;
    gone = true;
    form.querySelectorAll("[type=file]").forEach(input => { input.value = ""; }); // the item has them: never twice
    carried = photos;
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
    form.dispatchEvent(new CustomEvent("xhht:kept", { bubbles: true }));
    drawCarried();
    if (xhht.draftSent) await xhht.draftSent(form);
    if (!await isMine()) return awaits(title);
    if (!navigator.onLine) {
      xhht.sendLater();
      return stays(title);
    }
    const token = root.dataset.kept ? "" : form.elements.csrf_token.value;
    const sent = xhht.flush({ say: item.id, token, report: watch(), wait: true });
    xhht.sendLater(); // after this page has asked for its turn: the worker goes on where it is closed meanwhile
    const { why, url } = await sent;
    const now = await (await xhht.db()).get("items", item.id);
    if (now && now.state !== "received" && (why === "owner" || !await isMine())) return awaits(title);
    carried = now ? await xhht.photosOf(now.id) : [];
    drawCarried();
    if (now && now.state === "received") return location.assign(now.url);
    if (now && now.state === "care") {
      show();
      return xhht.showErrors(form, now.errors);
    }
    if (now && now.state === "conflict") return location.assign("/hop-gui");
    if (why === "signed") {
      return show(xhht.notice("miss", el("p", { textContent: xhht.say("signed-out") }),
        el("a", { className: "btn", href: url, textContent: xhht.say("sign-in") })));
    }
    return stays(title);
  };

  const isFull = error => [error, error && error.cause].some(one => one && one.name === "QuotaExceededError");

  /** Whether the server is there, for the one who wrote this or for nobody: it leads to signing in and back. */
  const reaches = async () => {
    if (!navigator.onLine) return false;
    try {
      await xhht.askKey(owner);
      return true;
    } catch (error) {
      return error.why === "signed";
    }
  };

  const failed = async (error, submitter) => {
    if (isFull(error)) {
      return show(xhht.notice("bad", el("p", { textContent: xhht.say("full") })));
    }
    if (gone) return location.assign("/hop-gui"); // it is on the phone, whatever happened after
    if (!await reaches()) {
      show(xhht.notice("bad", el("p", { textContent: xhht.say("unkept") })));
      return state.scrollIntoView({ block: "center" });
    }
    plain = true; // no store on this phone: the form goes as any other
    show();
    return submitter && form.requestSubmit ? form.requestSubmit(submitter) : form.submit();
  };

  form.addEventListener("click", event => { pressed = event.target.closest("button"); });
  form.addEventListener("submit", event => {
    if (plain) return;
    event.preventDefault();
    if (busy) return;
    const submitter = event.submitter || pressed;
    gone = false;
    busyNow(true);
    submit(submitter).catch(error => failed(error, submitter)).finally(() => busyNow(false));
  });
  addEventListener("pageshow", event => {
    if (!event.persisted || !gone) return;
    freshId();
    forget();
    show();
  });

  /** Photos that are on the phone with this item: shown, and taken off one by one. */
  const drawCarried = () => {
    const old = document.getElementById("outbox-photos");
    if (old) old.remove();
    const upload = document.getElementById("files");
    if (!carried.length || !upload) return;
    const list = el("ul", { className: "outbox-photos", id: "outbox-photos" });
    for (const photo of carried) {
      const button = el("button", { type: "button", className: "btn btn-quiet", textContent: xhht.say("photo-off", { name: photo.name }) });
      button.addEventListener("click", () => { carried = carried.filter(other => other !== photo); drawCarried(); });
      list.append(el("li", {}, xhht.picture(photo), photo.sent ? el("span", { textContent: xhht.say("state-received") }) : button));
    }
    upload.closest(".field").append(list);
  };

  const fill = fields => {
    for (const one of form.elements) {
      if (!one.name || AS_IS.includes(one.name) || one.type === "file" || one.tagName === "BUTTON") continue;
      const values = fields[one.name] || [];
      if (one.type === "radio" || one.type === "checkbox") one.checked = values.includes(one.value);
      else one.value = values[0] || "";
      if (one.type === "radio" || one.type === "checkbox" ? one.checked : one.value) xhht.unfold(one);
    }
  };

  /** Evidence that is on the phone only may stand behind an answer as well. */
  const offer = waiting => {
    const known = new Set([...form.querySelectorAll("[name=evidence]")].map(input => input.value));
    const fresh = waiting.filter(item => item.kind === "evidence" && !known.has(item.subject) && isNew(item));
    if (!fresh.length) return;
    let group = document.getElementById("evidence");
    if (!group) {
      group = el("fieldset", { className: "field", id: "evidence", tabIndex: -1 },
        el("legend", { className: "title", textContent: xhht.say("evidence") }), el("div", { className: "choices" }));
      const none = form.querySelector(":scope > .notice:not(.provisional)");
      if (none) none.replaceWith(group); else form.elements.note.closest(".field").before(group);
    }
    fresh.forEach((item, at) => {
      const input = el("input", { type: "checkbox", name: "evidence", id: `evidence-here-${at}`, value: item.subject });
      input.checked = (item.fields.indicators || []).includes(subject);
      if (input.checked) base = withTick(base, item.subject);
      group.querySelector(".choices").append(el("label", { className: "choice" }, input, el("span", { className: "choice-body" },
        el("b", { textContent: item.title }), el("span", { className: "hint", textContent: xhht.say("only-here") }))));
    });
  };
  /** An answer is about one year; what was written before pages said theirs is known by its address. */
  const sameYear = item => item.fields.year && form.elements.year ? item.fields.year[0] === form.elements.year.value
    : (item.query || "") === query;

  /** The page was made before this evidence arrives, and it arrives with its tick: that is nobody else's change. */
  const withTick = (text, id) => {
    try {
      const [texts, ticks] = JSON.parse(text);
      return JSON.stringify([texts, [...ticks, id]]);
    } catch (_error) {
      return text;
    }
  };

  xhht.filled = (async () => {
    if (!await xhht.ready) return;
    const all = (await xhht.items()).filter(item => item.owner === owner);
    if (kind === "answer") offer(all);
    const wanted = here.searchParams.get("may") || new URLSearchParams(location.hash.slice(1)).get("may");
    const mine = all.filter(item => item.kind === kind && isNew(item) &&
      (kind === "evidence" ? item.id === wanted : item.subject === subject && sameYear(item)));
    const item = mine.pop();
    freshId();
    if (!item) return;
    const drafted = document.querySelector(".draft-notice");
    if (kind === "evidence") { // the page's draft is about another thing: it is left as it is
      mended = { page: item.page, typed: item.typed };
      delete form.dataset.draft;
      form.querySelectorAll(".draft").forEach(part => part.remove());
    }
    const later = kind !== "evidence" && drafted && Number(form.dataset.draftSince) > item.typed + 1;
    if (!later) {
      fill(item.fields);
      if (drafted) drafted.remove();
    }
    if (item.state !== "received") {
      ({ subject, query } = item);
      if (form.elements.id) form.elements.id.value = subject;
      current = item.id;
      carried = await xhht.photosOf(item.id);
      drawCarried();
    }
    show(el("p", { className: "outbox-here" }, xhht.tag(item.state), " ",
      later ? null : xhht.say("filled-from-here", { time: xhht.moment(item.made) }),
      item.state === "conflict" ? el("a", { href: "/hop-gui", textContent: xhht.say("see-both") }) : null));
    if (item.errors) xhht.showErrors(form, item.errors);
  })().catch(() => {});
})(self.xhht);
