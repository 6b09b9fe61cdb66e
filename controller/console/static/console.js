// What only the browser can do: keys, the keyboard-wedge scanner, pictures that refresh.
//
// A wedge scanner "types" the card's content and Enter. Whatever has the focus, the content must
// reach the station and nothing else may react to it. So printable keys outside of fields go to a
// hidden field ("sink"), which also takes composed Vietnamese letters, and Enter decides: a card's
// content is sent as "scan"; an empty sink presses the suggested next step.
//
// What a page sends before the station has greeted it is lost (nicegui.py drops what comes before the
// handshake). So nothing can be touched or typed into until then, and a card scanned so early waits.

(() => {
  const CARD = /\d{9,12}\|.*\|.*$/s;

  const sink = document.createElement("input");
  sink.id = "scan-sink";
  sink.tabIndex = -1;
  sink.autocomplete = "off";
  sink.setAttribute("inputmode", "none"); // no on-screen keyboard
  sink.setAttribute("aria-hidden", "true");
  document.addEventListener("DOMContentLoaded", () => document.body.append(sink));

  const editable = (element) =>
    element !== sink && element && (element.matches("input, textarea, select") || element.isContentEditable);

  const visible = (element) => element.getClientRects().length > 0 && !element.disabled;

  const press = (selector) => {
    const found = [...document.querySelectorAll(selector)].find(visible);
    if (found) found.click();
    return Boolean(found);
  };

  const rewrite = (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const takeScan = (field) => {
    const scan = field.value.match(CARD);
    if (!scan) return false;
    if (field === sink) sink.value = "";
    else rewrite(field, field.value.slice(0, scan.index));
    emitEvent("scan", scan[0]);
    return true;
  };

  let greeted = false;
  const showPage = () => document.documentElement.classList.remove("waiting");
  document.documentElement.classList.add("waiting");
  setTimeout(showPage, 10000); // a line that does not come leaves something to read, at least

  window.stationGreets = () => {
    if (greeted) return; // it comes again after each break of the line; the focus stays then
    greeted = true;
    showPage();
    const scanned = CARD.test(sink.value);
    if (scanned && scannedEarly) takeScan(sink);
    if (!scanned) focusFirst(document);
  };
  let scannedEarly = false;

  const enter = (event) => {
    const focused = document.activeElement;
    if (takeScan(sink) || (editable(focused) && takeScan(focused))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    sink.value = "";
    if (editable(focused)) {
      const form = focused.closest(".form");
      const submit = form && form.querySelector("[data-submit]");
      if (submit) submit.click();
      event.preventDefault();
    } else if (!focused || focused === sink || focused === document.body) {
      if (press("[data-next]")) event.preventDefault();
    }
  };

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
      if (!greeted && event.key.length > 1) {
        scannedEarly = event.key === "Enter";
        event.preventDefault();
        return;
      }
      if (event.key === "Enter") return enter(event);
      if (/^F\d+$/.test(event.key)) {
        if (press(`[data-key="${event.key}"]`)) event.preventDefault();
        return;
      }
      if (event.key === "Escape") {
        sink.value = "";
        press("[data-escape]");
        return;
      }
      const onButton = document.activeElement && document.activeElement.matches("button, a");
      if (event.key === " " && onButton && !sink.value) return; // presses that button
      if (event.key.length === 1 && !editable(document.activeElement)) {
        clearTimeout(forget);
        if (greeted) forget = setTimeout(() => { sink.value = ""; }, 2000); // stray keys are not a scan
        sink.focus({ preventScroll: true });
      }
    },
    true,
  );
  let forget = 0;

  // Fields that are to be typed into at once say so with data-focus. Not on touch screens: the
  // on-screen keyboard would cover half of the desk.
  const keyboard = matchMedia("(pointer: fine)").matches;
  const focusFirst = (node) => {
    const field = node.querySelector && node.querySelector("[data-focus] input, input[data-focus]");
    if (keyboard && field && !sink.value) field.focus(); // never in the middle of a scan
  };
  if (keyboard) new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) focusFirst(node);
  }).observe(document, { childList: true, subtree: true });

  // <img data-live="/console/preview.jpg">: five times a second, never two requests at once.
  const fetchPicture = async () => {
    const image = document.querySelector("img[data-live]");
    if (image && document.visibilityState === "visible") {
      try {
        const answer = await fetch(image.dataset.live, { cache: "no-store" });
        if (answer.status === 200) {
          const before = image.src;
          image.src = URL.createObjectURL(await answer.blob());
          if (before.startsWith("blob:")) URL.revokeObjectURL(before);
        }
      } catch (error) {
        // the station restarts; the next round tries again
      }
    }
    setTimeout(fetchPicture, 200);
  };
  fetchPicture();
})();
