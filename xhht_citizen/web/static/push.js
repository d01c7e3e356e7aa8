/* Notices on this browser: asked for by a tap in the inbox; elsewhere only kept true, and taken off with its owner. */
"use strict";

(xhht => {
  const { owner } = document.body.dataset;
  const section = document.querySelector("[data-push-key]");
  const form = document.querySelector("[data-push]");
  const able = () => navigator.serviceWorker && self.PushManager && self.Notification;

  /** What this browser was told to show, and to whom: {owner, endpoint, key}. */
  const known = async () => (await xhht.db()).get("meta", "push");
  const know = async what => (await xhht.db()).put("meta", what, "push");
  const forget = async () => (await xhht.db()).delete("meta", "push");

  const bytes = text =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), letter => letter.charCodeAt(0));
  const subscribe = (registration, key) =>
    registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const fields = made => {
    const { p256dh, auth } = made.toJSON().keys;
    return { endpoint: made.endpoint, p256dh, auth };
  };

  /** Whoever has it now did not ask for it here, or asked for no more: the browser hears nothing from now on. */
  const stop = async now => {
    if (now) await now.unsubscribe();
    await forget();
  };

  /** On every page: another owner ends it; another address or key is told to the server, which may say no. */
  const check = async () => {
    await xhht.ready;
    const registration = await navigator.serviceWorker.getRegistration();
    if (!registration) return;
    let now = await registration.pushManager.getSubscription();
    const was = await known();
    if (!was) return now && stop(now);
    if (was.owner !== owner || form) return stop(now);
    if (Notification.permission !== "granted") return;
    const key = section ? section.dataset.pushKey : was.key;
    if (now && key !== was.key) {
      await now.unsubscribe();
      now = null;
    }
    if (now && now.endpoint === was.endpoint) return;
    const made = now || await subscribe(registration, key);
    const token = document.querySelector("[name=csrf_token]").value;
    const body = new URLSearchParams({ csrf_token: token, instead: was.endpoint, ...fields(made) });
    const headers = { "X-Xhht-Owner": owner };
    const answer = await fetch("/thong-bao/may/doi", { method: "POST", body, headers, credentials: "same-origin" });
    if (answer.status === 204) await know({ owner, endpoint: made.endpoint, key });
    else if (answer.status === 409 || answer.status === 422) await stop(made);
  };

  const offer = () => {
    const button = form.querySelector("button");
    const said = document.querySelector("[data-push-said]");
    const without = document.querySelector("[data-push-without]");
    without.hidden = true;
    if (Notification.permission === "denied") {
      said.textContent = xhht.say("push_denied");
      return;
    }
    form.hidden = false;
    form.addEventListener("submit", async event => {
      event.preventDefault();
      button.disabled = true;
      said.textContent = xhht.say("push_asking");
      try {
        if (await Notification.requestPermission() !== "granted") {
          said.textContent = xhht.say("push_denied");
          return;
        }
        const registration = await navigator.serviceWorker.ready;
        const old = await registration.pushManager.getSubscription();
        if (old) await old.unsubscribe();
        const key = section.dataset.pushKey;
        const made = await subscribe(registration, key);
        for (const [name, value] of Object.entries(fields(made))) form.elements[name].value = value;
        await know({ owner, endpoint: made.endpoint, key });
        form.submit();
      } catch (_error) {
        said.textContent = xhht.say("push_failed");
      } finally {
        button.disabled = false;
      }
    });
  };

  if (!able()) return;
  check().catch(() => {});
  if (form && owner) offer();
})(self.xhht);
