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

  /** Everything of everybody goes: after signing out, as a page says that was asked for at that moment. */
  const wipe = async (asked = Date.now()) => {
    const made = await db().catch(() => null);
    if (made && await late(made.transaction("meta").store, asked)) return;
    if (self.caches) for (const name of await caches.keys()) if (name !== "static") await caches.delete(name);
    if (!made) return;
    const all = made.transaction(STORES, "readwrite");
    const gone = STORES.map(name => all.objectStore(name).clear());
    await Promise.all([...gone, all.objectStore("meta").put(Date.now(), "since"), all.done]);
  };

  /** An id as the server makes them: UUIDv7, in the order of time. Works on plain http too. */
  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    let time = Date.now();
    for (let at = 5; at >= 0; at--) { bytes[at] = time % 256; time = Math.floor(time / 256); }
    bytes[6] = bytes[6] & 15 | 112;
    bytes[8] = bytes[8] & 63 | 128;
    const hex = [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };

  Object.assign(xhht, { db, owner, arrive, wipe, newId });
})(self.xhht);
