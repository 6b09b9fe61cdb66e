// Keeps the wall true from one stream of differences, filters it, and passes clicks on the marked
// parts of other pages to the server. No library; nothing is asked from anywhere else.
"use strict";

document.addEventListener("click", (event) => {
  const marked = event.target.closest("[data-do]");
  if (!marked || typeof emitEvent !== "function") return;
  event.preventDefault();
  emitEvent(marked.dataset.do, marked.dataset.with || "");
});

(() => {
  const page = document.querySelector(".wall-page");
  if (!page) return;
  const wall = document.getElementById("wall");
  const sections = new Map([...wall.children].map((s) => [Number(s.dataset.state), s]));
  const banner = document.getElementById("banner");
  const search = document.getElementById("search");
  const branch = document.getElementById("branch");
  const states = [...document.querySelectorAll(".state")];
  const plain = (s) => s.toLowerCase().replaceAll("đ", "d").normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "");
  const wanted = { text: "", place: "", states: new Set() };

  function fits(tile) {
    if (wanted.place) {
      const at = tile.dataset.p;
      if (at !== wanted.place && !at.startsWith(wanted.place + "/")) return false;
    }
    return !wanted.text || plain(tile.id + " " + tile.dataset.n).includes(wanted.text);
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

  for (const button of states) {
    button.addEventListener("click", () => {
      const state = Number(button.dataset.state);
      if (!wanted.states.delete(state)) wanted.states.add(state);
      button.setAttribute("aria-pressed", wanted.states.has(state));
      filter();
    });
  }
  search.addEventListener("input", filter);
  branch.addEventListener("change", filter);
  const given = new URLSearchParams(location.search);
  if (["branch", "state", "q"].some((name) => given.has(name))) {
    branch.value = given.get("branch") || "";
    if (branch.selectedIndex < 0) branch.value = "";
    search.value = given.get("q") || "";
    for (const state of (given.get("state") || "").split(".").filter(Boolean)) {
      wanted.states.add(Number(state));
    }
    for (const button of states) {
      button.setAttribute("aria-pressed", wanted.states.has(Number(button.dataset.state)));
    }
    filter();
  }

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

  const clock = () => new Date().toTimeString().slice(0, 5);
  let cut = "", away = "";
  function tell() {
    const text = cut ? page.dataset.cut.replace("{when}", cut)
      : away ? page.dataset.away.replace("{when}", away) : "";
    banner.textContent = text;
    banner.hidden = !text;
  }

  const source = new EventSource(page.dataset.stream + "&since=" + page.dataset.version);
  source.addEventListener("open", () => { cut = ""; tell(); });
  source.addEventListener("error", () => { cut ||= clock(); tell(); });
  source.addEventListener("away", (event) => { away = JSON.parse(event.data).since; tell(); });
  source.addEventListener("over", () => { source.close(); location.reload(); });
  source.addEventListener("wall", (event) => {
    const news = JSON.parse(event.data);
    news.tiles.forEach(put);
    document.getElementById("branches").innerHTML = news.branches;
    for (const [name, text] of Object.entries(news.numbers)) {
      document.getElementById("n-" + name).textContent = text;
    }
    const missing = document.getElementById("n-missing").parentNode;
    missing.className = "number " + (news.bad.missing ? "bad" : "good");
    document.getElementById("n-standing").parentNode.className =
      "number" + (news.bad.standing ? " bad" : "");
    document.getElementById("n-coming").textContent = news.coming;
  });
})();
