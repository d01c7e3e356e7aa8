/* The service worker. Before this text the server puts XHHT: scripts, assets, pages, fallback, without, warm, lines.
   Only pages that say so are kept, only for whose they are; officers' screens pass by untouched. */
"use strict";
importScripts(...XHHT.scripts);

const { registerRoute } = workbox.routing;
const { CacheFirst, NetworkFirst } = workbox.strategies;
const OWNER = "X-Xhht-Owner";
const KEPT = "X-Xhht-Kept";
const LOOK = "X-Xhht-Look";
const DOWN = [502, 503, 504];
const DAY = 86400;
const MOST = 120;
const LEAVES = 8000; // ms to end a session in
const WORDS = "/tinh/loi/";
const matches = patterns => {
  const made = patterns.map(pattern => new RegExp(pattern));
  return path => made.some(one => one.test(path));
};
const isKept = matches(XHHT.pages);
const isOurs = matches(XHHT.fallback);

/** Whose phone this is; nobody's where it cannot be told. */
const owner = () => xhht.owner().catch(() => undefined);

/** A page that says whose phone this is, is believed; a page that says nobody's, after signing out, wipes all; one that
    says that the session was ended takes what can be read, and leaves what was not sent. */
const settle = async (response, asked) => {
  const key = response.headers.get(OWNER);
  try {
    if (key === "none") await xhht.wipe(false, asked);
    else if (key === "out") await caches.delete("pages");
    else if (key) await xhht.arrive(key, asked);
  } catch (_error) {
    // Nothing can be stored here: the page is shown all the same, and not kept.
  }
};

/** All of a page or none of it: of half a page the browser shows nothing and says nothing, and ours could not either. */
const whole = async response =>
  (response.headers.get("Content-Type") || "").startsWith("text/html")
    ? new Response(await response.blob(), response) : response;

/** Kept for the one whose phone this is, and not too old. */
const usable = async found => {
  if (!found || Date.now() - Date.parse(found.headers.get(KEPT)) > 30 * DAY * 1000) return null;
  return found.headers.get(OWNER) === await owner() ? found : null;
};

const ownPages = {
  requestWillFetch: async ({ request, state }) => {
    state.asked = Date.now();
    return request;
  },
  fetchDidSucceed: async ({ response, state }) => {
    await settle(response, state.asked);
    if (DOWN.includes(response.status)) throw new Error("the server is not there");
    return whole(response);
  },
  /** Kept with the moment in it, so that the page can say how old it is; never a page of another. */
  cacheWillUpdate: async ({ response }) => {
    const key = response.headers.get(OWNER);
    if (response.status !== 200 || !response.headers.get("X-Xhht-Keep") || !key || key !== await owner()) return null;
    const text = await response.text();
    const now = new Date().toISOString();
    const [, lang, size = ""] = /<html lang="(\w+)"(?: class="([^"]*)")?/.exec(text) || [];
    const headers = { "Content-Type": response.headers.get("Content-Type"), [OWNER]: key, [KEPT]: now, [LOOK]: `${lang}.${size}` };
    const policy = response.headers.get("Content-Security-Policy");
    if (policy) headers["Content-Security-Policy"] = policy;
    return new Response(text.replace("<html ", `<html data-kept="${now}" `), { headers });
  },
  /** Somebody may have come while it was written; and the oldest make room. */
  cacheDidUpdate: async ({ cacheName, request, newResponse }) => {
    const cache = await caches.open(cacheName);
    if (!await usable(newResponse)) await cache.delete(request);
    const all = await cache.keys();
    for (const old of all.slice(0, Math.max(0, all.length - MOST))) await cache.delete(old);
  },
  cachedResponseWillBeUsed: async ({ cachedResponse }) => usable(cachedResponse),
};

const without = async () => (await caches.match(XHHT.without, { cacheName: "static" })) || Response.error();

/** The same form under another query is the same form. */
const anyQuery = async request => {
  const { pathname } = new URL(request.url);
  if (!XHHT.loose.includes(pathname)) return null;
  const found = await caches.match(pathname, { cacheName: "pages" });
  return usable(found || await caches.match(request, { cacheName: "pages", ignoreSearch: true }));
};

const pages = new NetworkFirst({ cacheName: "pages", networkTimeoutSeconds: 5, plugins: [ownPages] });

// What was typed and not sent is worth more than what can be fetched again.
workbox.core.registerQuotaErrorCallback(() => caches.delete("pages"));

registerRoute(({ url }) => url.pathname.startsWith("/tinh/"), new CacheFirst({
  cacheName: "static",
  plugins: [{
    /** A kept page may ask for yesterday's style: today's file of that name serves. Or for the words of the language it
        was read in: those of the language that is read now serve, without any no form could be saved. */
    handlerDidError: async ({ request }) => {
      const { pathname } = new URL(request.url);
      const named = part => XHHT.assets.find(path => path.includes(part));
      const now = named(pathname.slice(pathname.lastIndexOf("/"))) || (pathname.startsWith(WORDS) && named(WORDS));
      return now ? caches.match(now, { cacheName: "static" }) : undefined;
    },
    cacheWillUpdate: async ({ request, response }) =>
      response.status === 200 && XHHT.assets.includes(new URL(request.url).pathname) ? response : null,
  }],
}));

/* After a form was sent a page of before it would be wrong, or of somebody else where one has begun to act for them:
   until the server has answered once, pages come from it and from nowhere else, however long that takes. */
let sentAt = 0;
const SENT_MATTERS = 120000;
const justSent = () => Date.now() - sentAt < SENT_MATTERS;
const fromServer = new NetworkFirst({
  cacheName: "pages",
  plugins: [ownPages, {
    fetchDidSucceed: async ({ response }) => { sentAt = 0; return response; },
    cachedResponseWillBeUsed: async () => null,
  }],
});

self.addEventListener("fetch", event => {
  if (event.request.mode === "navigate" && event.request.method !== "GET") sentAt = Date.now();
});

/** Whether somebody who signed out here is still signed in there: that is ended before a page comes from there. */
const isLeaving = async () => {
  try {
    if (!await (await xhht.db()).get("meta", "leaving")) return false;
    if (navigator.onLine === false) return true;
    return !await Promise.race([xhht.leave(), new Promise(go => setTimeout(go, LEAVES))]);
  } catch (_error) {
    return false;
  }
};

registerRoute(({ request, url }) => request.mode === "navigate" && isKept(url.pathname), async options => {
  if (await isLeaving()) return without();
  if (justSent()) return fromServer.handle(options).catch(() => { sentAt = 0; return without(); });
  try {
    return await pages.handle(options);
  } catch (_error) {
    return await anyQuery(options.request) || without();
  }
});

registerRoute(({ request, url }) => request.mode === "navigate" && isOurs(url.pathname), async ({ request }) => {
  const asked = Date.now();
  try {
    const response = await fetch(request);
    await settle(response, asked);
    // A gateway's own page says less than ours.
    const ours = !DOWN.includes(response.status) || response.headers.has("Content-Security-Policy");
    const shown = ours ? await whole(response) : await without();
    sentAt = 0;
    return shown;
  } catch (_error) {
    return without();
  }
});

self.addEventListener("install", event => {
  self.skipWaiting();
  // A draft saved while its page is being closed must not wait for this worker: it would be lost with the page.
  if (event.addRoutes) event.addRoutes([{ condition: { urlPattern: "/nhap", requestMethod: "POST" }, source: "network" }]).catch(() => {});
  const nobodys = new Request(XHHT.without, { credentials: "omit", cache: "reload" });
  event.waitUntil(caches.open("static").then(cache => cache.addAll([...XHHT.assets, nobodys])));
});

self.addEventListener("activate", event => event.waitUntil((async () => {
  const cache = await caches.open("static");
  const wanted = new Set([...XHHT.assets, XHHT.without]);
  for (const request of await cache.keys()) if (!wanted.has(new URL(request.url).pathname)) await cache.delete(request);
  await self.clients.claim();
})()));

/** Fetch pages, if they are not kept, are older than so many days or look otherwise: in another language, with smaller
    letters; one after the other. */
const ahead = async (event, paths, days, look) => {
  const cache = await caches.open("pages");
  for (const path of paths) {
    const found = await usable(await cache.match(path));
    const { headers } = found || {};
    if (found && headers.get(LOOK) === look && Date.now() - Date.parse(headers.get(KEPT)) < days * DAY * 1000) continue;
    const request = new Request(path, { credentials: "same-origin", redirect: "manual", headers: { "X-Xhht-Ahead": "1" } });
    try {
      await pages.handle({ event, request });
    } catch (_error) {
      return false;
    }
  }
  return true;
};

/** The pages one needs without a network, daily. The indicators' forms only while they may be answered, as the page of
    the score says: weekly, and anew when it says something else, such as another year. */
const warm = async (event, look) => {
  if (!await ahead(event, XHHT.warm, 1, look)) return;
  const score = await usable(await caches.match(XHHT.score, { cacheName: "pages" }));
  const [, now] = (score && / data-answers="([^"]*)"/.exec(await score.text())) || [];
  if (!now) return;
  const { store } = (await xhht.db()).transaction("meta");
  const changed = await store.get("answers") !== now;
  if (await ahead(event, XHHT.lines, changed ? 0 : 7, look)) await (await xhht.db()).put("meta", now, "answers");
};

self.addEventListener("message", event => {
  if (event.data && event.data.warm) event.waitUntil(warm(event, event.data.warm));
});

/** The network is back: send what waits, and sign out where somebody left without it. A failure makes the browser ask again. */
self.addEventListener("sync", event => {
  if (event.tag !== "outbox") return;
  event.waitUntil((async () => {
    await xhht.leave();
    const { why } = await xhht.flush();
    if (why === "offline" || why === "busy") throw new Error(why);
  })());
});
