/* Signing out on a phone: what was not sent yet is asked about, then everything of its owner goes from the phone. */
"use strict";

(xhht => {
  const OUT = ["/dang-xuat", "/tai-khoan/dang-xuat-moi-noi"];

  /** What this owner typed and only the phone has: [its key here, the draft]. */
  const drafted = async owner => {
    const db = await xhht.db();
    const names = (await db.getAllKeys("drafts")).filter(name => String(name).startsWith(`${owner}|`));
    return Promise.all(names.map(async name => [name, await db.get("drafts", name)]));
  };

  /** Save them as their pages would have; what the server does not take stays on the phone. */
  const saveDrafts = async owner => {
    const drafts = await drafted(owner);
    if (!drafts.length) return;
    const token = await xhht.askKey(owner);
    for (const [name, { fields, saved, who }] of drafts) {
      const body = new FormData();
      const said = { csrf_token: token, who: who || "", path: name.slice(owner.length + 1), typed: String(saved), fields: JSON.stringify(fields) };
      for (const [key, value] of Object.entries(said)) body.append(key, value);
      const answer = await fetch("/nhap", {
        body, method: "POST", credentials: "same-origin", redirect: "manual", headers: { "X-Xhht-Draft": who || "" },
      });
      if (answer.ok) await (await xhht.db()).delete("drafts", name);
    }
  };

  const part = async form => {
    const owner = await xhht.owner();
    await saveDrafts(owner).catch(() => {}); // as their pages would: only what cannot be saved is asked about
    let waiting = await xhht.unsent();
    let drafts = await drafted(owner);
    while (waiting.length + drafts.length) {
      const words = [
        waiting.length ? xhht.say("part-words", { count: waiting.length }) : "",
        drafts.length ? xhht.say("part-drafts", { count: drafts.length }) : "",
      ].join(" ").trim();
      const answer = await xhht.ask(words, [
        ["send", xhht.say("part-send"), ""], ["stay", xhht.say("part-stay"), "btn-second"],
        ["go", xhht.say("part-go"), "btn-bad"],
      ]);
      if (answer === "go") break;
      if (answer !== "send") return;
      xhht.note("note-part", xhht.say("sending-now"));
      await xhht.flush({ wait: true });
      await saveDrafts(owner).catch(() => {}); // after what was sent: its drafts are none any more
      waiting = await xhht.unsent();
      drafts = await drafted(owner);
      const left = waiting.length + drafts.length;
      xhht.note("note-part", left ? xhht.say("part-not-all", { count: left }) : "");
    }
    // Gone from the phone before the server is asked: without a network it is asked later.
    let away = false;
    try {
      await xhht.askKey(owner);
    } catch (error) {
      away = error.why !== "signed" && error.why !== "owner";
    }
    await xhht.wipe(true);
    if (!away) return form.submit();
    await xhht.leaveLater(owner);
    xhht.sendLater();
    const { el } = xhht;
    document.querySelectorAll(".places, .top-me").forEach(one => one.remove()); // of who has left
    document.body.classList.remove("has-places");
    const title = el("h1", { textContent: xhht.say("left-title"), tabIndex: -1 });
    document.getElementById("main").replaceChildren(title, el("p", { className: "card", textContent: xhht.say("left-words") }));
    document.title = xhht.say("left-title");
    return title.focus();
  };

  document.addEventListener("submit", event => {
    const form = event.target;
    if (!form.matches || !OUT.includes(new URL(form.getAttribute("action") || "", location.href).pathname)) return;
    event.preventDefault();
    if (form.dataset.parting) return;
    form.dataset.parting = "1";
    part(form).catch(() => form.submit()).finally(() => { delete form.dataset.parting; });
  });

  const leave = async () => {
    if (!await xhht.ready || navigator.onLine === false) return;
    if (await xhht.leave()) location.replace("/");
  };
  addEventListener("online", () => leave().catch(() => {}));
  leave().catch(() => {});
})(self.xhht);
