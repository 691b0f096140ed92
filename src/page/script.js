// Adds to a page that is whole without it: sorting, filtering, the theme's switch, links
// that open what they lead to, and plain downloads. Works from disk; fetches nothing.
"use strict";
(() => {
  const live = document.getElementById("live");
  const say = (text) => { live.textContent = text; };
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

  // Sorting. Values are in base units; what has none comes last, whichever way.
  const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const ORDERS = { none: "ascending", ascending: "descending", descending: "none" };

  const keyOf = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.value !== undefined) return { number: Number(cell.dataset.value) };
    if (cell.dataset.status !== undefined) return null;
    const text = cell.textContent.trim();
    return text === "" ? null : { text };
  };

  const compare = (left, right) => {
    if ("number" in left && "number" in right) return left.number - right.number;
    if ("number" in left) return -1;
    if ("number" in right) return 1;
    return words.compare(left.text, right.text);
  };

  const sort = (table, head, rows) => {
    const column = head.cellIndex;
    const order = ORDERS[head.getAttribute("aria-sort") || "none"];
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    if (order !== "none") head.setAttribute("aria-sort", order);
    const sign = order === "descending" ? -1 : 1;
    const keyed = rows.map((row, at) => ({ row, at, key: keyOf(row, column) }));
    keyed.sort((left, right) => {
      if (order === "none") return left.at - right.at;
      if (left.key === null || right.key === null) {
        return (left.key === null) - (right.key === null) || left.at - right.at;
      }
      return sign * compare(left.key, right.key) || left.at - right.at;
    });
    table.tBodies[0].append(...keyed.map((one) => one.row));
    const name = head.firstElementChild.textContent.trim();
    say(order === "none" ? "In the order of the report." : `Sorted by ${name}, ${order}.`);
  };

  for (const table of all("table[data-filtered]")) {
    const rows = Array.from(table.tBodies[0].rows);
    if (rows.length < 2) continue;
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, head, rows));
    }
  }

  // Filtering: every word has to be in a row, or in a variant's own line.
  const filter = document.getElementById("filter");
  const count = document.getElementById("count");
  const lower = (element) => element.textContent.toLowerCase().replace(/\s+/g, " ");
  // Read when they are first asked for: a large page opens sooner.
  let rows;
  let cases;
  const readRows = () => {
    rows = all("table[data-filtered] tbody tr").map((row) => ({ shown: row, text: lower(row) }));
    cases = all("details.case").map((one) => ({ shown: one, text: lower(one.querySelector("summary")) }));
  };

  const applyFilter = () => {
    if (rows === undefined) readRows();
    const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (one) => wanted.every((word) => one.text.includes(word));
    let matching = 0;
    for (const one of rows) {
      const fit = fits(one);
      one.shown.hidden = !fit;
      matching += fit;
    }
    for (const one of cases) one.shown.hidden = !fits(one);
    const text = wanted.length === 0 ? "" : `${matching} of ${rows.length} rows`;
    count.textContent = text;
    return text;
  };

  let settled;
  filter.addEventListener("input", () => {
    const text = applyFilter();
    clearTimeout(settled);
    settled = setTimeout(() => say(text === "" ? "All rows are shown." : `${text} match.`), 400);
  });

  // Theme: the system's, unless the reader says otherwise. Storage may be shut for files.
  const root = document.documentElement;
  const switcher = document.getElementById("theme");
  const THEMES = ["system", "light", "dark"];
  const KEY = "plimsoll-theme";
  const stored = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem(KEY, theme); } catch { /* it lasts as long as the page */ } };
  const setTheme = (theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    switcher.textContent = `Theme: ${theme}`;
    switcher.dataset.theme = theme;
  };
  setTheme(THEMES.includes(stored()) ? stored() : "system");
  switcher.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(switcher.dataset.theme) + 1) % THEMES.length];
    setTheme(next);
    keep(next);
    say(`Theme: ${next}`);
  });

  // A link to what is folded or filtered away shows it.
  const reveal = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    let hidden = false;
    for (let at = target; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
      hidden = hidden || at.hidden;
    }
    if (hidden) {
      filter.value = "";
      applyFilter();
    }
    const contents = document.querySelector("details.contents");
    contents.open = false;
    target.scrollIntoView();
    const focus = target.tagName === "DETAILS" ? target.querySelector("summary") : target;
    if (focus.tabIndex < 0) focus.tabIndex = -1;
    focus.focus({ preventScroll: true });
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) reveal();
    const contents = document.querySelector("details.contents");
    if (!contents.contains(event.target)) contents.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea");
    if (event.key === "Escape") {
      const contents = document.querySelector("details.contents");
      if (contents.open) {
        contents.open = false;
        contents.querySelector("summary").focus();
      }
    }
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      filter.focus();
    }
  });

  // Paper unfolds nothing: notes are part of their tables.
  addEventListener("beforeprint", () => {
    for (const notes of all("details.notes")) notes.open = true;
  });

  // Downloads come unpacked where the browser can.
  for (const link of all("a[data-unpacked]")) {
    if (typeof DecompressionStream !== "function") break;
    link.addEventListener("click", async (event) => {
      event.preventDefault();
      const packed = Uint8Array.from(atob(link.href.split(",")[1]), (c) => c.charCodeAt(0));
      const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
      const plain = await new Response(stream).blob();
      const saved = document.createElement("a");
      saved.href = URL.createObjectURL(plain);
      saved.download = link.dataset.unpacked;
      saved.click();
      setTimeout(() => URL.revokeObjectURL(saved.href), 60000);
    });
  }

  // Only what scrolls is a stop for the keyboard.
  const stops = all(".scroll, pre[tabindex]");
  const markStops = (elements) => {
    for (const element of elements) {
      const scrolls = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
      if (scrolls) element.tabIndex = 0;
      else element.removeAttribute("tabindex");
    }
  };
  const sizes = new ResizeObserver((entries) => markStops(entries.map((entry) => entry.target)));
  for (const element of stops) sizes.observe(element);

  document.querySelector(".tools").hidden = false;
  root.classList.add("scripted");
  reveal();
})();
