/* Every page of a resident: whose phone this is, the service worker, and what to say when there is no network. */
"use strict";

(xhht => {
  const { owner, phone, wipe } = document.body.dataset;
  const root = document.documentElement;
  const WARM_AFTER = 3000;

  /** A sentence of the page's language, with %(name)s filled in. */
  xhht.say = (key, values = {}) =>
    xhht.words[key].replace(/%\((\w+)\)s/g, (_all, name) => values[name] === undefined ? "" : values[name]);

  /** Two digits; and a moment as the pages write it, without the year, the same in every language. */
  xhht.two = number => String(number).padStart(2, "0");
  xhht.moment = time => {
    const { two } = xhht;
    const at = new Date(time);
    return `${two(at.getHours())}:${two(at.getMinutes())} ${two(at.getDate())}/${two(at.getMonth() + 1)}`;
  };

  /** A line that stands above the page's title until it is taken off; `href` makes it lead somewhere, all of it or the
      words of `link` after it. */
  xhht.note = (id, text, href, link) => {
    const old = document.getElementById(id);
    if (old) old.remove();
    if (!text) return;
    const line = Object.assign(document.createElement("p"), { id, className: "phone-note" });
    line.setAttribute("role", "status");
    if (link || !href) line.append(text);
    if (href) line.append(Object.assign(document.createElement("a"), { href, textContent: link || text }));
    document.getElementById("main").prepend(line);
  };

  /** A field that holds something is seen, also where its part of the form is folded. */
  xhht.unfold = field => {
    const folded = field.closest("details");
    if (folded) folded.open = true;
  };

  let why = "kept";

  /** No network; or a page of before, and the way to today's: words come along as a draft, photos would not. */
  const network = () => {
    const { kept } = root.dataset;
    if (!navigator.onLine) why = "kept-back";
    if (!navigator.onLine || !kept) return xhht.note("note-network", navigator.onLine ? "" : xhht.say("offline"));
    const [time, day] = xhht.moment(kept).split(" ");
    const href = document.querySelector("main [type=file]") ? "" : location.pathname + location.search;
    return xhht.note("note-network", xhht.say(why, { time, day }), href, href && xhht.say("kept-fresh"));
  };

  const register = async () => {
    if (!navigator.serviceWorker) return;
    if (phone === "off") {
      for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
      for (const name of await caches.keys()) await caches.delete(name);
      return;
    }
    const registered = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "imports" });
    const data = navigator.connection;
    if (data && data.saveData) return;
    const ready = await navigator.serviceWorker.ready;
    setTimeout(() => ready.active.postMessage({ warm: `${root.lang}.${root.className}` }), WARM_AFTER);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && navigator.onLine) registered.update().catch(() => {});
    });
  };

  /** Ready when it is settled whose phone this is; a kept copy says nothing about that. Nobody's where nothing can be
      stored. */
  xhht.ready = (async () => {
    const asked = Date.now() - performance.now(); // timeOrigin stands still while the phone sleeps
    if (wipe !== undefined) await xhht.wipe(false, asked);
    if (owner && !root.dataset.kept) await xhht.arrive(owner, asked);
    return owner;
  })().catch(() => undefined);

  /** What no script keeps for later stays on its page: sent without a network it would end in the browser's own error,
      and a photo just chosen with it. */
  const stay = event => {
    if (navigator.onLine || event.defaultPrevented || event.target.method !== "post") return;
    event.preventDefault();
    xhht.note("note-stay", xhht.say("needs-network"));
    document.getElementById("note-stay").scrollIntoView({ block: "center" });
  };

  if (phone !== undefined) {
    network();
    addEventListener("submit", stay);
    addEventListener("online", () => xhht.note("note-stay"));
    addEventListener("online", network);
    addEventListener("offline", network);
    addEventListener("load", () => register().catch(() => {}));
  }
})(self.xhht);
