// Keeps pages true from one stream of differences each (server-sent events), and filters the wall.
// Without it every page is true when it is loaded. No library; nothing is asked from anywhere else.
"use strict";

const clock = () => new Date().toTimeString().slice(0, 5);

document.querySelector(".bar [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

/** One stream: opened while the page is seen, opened again after any end, over when the session is.
 *  `address` is asked for each time: it says what the page has. */
function follow(page, address, handlers) {
  const banner = document.getElementById("banner");
  let source = null, again = 0, cut = "", away = "";
  function tell() {
    const text = cut ? page.dataset.cut.replace("{when}", cut)
      : away ? page.dataset.away.replace("{when}", away) : "";
    banner.textContent = text;
    banner.hidden = !text;
  }
  function close() {
    clearTimeout(again);
    if (source) source.close();
    source = null;
  }
  function later() {
    close();
    again = setTimeout(async () => {
      // A refusal ends a stream for good: is it the session, or the server?
      try {
        const asked = await fetch("/live/who", { cache: "no-store" });
        if (asked.status === 401) { location.reload(); return; }
      } catch { /* no network: the next try says the same */ }
      open();
    }, 2000);
  }
  function open() {
    close();
    if (document.hidden) return;  // a browser has six connections for all its pages
    source = new EventSource(address());
    source.addEventListener("open", () => { cut = ""; tell(); });
    source.addEventListener("error", () => { cut ||= clock(); tell(); later(); });
    source.addEventListener("away", (event) => { away = JSON.parse(event.data).since; tell(); });
    source.addEventListener("over", () => { close(); location.reload(); });
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
    }
  }
  document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  addEventListener("offline", () => { cut ||= clock(); tell(); });
  addEventListener("online", open);
  open();
}

(() => {
  const page = document.querySelector("[data-live]");
  if (!page) return;
  const regions = () => [...page.querySelectorAll("[data-v]")];

  /** Where somebody was in a region: what has the focus, and how far tables are scrolled. */
  function put(region, markup) {
    const focus = region.contains(document.activeElement) ? document.activeElement : null;
    const found = focus && [...region.querySelectorAll(focus.tagName)].indexOf(focus);
    const far = [...region.querySelectorAll(".scroll")].map((box) => box.scrollLeft);
    region.innerHTML = markup;
    region.querySelectorAll(".scroll").forEach((box, at) => { box.scrollLeft = far[at] || 0; });
    if (focus) region.querySelectorAll(focus.tagName)[found]?.focus({ preventScroll: true });
  }

  follow(page, () => page.dataset.live + "&have="
    + regions().map((one) => one.id.slice(2) + ":" + one.dataset.v).join(), {
    regions(fresh) {
      for (const [name, markup, mark] of fresh) {
        const region = document.getElementById("r-" + name);
        if (!region) continue;
        put(region, markup);
        region.dataset.v = mark;
      }
    },
  });
})();

(() => {
  const page = document.querySelector(".wall-page");
  if (!page) return;
  const wall = document.getElementById("wall");
  const sections = new Map([...wall.children].map((s) => [Number(s.dataset.state), s]));
  const form = page.querySelector("form");
  const search = document.getElementById("search");
  const branch = document.getElementById("branch");
  const states = [...document.querySelectorAll(".state")];
  const plain = (s) => s.toLowerCase().replaceAll("đ", "d").normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "");
  const wanted = { text: "", place: "", states: new Set() };
  let whole = !location.search.match(/[?&](branch|state|q)=./);  // all tiles are in the page

  function fits(tile) {
    if (wanted.place) {
      const at = tile.dataset.p;
      if (at !== wanted.place && !at.startsWith(wanted.place + "/")) return false;
    }
    if (!wanted.text) return true;
    return plain(tile.id + " " + tile.querySelector("small").textContent).includes(wanted.text);
  }

  function filter() {
    wanted.text = plain(search.value.trim());
    wanted.place = branch.value;
    let any = false;
    for (const [state, section] of sections) {
      section.hidden = wanted.states.size > 0 && !wanted.states.has(state);
      for (const tile of section.children) {
        tile.hidden = !fits(tile);
        any ||= !tile.hidden && !section.hidden;
      }
    }
    document.getElementById("none").hidden = any;
    const query = new URLSearchParams();
    if (wanted.place) query.set("branch", wanted.place);
    if (wanted.states.size) query.set("state", [...wanted.states].join("."));
    if (search.value.trim()) query.set("q", search.value.trim());
    history.replaceState(null, "", query.size ? "?" + query : location.pathname);
  }

  function choose() {
    filter();
    if (whole) return;
    page.dataset.version = -1;  // the page came filtered: the rest of the tiles is asked for
    whole = true;
    dispatchEvent(new Event("online"));
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); choose(); });
  for (const button of states) {
    button.type = "button";
    button.addEventListener("click", () => {
      const state = Number(button.dataset.state);
      if (!wanted.states.delete(state)) wanted.states.add(state);
      button.setAttribute("aria-pressed", wanted.states.has(state));
      choose();
    });
    if (button.getAttribute("aria-pressed") === "true") {
      wanted.states.add(Number(button.dataset.state));
    }
  }
  search.addEventListener("input", choose);
  branch.addEventListener("change", choose);
  if (!whole) filter();

  const rank = (tile) => Number(tile.dataset.r || 0);
  const before = (a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1);

  function place(tile, section) {
    let low = 0, high = section.children.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(section.children[middle], tile) < 0) low = middle + 1; else high = middle;
    }
    section.insertBefore(tile, section.children[low] || null);
  }

  const loom = document.createElement("template");
  function put([code, state, markup]) {
    loom.innerHTML = markup;
    const tile = loom.content.firstElementChild;
    tile.hidden = !fits(tile);
    const old = document.getElementById(code);
    const section = sections.get(state);
    if (old && old.parentNode === section && (old.dataset.r || "") === (tile.dataset.r || "")) {
      old.replaceWith(tile);
    } else {
      if (old && old.parentNode !== section) tile.classList.add("fresh");
      if (old) old.remove();
      place(tile, section);
    }
  }

  /** A few at a time: whoever types or scrolls meanwhile is not held up. */
  const SLICE_MS = 10;
  let waiting = [];
  function some() {
    const end = performance.now() + SLICE_MS;
    let at = 0;
    while (at < waiting.length && performance.now() < end) put(waiting[at++]);
    waiting = waiting.slice(at);
    if (waiting.length) setTimeout(some, 0);
  }
  function putAll(tiles) {
    const idle = waiting.length === 0;
    waiting = waiting.concat(tiles);
    if (idle) some();
  }

  follow(page, () => page.dataset.wall + "&run=" + page.dataset.run
    + "&since=" + page.dataset.version, {
    wall(news) {
      putAll(news.tiles);
      document.getElementById("branches").innerHTML = news.branches;
      for (const [name, text] of Object.entries(news.numbers)) {
        document.getElementById("n-" + name).textContent = text;
      }
      const missing = document.getElementById("n-missing").parentNode;
      missing.className = "number " + (news.bad.missing ? "bad" : "good");
      document.getElementById("n-standing").parentNode.className =
        "number" + (news.bad.standing ? " bad" : "");
      document.getElementById("n-coming").textContent = news.coming;
      page.dataset.version = news.version;
      page.dataset.run = news.run;
    },
  });
})();
