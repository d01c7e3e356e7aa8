/* Pieces of pages that scripts put there: elements, icons, states, errors as the forms show them, a question to answer. */
"use strict";

(xhht => {
  const SVG = "http://www.w3.org/2000/svg";
  const DRAWN = {
    phone: "M7 5q0-2 2-2h6q2 0 2 2v14q0 2-2 2H9q-2 0-2-2zM11 17.8h2",
    send: "M12 19V6M6.5 11.5 12 6l5.5 5.5",
    check: "M5 12.5l4.5 4.5L19 7.5",
    alert: "M12 4l9 16H3zM12 10v4.5M12 17.3v.1",
    people: "M5 7h9l-3-3M19 17h-9l3 3",
  };
  /** What a state is called, its kind of tag and its icon. */
  const STATES = {
    phone: ["wait", "phone"], sending: ["wait", "send"], received: ["yes", "check"], care: ["miss", "alert"],
    conflict: ["miss", "people"],
  };

  /** An element with properties and children; text among them. */
  const el = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children.filter(child => child !== null && child !== undefined));
    return made;
  };

  const icon = name => {
    const svg = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    svg.setAttribute("class", "i");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", DRAWN[name]);
    svg.append(path);
    return svg;
  };

  const tag = state => {
    const [kind, sign] = STATES[state];
    return el("span", { className: `tag tag-${kind}` }, icon(sign), xhht.say(`state-${state}`));
  };

  const notice = (kind, ...children) =>
    el("div", { className: `notice notice-${kind}` }, icon(kind === "yes" ? "check" : "alert"), el("div", {}, ...children));

  const { kept } = document.documentElement.dataset;
  const pageMade = kept ? Date.parse(kept) : Date.now() - performance.now();
  /** Whether a thing that is here is not on this page. */
  const isNew = item => item.state !== "received" || item.received > pageMade;

  const clearErrors = form => {
    for (const one of document.querySelectorAll(".errors")) one.remove();
    for (const one of form.querySelectorAll("p.error")) one.remove();
    for (const one of form.querySelectorAll(".field-bad")) one.classList.remove("field-bad");
    for (const one of form.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
  };

  /** Errors as the server's own page shows them: a summary that is read out, and each beside its field. */
  const showErrors = (form, errors) => {
    clearErrors(form);
    const list = el("ul");
    const names = Object.keys(errors);
    for (const name of names) {
      const message = xhht.worded(errors[name][0]);
      const found = name && document.getElementById(name);
      const field = found && found.closest(".field");
      if (!field || !form.contains(field)) {
        list.append(el("li", {}, el("p", { textContent: message })));
        continue;
      }
      xhht.unfold(found);
      const label = field.querySelector("legend, label").firstChild.textContent.trim();
      list.append(el("li", {}, el("a", { href: `#${name}` }, el("span", {},
        el("b", { textContent: label.endsWith("?") ? label : `${label}:` }), ` ${message}`))));
      const words = el("p", { className: "error", id: `${name}-error` }, icon("alert"),
        el("span", { textContent: xhht.say("error", { message }) }));
      field.classList.add("field-bad");
      (field.querySelector(":scope > .hint") || field.querySelector("label, legend")).after(words);
      const hint = document.getElementById(`${name}-hint`);
      found.setAttribute("aria-describedby", (hint ? `${hint.id} ` : "") + words.id);
      if (found !== field) found.setAttribute("aria-invalid", "true");
    }
    const summary = el("div", { className: "errors", tabIndex: -1 },
      el("h2", { id: "error-summary", textContent: xhht.say("errors", { num: names.length }) }), list);
    summary.setAttribute("role", "alert");
    summary.setAttribute("aria-labelledby", "error-summary");
    form.before(summary);
    summary.focus();
  };

  /** A question over the page; answers the value of the button pressed, or "" for Escape. Buttons: [value, words, kind]. */
  const ask = (words, buttons) => new Promise(done => {
    const title = el("h2", { id: "ask-words", textContent: words });
    const box = el("dialog", { className: "ask" }, title);
    if (!box.showModal) return done(confirm(words) ? buttons[buttons.length - 1][0] : "");
    box.setAttribute("aria-labelledby", "ask-words");
    const row = el("div", { className: "btns" });
    for (const [value, text, kind] of buttons) {
      const button = el("button", { type: "button", className: `btn ${kind}`, textContent: text });
      button.addEventListener("click", () => box.close(value));
      row.append(button);
    }
    box.append(row);
    box.addEventListener("close", () => { box.remove(); done(box.returnValue); });
    document.body.append(box);
    box.showModal();
    return undefined;
  });

  Object.assign(xhht, { el, icon, tag, notice, pageMade, isNew, clearErrors, showErrors, ask });
})(self.xhht);
