/* "Put it on the home screen": a card at the end of one's home page, and a button on the help page.
   Who waved the card away is not asked again on this phone; the help page always says how. */
"use strict";

(xhht => {
  const { screen, phone } = document.body.dataset;
  const KEY = "xhht-install";
  const HOW = "/tro-giup#man-hinh-chinh";
  const main = document.getElementById("main");
  // Only Apple's browsers say whether they stand alone, and they have no event to ask by.
  const apple = "standalone" in navigator && navigator.maxTouchPoints > 1;
  const there = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
  let event;

  const waved = () => { try { return localStorage.getItem(KEY); } catch (_none) { return "1"; } };
  const wave = () => { try { localStorage.setItem(KEY, "1"); } catch (_none) { /* asked again, then */ } };

  const make = (tag, className, textContent, more) =>
    Object.assign(document.createElement(tag), { className, textContent }, more);

  const away = () => {
    const card = document.getElementById("install");
    if (card) card.remove();
    main.focus({ preventScroll: true });
  };

  const ask = () => {
    event.prompt();
    event.userChoice.then(({ outcome }) => {
      if (outcome !== "accepted") wave();
      event = undefined;
      away();
      here();
    });
  };

  const button = () => make("button", "btn btn-second", xhht.say("install_do"), { type: "button", onclick: ask });

  const card = () => {
    const made = make("section", "card", "", { id: "install" });
    made.setAttribute("aria-labelledby", "install-title");
    const buttons = make("div", "btns", "");
    buttons.append(
      apple ? make("a", "btn btn-second", xhht.say("install_how"), { href: HOW }) : button(),
      make("button", "btn btn-quiet", xhht.say("install_no"), { type: "button", onclick: () => { wave(); away(); } }),
    );
    made.append(
      make("h2", "", xhht.say("install_title"), { id: "install-title" }),
      make("p", "", xhht.say("install_why")),
    );
    if (apple) made.append(make("p", "", xhht.say("install_apple")));
    made.append(buttons);
    main.append(made);
  };

  /** The button on the help page, while the browser would do it. */
  const here = () => {
    const place = document.querySelector("[data-install]");
    if (!place) return;
    place.hidden = !event;
    place.replaceChildren(...event ? [button()] : []);
  };

  const show = () => {
    here();
    if (screen === "year.home" && !document.getElementById("install") && !waved()) card();
  };

  if (phone === undefined || there || !matchMedia("(pointer: coarse)").matches) return;
  if (apple) show();
  addEventListener("beforeinstallprompt", asked => {
    asked.preventDefault();
    event = asked;
    show();
  });
  addEventListener("appinstalled", () => {
    wave();
    away();
    xhht.note("note-install", xhht.say("install_done"));
  });
})(self.xhht);
