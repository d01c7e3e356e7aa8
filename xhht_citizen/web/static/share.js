/* A certificate's link: sent by the phone's own list of ways, or copied; what happened is said aloud. */
"use strict";

(xhht => {
  const box = document.getElementById("share");
  if (!box) return;
  const link = document.getElementById("share-link");
  const said = document.getElementById("share-said");
  const say = key => { said.textContent = xhht.say(key); };

  /** Mark the link as a finger would; what is marked can be copied by hand, too. */
  const mark = () => {
    const range = document.createRange();
    range.selectNodeContents(link);
    const chosen = getSelection();
    chosen.removeAllRanges();
    chosen.addRange(range);
  };

  const copy = async () => {
    const text = link.textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (_refused) { // also where there is no clipboard: a page over plain http
      mark();
      return document.execCommand("copy");
    }
  };

  const send = box.querySelector("[data-share=send]");
  send.hidden = !navigator.share;
  send.addEventListener("click", async () => {
    try {
      await navigator.share({ title: box.dataset.title, text: box.dataset.title, url: link.textContent.trim() });
      say("shared");
    } catch (error) {
      if (error.name !== "AbortError") say("not_shared");
    }
  });
  box.querySelector("[data-share=copy]").addEventListener("click", async () => {
    say(await copy() ? "copied" : "not_copied");
  });
  box.hidden = false;
})(self.xhht);
