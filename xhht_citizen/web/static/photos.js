/* Photos: made small on the phone before they are sent, shown while a form is filled in, their QR codes read.
   Without this script the two file inputs work as they stand. */
"use strict";

(xhht => {
  const LONGEST = 1600, ENOUGH = 300 * 1024, HEAVY = 10 * 1024 * 1024;
  // The longest side and the quality, tried one after the other until the picture is light enough.
  const STEPS = [[LONGEST, .82], [LONGEST, .7], [LONGEST, .58], [1360, .6], [1120, .55]];
  const small = new WeakSet(); // what was made here is not made again
  const kB = bytes => Math.max(1, Math.round(bytes / 1024));

  /** The picture behind an address: its head is read, and its size is as one sees it, upright. */
  const opened = address => new Promise((done, failed) => {
    const picture = new Image();
    picture.onload = () => done(picture);
    picture.onerror = failed;
    picture.src = address;
  });

  /** The picture as it is drawn: decoded straight to its small size where the browser can. */
  const source = async (file, picture, scale) => {
    if (!self.createImageBitmap) return picture;
    const wide = picture.naturalWidth >= picture.naturalHeight;
    const how = { imageOrientation: "from-image" };
    if (scale < 1) {
      how[wide ? "resizeWidth" : "resizeHeight"] = LONGEST;
      how.resizeQuality = "high";
    }
    try {
      const bitmap = await createImageBitmap(file, how);
      if (bitmap.width >= bitmap.height === wide) return bitmap;
      bitmap.close(); // lies on its side: this browser does not know which way is up
    } catch { /* an older browser: it draws the picture itself */ }
    return picture;
  };

  const encoded = (canvas, quality) => new Promise(done => canvas.toBlob(done, "image/jpeg", quality));

  /** A picture upright, at most 1600 pixels and about 300 kB, without what the camera wrote beside it (where, when).
      What cannot be drawn here is given back as it came. */
  const shrink = async file => {
    const same = { blob: file, name: file.name, type: file.type };
    if (small.has(file) || !/^image\//.test(file.type)) return same;
    const address = URL.createObjectURL(file);
    const canvas = document.createElement("canvas");
    try {
      const picture = await opened(address);
      const { naturalWidth: width, naturalHeight: height } = picture;
      const drawn = await source(file, picture, LONGEST / Math.max(width, height));
      let blob = null;
      for (const [longest, quality] of STEPS) {
        const scale = Math.min(1, longest / Math.max(width, height));
        canvas.width = Math.max(1, Math.round(width * scale));
        canvas.height = Math.max(1, Math.round(height * scale));
        const pen = canvas.getContext("2d");
        pen.fillStyle = "#fff";
        pen.fillRect(0, 0, canvas.width, canvas.height);
        pen.drawImage(drawn, 0, 0, canvas.width, canvas.height);
        blob = await encoded(canvas, quality);
        if (!blob || blob.size <= ENOUGH) break;
      }
      if (drawn.close) drawn.close();
      if (!blob) return same;
      const name = (file.name || "anh").replace(/\.\w+$/, "") + ".jpg";
      const made = new File([blob], name, { type: "image/jpeg" });
      small.add(made);
      return { blob: made, name, type: made.type };
    } catch {
      return same;
    } finally {
      URL.revokeObjectURL(address);
      canvas.width = canvas.height = 0; // phones hold the memory of a canvas until then
    }
  };

  /** What the QR code in a picture says, where the browser reads them; "" otherwise. */
  const codeIn = async blob => {
    try {
      const [found] = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(blob));
      return found ? found.rawValue.trim() : "";
    } catch {
      return "";
    }
  };

  const make = (tag, set = {}, ...inside) => {
    const made = Object.assign(document.createElement(tag), set);
    made.append(...inside);
    return made;
  };

  const busy = new Map(); // forms whose photos are being made small, and when that is done

  /** Ready when the form's photos are small. */
  const settled = form => busy.get(form) || Promise.resolve();

  const equip = box => {
    const form = box.closest("form");
    const inputs = [...box.querySelectorAll("input[type=file]")];
    const [camera, pick] = inputs;
    const most = Number(box.dataset.most);
    const list = make("ul", { className: "chosen" });
    const bar = make("progress", { hidden: true });
    const said = make("p", { className: "shots-said" });
    let chosen = [], waiting = [], turn = Promise.resolve();
    list.setAttribute("aria-label", xhht.say("photo_list"));
    bar.setAttribute("aria-label", xhht.say("photo_list"));
    said.setAttribute("role", "status");
    box.append(said, bar, list);
    box.dataset.live = "";

    /** Emptied with its form, or because what it held is in the outbox, which shows it from then on. */
    const empty = () => {
      for (const one of chosen) { URL.revokeObjectURL(one.address); one.row.remove(); }
      chosen = [];
      camera.value = pick.value = said.textContent = "";
    };
    for (const name of ["reset", "xhht:kept"]) form.addEventListener(name, empty);

    /** The form carries what is shown, and nothing else. */
    const put = () => {
      const carried = new DataTransfer();
      for (const one of chosen) carried.items.add(one.file);
      camera.value = "";
      pick.files = carried.files;
      box.dispatchEvent(new CustomEvent("xhht:photos", { bubbles: true }));
    };

    const remove = one => {
      const at = chosen.indexOf(one);
      chosen.splice(at, 1);
      URL.revokeObjectURL(one.address);
      one.row.remove();
      put();
      said.textContent = chosen.length ? xhht.say("photo_ready", { count: chosen.length }) : xhht.say("photo_none");
      const next = list.querySelectorAll("button")[Math.min(at, chosen.length - 1)];
      (next || pick).focus();
    };

    const show = file => {
      const one = { file, address: URL.createObjectURL(file) };
      const picture = make("img", { src: one.address, alt: "" });
      picture.onerror = () => picture.replaceWith(make("span", { className: "chosen-kind" },
        file.type === "application/pdf" ? "PDF" : file.name.split(".").pop().slice(0, 4).toUpperCase()));
      const button = make("button", { type: "button", className: "btn btn-second", textContent: xhht.say("photo_off") });
      button.setAttribute("aria-label", xhht.say("photo_remove", { name: file.name }));
      button.onclick = () => remove(one);
      one.row = make("li", {}, picture, make("span", { className: "chosen-name" },
        make("b", { textContent: file.name }), make("span", { textContent: xhht.say("photo_size", { size: kB(file.size) }) })), button);
      chosen.push(one);
      list.append(one.row);
    };

    /** What a code on paper is good for: the field it belongs into, or a page of this app. */
    const useCode = text => {
      const field = form.elements.certificate_ref;
      if (/^\d{12}\|/.test(text)) return xhht.say("photo_card");
      let to = null;
      try { to = new URL(text); } catch { /* a number, or anything else */ }
      const web = to && /^https?:$/.test(to.protocol) && !to.username;
      if (web && to.origin === location.origin) {
        for (const [path, key] of [[box.dataset.verify, "photo_title"], [box.dataset.door, "photo_door"]]) {
          if (to.pathname.startsWith(path)) xhht.note("note-code", xhht.say(key), to.pathname + to.search);
        }
        return "";
      }
      const number = !to && /^[\w .,/()#-]{3,80}$/.test(text) && /\d/.test(text) && !/^(0002\d\d|(\d{9}|\d{12})$)/.test(text);
      if (!field || field.value || text.length > 300 || !(web || number)) return "";
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      xhht.unfold(field);
      return xhht.say("photo_code", { code: text });
    };

    const take = async () => {
      const files = waiting.splice(0);
      const notes = [];
      bar.hidden = false;
      bar.max = files.length;
      for (const [at, file] of files.entries()) {
        bar.value = at;
        said.textContent = xhht.say("photo_shrinking", { number: at + 1, count: files.length });
        if (chosen.length >= most) { notes.push(xhht.say("photo_most", { count: most })); break; }
        const made = await shrink(file);
        if (made.blob.size > HEAVY) { notes.push(xhht.say("photo_heavy", { name: file.name })); continue; }
        show(made.blob);
        if (/^image\//.test(made.type)) notes.push(useCode(await codeIn(made.blob)));
      }
      bar.hidden = true;
      put();
      said.textContent = [...notes.filter(Boolean), xhht.say("photo_ready", { count: chosen.length })].join(" ");
    };

    for (const input of inputs) {
      input.addEventListener("change", () => {
        waiting.push(...input.files);
        turn = turn.then(take);
        const now = turn;
        busy.set(form, now);
        now.finally(() => { if (busy.get(form) === now) busy.delete(form); });
      });
    }
  };

  // Who taps "Lưu" while a photo is still being made small: it is sent as soon as that is done.
  addEventListener("submit", event => {
    const { target: form, submitter } = event;
    if (!busy.has(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    busy.get(form).then(() => form.requestSubmit(submitter));
  }, true);

  xhht.photos = { shrink, settled };

  try {
    new DataTransfer(); // without it an input's files cannot be changed: then the inputs stay as they are
    for (const box of document.querySelectorAll("[data-photos]")) equip(box);
  } catch { /* an old browser */ }
})(self.xhht);
