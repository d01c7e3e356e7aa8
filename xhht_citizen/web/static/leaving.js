/* Somebody signed out without a network: the session on the server is ended when the network is back.
   Shared by pages and by the service worker; stands on sending.js. */
"use strict";

(xhht => {
  const OUT = "/dang-xuat";

  /** Remember to end this owner's session; everything of theirs is off the phone already. */
  xhht.leaveLater = async owner => (await xhht.db()).put("meta", owner, "leaving");

  /** End the session that was left; whether that is done now. */
  xhht.leave = async () => {
    const left = await (await xhht.db()).get("meta", "leaving");
    if (!left) return false;
    try {
      const token = await xhht.askKey(left);
      const body = new FormData();
      body.append("csrf_token", token);
      await fetch(OUT, { method: "POST", body, credentials: "same-origin", redirect: "manual" });
    } catch (error) {
      // Signed out already, or somebody else is signed in: nothing to end.
      if (error.why !== "signed" && error.why !== "owner") return false;
    }
    await (await xhht.db()).delete("meta", "leaving");
    if (await xhht.owner() === left) await xhht.wipe();
    return true;
  };
})(self.xhht);
