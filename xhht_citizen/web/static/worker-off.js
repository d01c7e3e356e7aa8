/* Sent as the service worker where the operator switched it off: it takes itself and its kept pages away.
   What was made on the phone and not sent yet stays; pages send it. */
"use strict";
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", event => event.waitUntil((async () => {
  for (const name of await caches.keys()) await caches.delete(name);
  await self.registration.unregister();
})()));
