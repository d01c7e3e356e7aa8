/* Reads a question aloud with the phone's own voice. Only voices that are on the phone: others would send the words
   to another host. Where there is none, no button is shown. */
"use strict";

(xhht => {
  const speech = self.speechSynthesis;
  if (!speech || !self.SpeechSynthesisUtterance) return;
  const lang = document.documentElement.lang;
  /* Screens whose cards are read as they stand. */
  const CARDS = { "application.check": "main .card", "public.help": "main .card", "score.explained": "main .indicators > li" };
  let reading;

  const voice = () => speech.getVoices().find(one =>
    one.localService && one.lang.toLowerCase().split(/[-_]/)[0] === lang);

  /** What a button says, and aloud what of. */
  const name = (button, which) => {
    button.textContent = xhht.say(which);
    button.setAttribute("aria-label", `${button.textContent}: ${button.dataset.of}`);
    button.classList.toggle("aloud-on", which === "aloud_stop");
  };

  const stop = () => {
    if (!reading) return;
    name(reading, "aloud");
    reading = undefined;
    speech.cancel();
  };

  /** What one sees of a part, line by line, without the buttons in it. */
  const lines = part => {
    const buttons = new Set([...part.querySelectorAll("button, .btn, summary, .facts a")].map(one => one.innerText.trim()));
    return part.innerText.split("\n").map(line => line.trim()).filter(line => line && !buttons.has(line));
  };

  const read = (button, part) => {
    const again = reading === button;
    stop();
    if (again) return;
    const chosen = voice();
    if (!chosen) return;
    reading = button;
    name(button, "aloud_stop");
    const said = lines(part).map(line => Object.assign(new SpeechSynthesisUtterance(line),
      { lang: chosen.lang, voice: chosen, rate: .9 }));
    if (!said.length) { stop(); return; }
    said[said.length - 1].onend = () => { if (reading === button) stop(); };
    for (const one of said) {
      one.onerror = () => { if (reading === button) stop(); };
      speech.speak(one);
    }
  };

  const offer = part => {
    const head = part.querySelector("h1, h2, h3, legend, label");
    if (!head || part.querySelector(".aloud")) return;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "aloud" });
    button.dataset.of = head.textContent.trim();
    name(button, "aloud");
    button.addEventListener("click", () => read(button, part));
    const help = part.querySelector(".explained");
    if (help) help.before(button);
    else (head.closest(".page-head, .card-head") || head).after(button);
  };

  const show = () => {
    if (!voice()) return;
    const cards = CARDS[document.body.dataset.screen];
    for (const part of document.querySelectorAll("[data-aloud]")) offer(part);
    if (cards) for (const part of document.querySelectorAll(cards)) offer(part);
  };

  show();
  if (speech.addEventListener) speech.addEventListener("voiceschanged", show);
  addEventListener("pagehide", stop);
})(self.xhht);
