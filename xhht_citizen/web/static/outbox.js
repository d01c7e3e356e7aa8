/* What is kept on the phone: things made and not sent yet, photos, drafts, and whose phone this is.
   Shared by pages and by the service worker; needs idb. */
"use strict";
self.xhht = self.xhht || {};

(xhht => {
  const NAME = "xhht";
  const STORES = ["meta", "items", "photos", "drafts"];
  let opened;

  /** The database; opened once, and again after another tab made it close. */
  const db = () => {
    opened = opened || idb.openDB(NAME, 1, {
      upgrade(made) {
        made.createObjectStore("meta");
        made.createObjectStore("items", { keyPath: "id" }).createIndex("owner", "owner");
        made.createObjectStore("photos", { keyPath: "id" }).createIndex("item", "item");
        made.createObjectStore("drafts");
      },
      blocking(_now, _wanted, event) { event.target.close(); opened = undefined; },
      terminated() { opened = undefined; },
    }).catch(error => { opened = undefined; throw error; });
    return opened;
  };

  /** Whose phone this is now: the key that pages carry, or undefined. */
  const owner = async () => (await db()).get("meta", "owner");

  /** Whether a page that was asked for then (ms) comes too late: another came in since, or everybody signed out. */
  const late = async (store, asked) => {
    const since = await store.get("since");
    return since !== undefined && since <= Date.now() && asked < since;
  };

  /** Say whose phone this is, as a page says that was asked for at that moment. What was kept of another's pages goes;
      what another has not sent stays, unseen. */
  const arrive = async (key, asked = Date.now()) => {
    const made = await db();
    const meta = made.transaction("meta").store;
    if (await meta.get("owner") === key || await late(meta, asked)) return;
    if (self.caches) await caches.delete("pages");
    const now = made.transaction("meta", "readwrite");
    if (await late(now.store, asked)) return;
    await Promise.all([now.store.put(key, "owner"), now.store.put(Date.now(), "since"), now.done]);
  };

  /** Pages, drafts and what was received go: after signing out, as a page says that was asked for at that moment. What
      was not sent goes when its owner said so (`all`); else, and what is another's, it stays here unseen until its owner
      comes again. */
  const wipe = async (all, asked = Date.now()) => {
    const held = await db().catch(() => null);
    if (held && await late(held.transaction("meta").store, asked)) return;
    if (self.caches) for (const name of await caches.keys()) if (name !== "static") await caches.delete(name);
    try { sessionStorage.removeItem("xhht-kept"); } catch (_error) { /* a worker has none */ }
    if (!held) return;
    const made = held.transaction(STORES, "readwrite");
    const [meta, items, drafts] = ["meta", "items", "drafts"].map(name => made.objectStore(name));
    const key = await meta.get("owner");
    await meta.clear();
    await meta.put(Date.now(), "since");
    if (key) {
      for (const item of await items.index("owner").getAll(key))
        if (all || item.state === "received") await erase(made, item.id);
      for (const name of await drafts.getAllKeys()) if (String(name).startsWith(`${key}|`)) await drafts.delete(name);
      if (self.localStorage)
        for (const name of Object.keys(localStorage)) if (name.startsWith(`draft|${key}|`)) localStorage.removeItem(name);
    }
    await made.done;
    tell();
  };

  /** An id as the server makes them: UUIDv7, in the order of time. Works on plain http too. */
  let last = 0;
  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    let time = last = Math.max(Date.now(), last + 1); // what is made in one moment keeps its order
    for (let at = 5; at >= 0; at--) { bytes[at] = time % 256; time = Math.floor(time / 256); }
    bytes[6] = bytes[6] & 15 | 112;
    bytes[8] = bytes[8] & 63 | 128;
    const hex = [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };

  // Things made here. An item: id, owner, kind, subject, title, query, fields {name: [values]}, base, made, tries, state,
  // errors, theirs, received, url; seen: what the server will have when it has arrived; row: it has, photos follow.
  const WEEK = 7 * 86400 * 1000;
  const listeners = [];
  const channel = self.BroadcastChannel && new BroadcastChannel("xhht");

  /** Call when anything here has changed, in this tab, another one or the worker. */
  const onChange = listener => listeners.push(listener);
  const heard = () => { for (const listener of listeners) listener(); };
  const tell = () => { heard(); if (channel) channel.postMessage("changed"); };
  if (channel) channel.onmessage = heard;

  /** The owner's own things in the order they were made; received ones a week long. */
  const items = async () => {
    const made = await db();
    const key = await made.get("meta", "owner");
    const all = key ? await made.getAllFromIndex("items", "owner", key) : [];
    return all.filter(item => item.state !== "received" || item.received > Date.now() - WEEK)
      .sort((one, other) => one.made - other.made || (one.id < other.id ? -1 : 1));
  };
  const one = async id => (await items()).find(item => item.id === id);
  const unsent = async () => (await items()).filter(item => item.state !== "received");
  const photosOf = async item => (await db()).getAllFromIndex("photos", "item", item);

  /** Keep a thing and its photos, all or nothing; `instead` is the thing it takes the place of. */
  const keep = async (item, photos, instead) => {
    const all = (await db()).transaction(["items", "photos"], "readwrite");
    const old = instead && await all.objectStore("items").get(instead);
    // Sent while its owner mended it: the mended one follows it.
    if (old && old.state !== "received" && old.owner === item.owner) {
      item.made = old.made;
      if (old.seen) item.seen = [...old.seen, ...item.seen];
      await erase(all, old.id);
    }
    const store = all.objectStore("photos");
    await Promise.all([
      all.objectStore("items").put(item), ...photos.map(photo => store.put({ ...photo, item: item.id })), all.done,
    ]).catch(error => all.done.then(() => { throw error; })); // a put says only that it was broken off, the whole says why
    tell();
  };

  const erase = async (all, id) => {
    const photos = all.objectStore("photos");
    for (const photo of await photos.index("item").getAllKeys(id)) await photos.delete(photo);
    await all.objectStore("items").delete(id);
  };

  /** Change a thing that is still here; what it is now, or undefined when it has been removed. */
  const change = async (id, changes) => {
    const all = (await db()).transaction(["items", "photos"], "readwrite");
    const item = await all.objectStore("items").get(id);
    if (item) {
      Object.assign(item, changes);
      await all.objectStore("items").put(item);
      if (item.state === "received") {
        const photos = all.objectStore("photos");
        for (const photo of await photos.index("item").getAllKeys(id)) await photos.delete(photo);
      }
    }
    await all.done;
    tell();
    return item;
  };

  /** Remove a thing; an answer that leaned on it stands without it. */
  const remove = async id => {
    const all = (await db()).transaction(["items", "photos"], "readwrite");
    const store = all.objectStore("items");
    const gone = await store.get(id);
    if (gone) {
      for (const item of await store.index("owner").getAll(gone.owner)) {
        const leaning = gone.kind === "evidence" && !gone.row && item.kind === "answer" && item.fields.evidence;
        if (!leaning || !leaning.includes(gone.subject)) continue;
        item.fields.evidence = leaning.filter(subject => subject !== gone.subject);
        await store.put(item);
      }
      await erase(all, id);
    }
    await all.done;
    tell();
  };

  /** What was received more than a week ago goes. */
  const tidy = async () => {
    const all = (await db()).transaction(["items", "photos"], "readwrite");
    for (const item of await all.objectStore("items").getAll())
      if (item.state === "received" && item.received < Date.now() - WEEK) await erase(all, item.id);
    await all.done;
  };

  Object.assign(xhht, { db, owner, arrive, wipe, newId, items, one, unsent, photosOf, keep, change, remove, tidy, onChange });
})(self.xhht);
