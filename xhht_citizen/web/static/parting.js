/* Signing out on a phone: what was not sent yet is asked about, then everything of its owner goes from the phone. */
"use strict";

(xhht => {
  const OUT = ["/dang-xuat", "/tai-khoan/dang-xuat-moi-noi"];

  const part = async form => {
    const owner = await xhht.owner();
    let waiting = await xhht.unsent();
    while (waiting.length) {
      const answer = await xhht.ask(xhht.say("part-words", { count: waiting.length }), [
        ["send", xhht.say("part-send"), ""], ["stay", xhht.say("part-stay"), "btn-second"],
        ["go", xhht.say("part-go"), "btn-bad"],
      ]);
      if (answer === "go") break;
      if (answer !== "send") return;
      xhht.note("note-part", xhht.say("sending-now"));
      await xhht.flush({ wait: true });
      waiting = await xhht.unsent();
      xhht.note("note-part", waiting.length ? xhht.say("part-not-all", { count: waiting.length }) : "");
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
    return location.replace("/");
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
