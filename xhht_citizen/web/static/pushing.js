/* In the service worker: a notice that a push service brought is shown, and opens its page. */
"use strict";

self.addEventListener("push", event => {
  let said = {};
  try {
    said = event.data.json();
  } catch (_error) {
    return; // not one of ours
  }
  event.waitUntil(self.registration.showNotification(said.title, {
    body: said.body,
    lang: said.lang,
    tag: said.tag,
    renotify: true,
    icon: XHHT.icon,
    data: { path: said.path, notice: said.notice },
  }));
});

self.addEventListener("notificationclick", event => {
  event.notification.close();
  let page = new URL(XHHT.inbox, self.location.origin);
  const wanted = new URL((event.notification.data || {}).path || XHHT.inbox, self.location.origin);
  if (wanted.origin === self.location.origin) page = wanted;
  const { notice } = event.notification.data || {};
  if (notice) event.waitUntil(read(notice).catch(() => {})); // without a network it stays new in the inbox
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const there = open.find(one => one.url.split("#")[0] === page.href.split("#")[0]);
    return there ? there.focus() : self.clients.openWindow(page.href);
  })());
});

/** The notice that was tapped is read, as by a tap in the inbox: the server takes that from its reader only. */
const read = async notice => {
  const headers = { "X-CSRFToken": await xhht.askKey(await xhht.owner()) };
  return fetch(`${XHHT.inbox}/${notice}`, { method: "POST", headers, credentials: "same-origin", redirect: "manual" });
};

/** The push service gave the browser another address; the next page that opens tells the server (push.js). */
self.addEventListener("pushsubscriptionchange", event => {
  const old = event.oldSubscription;
  if (old && !event.newSubscription)
    event.waitUntil(self.registration.pushManager.subscribe(old.options).catch(() => {}));
});
