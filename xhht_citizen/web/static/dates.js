/* Days picked by a tap: today, yesterday, last Sunday, or the phone's own calendar. Typing stays possible. */
"use strict";

(xhht => {
  const { two } = xhht;
  const DAY = 24 * 3600 * 1000, VIETNAM = 7 * 3600 * 1000; // the server's days are Vietnam's, wherever the phone is
  const WORDS = { __proto__: null, "hom nay": 0, "nay": 0, "hom qua": 1, "qua": 1, "hom kia": 2 };
  const SUNDAYS = ["chu nhat", "chu nhat vua roi", "chu nhat vua qua", "cn"];
  const written = text => text.split("-").reverse().join("/");

  const ago = days => new Date(Date.now() + VIETNAM - days * DAY);
  const iso = day => day.toISOString().slice(0, 10);
  const plain = text => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().trim().replace(/\s+/g, " ");
  /** How many days ago a day was that is said in words. */
  const inWords = said => SUNDAYS.includes(said) ? ago(0).getUTCDay() || 7 : WORDS[said];

  const numbers = text => {
    const found = text.match(/\d+/g) || [];
    return /^\d{4}/.test(text) ? found.reverse() : found;
  };

  /** Why the server (web/days.py) would surely not take this for a day that has been by that moment; "" where it may. */
  xhht.wrongDay = (text, now) => {
    const today = new Date(now + VIETNAM), said = plain(text);
    if (inWords(said) !== undefined) return "";
    const [day, month, year = iso(today).slice(0, 4), more] = numbers(said);
    if (!month || more || /[^\d\s/.-]/.test(said.replace(/ngay|thang|nam/g, ""))) return xhht.say("bad-day");
    if (year.length < 3) return "";
    const on = new Date(Date.UTC(year, month - 1, day));
    if (on.getUTCMonth() !== month - 1) return xhht.say(month > 999 ? "only-month" : "no-day");
    return on > today ? xhht.say("late-day", { day: written(iso(today)) }) : "";
  };

  const button = (text, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, onclick: act });
    made.className = "day-choice";
    return made;
  };

  const equip = input => {
    const past = input.dataset.day === "past";
    const row = document.createElement("div");
    row.className = "day-choices";

    const write = text => {
      input.value = text;
      for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
    };

    // A day in words is written as a day at once: what is sent tomorrow must not mean tomorrow's yesterday.
    if (past) {
      input.addEventListener("change", () => {
        const days = inWords(plain(input.value));
        if (days !== undefined) write(written(iso(ago(days))));
      });
      const choices = [["day_today", 0], ["day_yesterday", 1], ["day_sunday", inWords("cn")]];
      for (const [key, days] of choices) row.append(button(xhht.say(key), () => write(written(iso(ago(days))))));
    }

    const calendar = Object.assign(document.createElement("input"), { type: "date", tabIndex: -1, className: "day-calendar" });
    if (calendar.showPicker && calendar.type === "date") {
      calendar.setAttribute("aria-hidden", "true");
      if (past) calendar.max = iso(ago(0));
      calendar.onchange = () => { if (calendar.value) write(written(calendar.value)); };
      const open = button(xhht.say("day_pick"), () => {
        const [day, month, year] = numbers(input.value);
        if (/^\d{4}$/.test(year)) calendar.value = `${year}-${two(month)}-${two(day)}`;
        try { calendar.showPicker(); } catch { input.focus(); }
      });
      row.append(open, calendar);
    }
    if (row.firstChild) input.after(row);
  };

  for (const input of document.querySelectorAll("input[data-day]")) equip(input);
})(self.xhht);
