/* The service worker. Before this text the server puts XHHT: scripts, assets, pages, fallback, without, warm.
   Only pages that say so are kept, only for whose they are; officers' screens pass by untouched. */
"use strict";
importScripts(...XHHT.scripts);

const { registerRoute } = workbox.routing;
const { CacheFirst, NetworkFirst } = workbox.strategies;
const OWNER = "X-Xhht-Owner";
const DOWN = [502, 503, 504];
const DAY = 86400;
const matches = patterns => {
  const made = patterns.map(pattern => new RegExp(pattern));
  return path => made.some(one => one.test(path));
};
const isKept = matches(XHHT.pages);
const isOurs = matches(XHHT.fallback);

/** A page that says whose phone this is, is believed; a page that says nobody's, after signing out, wipes all. */
const settle = async response => {
  const key = response.headers.get(OWNER);
  if (key === "none") await xhht.wipe();
  else if (key) await xhht.arrive(key);
};

const ownPages = {
  fetchDidSucceed: async ({ response }) => {
    await settle(response);
    if (DOWN.includes(response.status)) throw new Error("the server is not there");
    return response;
  },
  /** Kept with the moment in it, so that the page can say how old it is; never a page of another. */
  cacheWillUpdate: async ({ response }) => {
    const key = response.headers.get(OWNER);
    if (response.status !== 200 || !response.headers.get("X-Xhht-Keep") || !key || key !== await xhht.owner()) return null;
    const text = await response.text();
    const headers = { "Content-Type": response.headers.get("Content-Type"), [OWNER]: key };
    const policy = response.headers.get("Content-Security-Policy");
    if (policy) headers["Content-Security-Policy"] = policy;
    return new Response(text.replace("<html ", `<html data-kept="${new Date().toISOString()}" `), { headers });
  },
  cachedResponseWillBeUsed: async ({ cachedResponse }) =>
    cachedResponse && cachedResponse.headers.get(OWNER) === await xhht.owner() ? cachedResponse : null,
};

const without = async () => (await caches.match(XHHT.without, { cacheName: "static" })) || Response.error();

/** The same form under another query is the same form. */
const anyQuery = async request => {
  if (!XHHT.loose.includes(new URL(request.url).pathname)) return undefined;
  const found = await caches.match(request, { cacheName: "pages", ignoreSearch: true });
  return found && found.headers.get(OWNER) === await xhht.owner() ? found : undefined;
};

const pages = new NetworkFirst({
  cacheName: "pages",
  networkTimeoutSeconds: 5,
  plugins: [
    ownPages,
    new workbox.expiration.ExpirationPlugin({ maxEntries: 120, maxAgeSeconds: 30 * DAY, purgeOnQuotaError: true }),
  ],
});

registerRoute(({ url }) => url.pathname.startsWith("/tinh/"), new CacheFirst({
  cacheName: "static",
  plugins: [{
    /** A kept page may ask for yesterday's style: today's file of that name serves. */
    handlerDidError: async ({ request }) => {
      const name = request.url.split("/").pop();
      const now = XHHT.assets.find(path => path.endsWith(`/${name}`));
      return now ? caches.match(now, { cacheName: "static" }) : undefined;
    },
    cacheWillUpdate: async ({ request, response }) =>
      response.status === 200 && XHHT.assets.includes(new URL(request.url).pathname) ? response : null,
  }],
}));

registerRoute(({ request, url }) => request.mode === "navigate" && isKept(url.pathname), async options => {
  try {
    return await pages.handle(options);
  } catch (_error) {
    return await anyQuery(options.request) || without();
  }
});

registerRoute(({ request, url }) => request.mode === "navigate" && isOurs(url.pathname), async ({ request }) => {
  try {
    const response = await fetch(request);
    await settle(response);
    return response;
  } catch (_error) {
    return without();
  }
});

self.addEventListener("install", event => {
  self.skipWaiting();
  const nobodys = new Request(XHHT.without, { credentials: "omit", cache: "reload" });
  event.waitUntil(caches.open("static").then(cache => cache.addAll([...XHHT.assets, nobodys])));
});

self.addEventListener("activate", event => event.waitUntil((async () => {
  const cache = await caches.open("static");
  const wanted = new Set([...XHHT.assets, XHHT.without]);
  for (const request of await cache.keys()) if (!wanted.has(new URL(request.url).pathname)) await cache.delete(request);
  await self.clients.claim();
})()));

/** Fetch the pages one needs without a network, if they are not kept or older than a day; one after the other. */
const warm = async event => {
  const cache = await caches.open("pages");
  for (const path of XHHT.warm) {
    const found = await cache.match(path);
    const kept = found && /data-kept="([^"]+)"/.exec((await found.text()).slice(0, 500));
    if (kept && Date.now() - Date.parse(kept[1]) < DAY * 1000) continue;
    const request = new Request(path, { credentials: "same-origin", redirect: "error", headers: { "X-Xhht-Ahead": "1" } });
    try {
      await pages.handle({ event, request });
    } catch (_error) {
      return;
    }
  }
};

self.addEventListener("message", event => {
  if (event.data && event.data.warm) event.waitUntil(warm(event));
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
