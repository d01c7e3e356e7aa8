/* Days picked by a tap: today, yesterday, last Sunday, or the phone's own calendar. Typing stays possible. */
"use strict";

(xhht => {
  const two = number => String(number).padStart(2, "0");
  const DAY = 24 * 3600 * 1000, VIETNAM = 7 * 3600 * 1000; // the server's days are Vietnam's, wherever the phone is
  const WORDS = { "hom nay": 0, "nay": 0, "hom qua": 1, "qua": 1, "hom kia": 2 };
  const SUNDAYS = ["chu nhat", "chu nhat vua roi", "chu nhat vua qua", "cn"];
  const written = text => text.split("-").reverse().join("/");

  const ago = days => new Date(Date.now() + VIETNAM - days * DAY);
  const iso = day => day.toISOString().slice(0, 10);

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
        const said = input.value.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().trim().replace(/\s+/g, " ");
        if (said in WORDS) write(written(iso(ago(WORDS[said]))));
        else if (SUNDAYS.includes(said)) write(written(iso(ago(ago(0).getUTCDay() || 7))));
      });
      const choices = [["day_today", 0], ["day_yesterday", 1], ["day_sunday", ago(0).getUTCDay() || 7]];
      for (const [key, days] of choices) row.append(button(xhht.say(key), () => write(written(iso(ago(days))))));
    }

    const calendar = Object.assign(document.createElement("input"), { type: "date", tabIndex: -1, className: "day-calendar" });
    if (calendar.showPicker && calendar.type === "date") {
      calendar.setAttribute("aria-hidden", "true");
      if (past) calendar.max = iso(ago(0));
      calendar.onchange = () => { if (calendar.value) write(written(calendar.value)); };
      const open = button(xhht.say("day_pick"), () => {
        const typed = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(input.value.trim());
        if (typed) calendar.value = `${typed[3]}-${two(typed[2])}-${two(typed[1])}`;
        try { calendar.showPicker(); } catch { input.focus(); }
      });
      row.append(open, calendar);
    }
    if (row.firstChild) input.after(row);
  };

  for (const input of document.querySelectorAll("input[data-day]")) equip(input);
})(self.xhht);
