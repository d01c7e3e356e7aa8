/* Sending what waits on the phone: one thing after the other in the order made, by one tab or the worker at a time.
   Shared by pages and by the service worker; stands on outbox.js. */
"use strict";

(xhht => {
  const BASE = "/hop-gui";
  const PATIENCE = 90000; // ms in which nothing moves
  const SLOWEST = 10; // bytes a ms, where nobody sees them move
  const LEASE = 2 * PATIENCE;
  const TOO_LARGE = "413"; // said in words where it is shown: the worker knows no language
  const me = xhht.newId();
  let token = "";

  xhht.patience = PATIENCE;
  xhht.worded = text => text === TOO_LARGE ? xhht.say("too-large") : text;

  /** What was said; a gateway that will not let a body through says so in no JSON. */
  const read = (status, text) => {
    try {
      return { status, said: JSON.parse(text) };
    } catch (error) {
      if (status === 413) return { status, said: {} };
      throw error;
    }
  };
  const sizeOf = body => body ? [...body.values()].reduce((sum, value) => sum + (value.size || value.length || 0), 0) : 0;

  /** Ask and read JSON; an answer that is none, such as a hotspot's own page, counts as no network. */
  const byFetch = async (url, body, headers) => {
    const over = new AbortController();
    let late = false;
    const timer = setTimeout(() => { late = true; over.abort(); }, xhht.patience + sizeOf(body) / SLOWEST);
    try {
      const answer = await fetch(url, {
        method: body ? "POST" : "GET", body, headers, signal: over.signal, credentials: "same-origin", cache: "no-store",
        redirect: "error",
      });
      return read(answer.status, await answer.text());
    } catch (error) {
      throw late ? new Stop("late") : error;
    } finally {
      clearTimeout(timer);
    }
  };

  /** The same with progress, where a page may watch it: as long as it moves it is waited for. */
  const byRequest = (url, body, headers, progress) => new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    let timer;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => { fail(new Stop("late")); request.abort(); }, xhht.patience);
    };
    for (const name of Object.keys(headers)) request.setRequestHeader(name, headers[name]);
    request.upload.onprogress = event => { wait(); progress(event.loaded); };
    request.onprogress = wait;
    request.onloadend = () => clearTimeout(timer);
    request.onerror = request.onabort = () => fail(new Error("no network"));
    request.onload = () => {
      try {
        done(read(request.status, request.responseText));
      } catch (error) {
        fail(error);
      }
    };
    wait();
    request.send(body);
  });
  const post = self.XMLHttpRequest ? byRequest : byFetch;

  /** Why sending stops for now: offline, signed (out), owner (another's), broken (at this thing only),
      late (nothing moved for too long). */
  class Stop extends Error {
    constructor(why, url) {
      super(why);
      this.why = why;
      this.url = url;
    }
  }

  const key = async owner => {
    const { status, said } = await byFetch(`${BASE}/chia-khoa`);
    if (status === 401) throw new Stop("signed", said.url);
    if (status === 403) throw new Stop("owner"); // acting for somebody
    if (status !== 200 || !said.token) throw new Stop("offline");
    if (said.owner !== owner) throw new Stop("owner");
    token = said.token;
  };

  /** One request of an item; a token that has aged is fetched anew, once. */
  const ask = async (item, url, body, progress) => {
    const headers = () => ({ "X-CSRFToken": token, "X-Xhht-Owner": item.owner });
    if (!token) await key(item.owner);
    let answer = await post(url, body, headers(), progress);
    if (answer.status === 400 && answer.said.error === "token") {
      await key(item.owner);
      answer = await post(url, body, headers(), progress);
    }
    const { status, said } = answer;
    if (status === 401) throw new Stop("signed", said.url);
    if (status === 403 && said.error === "owner") throw new Stop("owner");
    if (status === 500) throw new Stop("broken");
    const again = status === 429 || status > 500 || (status === 400 && said.error === "token");
    if (again || (status === 200 && said.state !== "received")) throw new Stop("offline");
    return answer;
  };

  const address = item => {
    const to = { evidence: "viec", edit: `sua/${item.subject}`, answer: `cham/${item.subject}` }[item.kind];
    return `${BASE}/${to}${item.query || ""}`;
  };

  const about = item => item.kind === "answer" ? `answer ${item.subject} ${item.fields.year || item.query || ""}` : item.subject;

  const bodyOf = (item, all, photos, foreground) => {
    const body = new FormData();
    body.append("item", item.id);
    body.append("id", item.subject);
    for (const name of Object.keys(item.fields)) for (const value of item.fields[name]) body.append(name, value);
    // What it may write over: what its page showed, and what this phone has sent itself.
    const sent = all.filter(other => about(other) === about(item) && other.tries > 0).flatMap(other => other.seen || []);
    for (const base of new Set([item.base, ...item.seen, ...sent])) if (base) body.append("base", base);
    if (photos.length) body.append("photos", "1");
    if (item.page && item.typed) { // the draft that was this is done with; one typed later is not
      body.append("draft", item.page);
      body.append("typed", String(item.typed));
    }
    if (foreground) body.append("say", "1");
    return body;
  };

  /** What the server would not take: beside its field, or a conflict with both versions. */
  const refuse = (item, { status, said }) => {
    if (status === 409 && said.theirs) return xhht.change(item.id, { state: "conflict", theirs: said.theirs });
    if (status === 404 && item.kind === "edit") // what it corrects is gone: its words wait as another thing
      return xhht.change(item.id, { kind: "evidence", subject: xhht.newId(), base: "", seen: [], state: "care", errors: { "": [said.message] } });
    return xhht.change(item.id, { state: "care", errors: said.errors || { "": [said.message || (status === 413 ? TOO_LARGE : "")] } });
  };

  const deliver = async (item, all, how) => {
    const photos = await xhht.photosOf(item.id);
    const weight = 2000 + photos.reduce((sum, photo) => sum + photo.blob.size, 0);
    let done = 0;
    const progress = loaded => how.report && how.report(item, Math.min(1, (done + loaded) / weight));
    const foreground = how.say === item.id;
    let { url } = item;
    if (!item.row) {
      const answer = await ask(item, address(item), bodyOf(item, all, photos, foreground), () => progress(0));
      if (answer.status !== 200) return refuse(item, answer);
      url = answer.said.url;
      const seen = answer.said.base ? [answer.said.base] : item.seen;
      if (!await xhht.change(item.id, { row: true, url, seen })) return undefined;
    }
    done = 2000;
    for (const photo of photos) {
      if (!photo.sent) {
        const body = new FormData();
        body.append("item", photo.id);
        body.append("files", photo.blob, photo.name);
        if (foreground) body.append("say", "1");
        const answer = await ask(item, `${BASE}/viec/${item.subject}/tep`, body, progress).catch(error => {
          throw error.why === "late" ? new Stop("broken") : error; // too large for this line: what is behind it goes on
        });
        if (answer.status !== 200) return refuse(item, answer);
        const { store } = (await xhht.db()).transaction("photos", "readwrite");
        if (await store.get(photo.id)) await store.put({ ...photo, sent: true }); // its owner may have left meanwhile
      }
      done += photo.blob.size;
    }
    return xhht.change(item.id, { state: "received", received: Date.now(), url, errors: null, theirs: null });
  };

  /** An answer waits for the evidence it leans on; what is about the same thing keeps its order. */
  const held = (item, all) => all.some((other, at) => other.state !== "received" && (
    (at < all.indexOf(item) && about(other) === about(item)) ||
    (item.kind === "answer" && other.kind === "evidence" && !other.row && (item.fields.evidence || []).includes(other.subject))
  ));

  const sendAll = async how => {
    const broken = []; // what the server fails at: the others go on, it is tried another time
    for (const item of await xhht.items()) if (item.state === "sending") await xhht.change(item.id, { state: "phone" });
    for (;;) {
      const all = await xhht.items();
      const item = all.find(other => other.state === "phone" && !broken.includes(other.id) && !held(other, all));
      if (!item) return { why: broken.length ? "offline" : "done" };
      if (!await xhht.change(item.id, { state: "sending", tries: item.tries + 1 })) continue;
      try {
        await deliver(item, all, how);
      } catch (error) {
        await xhht.change(item.id, { state: "phone" });
        if (error.why !== "broken") return { why: error.why === "late" ? "offline" : error.why || "offline", url: error.url };
        broken.push(item.id);
      }
    }
  };

  const lease = async () => {
    const store = (await xhht.db()).transaction("meta", "readwrite");
    const held = await store.store.get("lease");
    const free = !held || held.by === me || held.until < Date.now();
    if (free) await store.store.put({ by: me, until: Date.now() + LEASE }, "lease");
    await store.done;
    return free;
  };

  /** Do it while nobody else does: under a lock, or where there are none a lease that runs out. */
  const alone = async (work, wait) => {
    if (navigator.locks) {
      const over = new AbortController();
      const timer = wait && setTimeout(() => over.abort(), 30000);
      const how = wait ? { signal: over.signal } : { ifAvailable: true };
      const locked = lock => { clearTimeout(timer); return lock ? work() : { why: "busy" }; };
      return navigator.locks.request("xhht-outbox", how, locked).catch(() => ({ why: "busy" }));
    }
    for (let turn = wait ? 60 : 0; !await lease(); turn--) {
      if (turn <= 0) return { why: "busy" };
      await new Promise(go => setTimeout(go, 500));
    }
    const beat = setInterval(() => lease().catch(() => {}), PATIENCE / 3); // a large photo takes its time
    try {
      return await work();
    } finally {
      clearInterval(beat);
      await (await xhht.db()).delete("meta", "lease");
    }
  };

  let line = Promise.resolve();

  /** Send what waits. `say`: the item whose maker looks on; `report(item, part)`; `wait` for another tab to finish.
      Answers why it ended: done, offline, signed (with url), owner, busy. */
  xhht.flush = (how = {}) => {
    if (how.token) token = how.token;
    line = line.then(() => alone(() => sendAll(how), how.wait)).catch(() => ({ why: "offline" }));
    return line;
  };

  /** A token of whoever is signed in here; Stop when that is nobody or another. */
  xhht.askKey = async owner => { await key(owner); return token; };
})(self.xhht);
