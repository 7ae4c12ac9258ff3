// The short-list as a table to sort, filter and search. Its data are in the page (hits/packed.py).
const PAGE_SIZES = [25, 50, 100, 250];
const NUMBERS = new Set(["number", "whole"]);

function element(tag, attributes, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...inside.filter((part) => part !== null && part !== undefined));
  return made;
}

function hitsTable(place, data) {
  const byName = new Map(data.columns.map((column) => [column.name, column]));
  const composed = new Set(data.compound);
  const order = data.hits.map((_, hit) => hit);
  const opened = new Set();
  const state = { sorted: "", falling: false, filters: [], words: "", page: 0, size: 25, all: false, region: null };
  let found = order;
  let haystack = null;

  const value = (column, hit) =>
    "all" in column ? column.all : "codes" in column ? column.texts[column.codes[hit]] : column.values[hit];
  const of = (name, hit) => (byName.has(name) ? value(byName.get(name), hit) : null);
  const nameOf = (hit) => of("name", hit) || of("id", hit);
  const empty = (found_) => found_ === null || found_ === "";

  function shownText(column, hit) {
    const found_ = value(column, hit);
    if (empty(found_)) return "–";
    if (column.kind === "truth") return found_ ? "yes" : "no";
    return column.kind === "number" ? found_.toFixed(data.digits) : String(found_);
  }

  // Evidence

  const said = (item) => {
    const [template, ...words] = data.items[item];
    const [about, text] = data.templates[template];
    return [about, text.replace(/\{(\d+)\}/g, (_, number) => data.texts[words[number]])];
  };

  function structure(number, name, scale, widest, highest, spots) {
    return number < 0 ? element("span", { class: "undrawn" }, "not drawn")
      : sketch(data.drawings[number], `${spots ? "atom map" : "structure"} of ${name}`, scale, widest, highest, spots);
  }

  function neighbour([task, id, similarity, label, drawing]) {
    const known = data.texts[label];
    return element("figure", { class: "neighbour" },
      structure(drawing, data.texts[id], 0.55, 240, 170),
      element("figcaption", {}, element("strong", {}, data.texts[id]),
        ` nearest training compound of ${data.texts[task]}; similarity `
        + `${similarity === null ? "not known" : similarity.toFixed(2)}; `
        + `${known ? `label ${known}` : "its label is not in the bundle"}`));
  }

  function evidence(hit, id, width) {
    const [drawing, , items, near, spots] = data.hits[hit];
    const groups = new Map();
    for (const [about, text] of items.map(said)) groups.set(about, [...(groups.get(about) || []), text]);
    const told = element("dl", { class: "said" });
    for (const [about, texts] of groups) {
      told.append(element("dt", {}, about), element("dd", {}, ...texts.map((text) => element("p", {}, text))));
    }
    const legend = spots ? element("span", { class: "legend" }, "lowers the prediction ",
      element("span", { class: "bar", "aria-hidden": "true" }), " raises it") : null;
    const figures = element("div", { class: "beside" },
      element("figure", { class: "own" }, structure(drawing, nameOf(hit), 0.7, 320, 220, spots), legend,
        element("figcaption", {}, element("strong", {}, nameOf(hit)), element("code", {}, String(of("smiles", hit) ?? "")))),
      ...near.map(neighbour));
    if (!near.length) figures.append(element("p", { class: "small" }, "No nearest training compound is known."));
    return element("tr", { class: "opened", id }, element("td", { colspan: width },
      element("div", { class: "sheet" }, figures, told)));
  }

  // Lines

  const shownColumns = () => data.columns.filter((column) => column.shown && !composed.has(column.name));

  function line(hit, columns) {
    const id = `evidence-${hit}`;
    const [drawing, flags] = data.hits[hit];
    const button = element("button", {
      type: "button", class: "open", "aria-expanded": String(opened.has(hit)), "aria-controls": id,
      "aria-label": `Evidence for ${nameOf(hit)}`, on: { click: () => toggle(hit, button) },
    }, opened.has(hit) ? "▾" : "▸");
    const named = of("name", hit) ? element("span", { class: "id" }, String(of("id", hit))) : null;
    return element("tr", {},
      element("td", {}, button),
      element("td", { class: "drawing" }, structure(drawing, nameOf(hit), 0.5, 180, 130)),
      element("td", { class: "what" }, element("strong", {}, String(nameOf(hit))), named,
        element("span", { class: "evidence" }, String(of("evidence", hit) ?? "")),
        ...flags.map((flag) => element("span", { class: "flag" }, data.texts[flag]))),
      ...columns.map((column) => element("td", { class: NUMBERS.has(column.kind) ? "n" : cellClass(column, hit) },
        shownText(column, hit))));
  }

  function cellClass(column, hit) {
    if (!column.name.startsWith("isolate:")) return null;
    const text = String(value(column, hit));
    return `state ${text.startsWith("defeated") ? "defeated" : text.startsWith("not looked") ? "not_looked_at"
      : text.startsWith("not seen") ? "not_seen" : "reduced"}`;
  }

  function toggle(hit, button) {
    const row = button.closest("tr");
    if (opened.has(hit)) {
      opened.delete(hit);
      row.nextElementSibling.remove();
    } else {
      opened.add(hit);
      row.after(evidence(hit, `evidence-${hit}`, row.cells.length));
    }
    button.setAttribute("aria-expanded", String(opened.has(hit)));
    button.textContent = opened.has(hit) ? "▾" : "▸";
  }

  // Searching, filtering, sorting

  function searchable() {
    haystack ||= order.map((hit) => {
      const texts = data.columns.filter((column) => column.kind === "text").map((column) => value(column, hit) ?? "");
      const flags = data.hits[hit][1].map((flag) => data.texts[flag]);
      const near = data.hits[hit][3].map((known) => data.texts[known[1]]);
      return [...texts, ...flags, ...near].join("\n").toLowerCase();
    });
    return haystack;
  }

  const tests = {
    contains: (found_, wanted) => String(found_).toLowerCase().includes(wanted.toLowerCase()),
    "does not contain": (found_, wanted) => !String(found_).toLowerCase().includes(wanted.toLowerCase()),
    "is at least": (found_, wanted) => !empty(found_) && Number(found_) >= Number(wanted),
    "is at most": (found_, wanted) => !empty(found_) && Number(found_) <= Number(wanted),
  };

  function passes(hit, { column, test, wanted }) {
    const found_ = value(column, hit);
    return tests[test](column.kind === "truth" ? (found_ ? "yes" : "no") : empty(found_) ? "" : found_, wanted);
  }

  function refresh() {
    const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const texts = words.length ? searchable() : null;
    found = order.filter((hit) => words.every((word) => texts[hit].includes(word))
      && state.filters.every((filter) => passes(hit, filter)) && (!state.region || state.region(hit)));
    const column = byName.get(state.sorted);
    if (column) {
      const collator = new Intl.Collator("en", { numeric: true });
      const sign = state.falling ? -1 : 1;
      const keys = new Map(found.map((hit) => [hit, value(column, hit)]));
      const compare = column.kind === "text" ? collator.compare : (a, b) => Number(a) - Number(b);
      found.sort((a, b) => {
        const [x, y] = [keys.get(a), keys.get(b)];
        return empty(x) || empty(y) ? Number(empty(x)) - Number(empty(y)) || a - b : sign * compare(x, y) || a - b;
      });
    }
    state.page = 0;
    show();
  }

  function sortBy(name) {
    state.falling = state.sorted === name ? !state.falling : NUMBERS.has(byName.get(name).kind) && name !== "rank";
    state.sorted = name;
    refresh();
  }

  // The controls and the table

  const count = element("p", { class: "count", role: "status" });
  const head = element("thead");
  const body = element("tbody");
  const pages = element("div", { class: "pages" });
  const chips = element("ul", { class: "chips", "aria-label": "filters in use" });
  const number = (whole) => whole.toLocaleString("en");

  function heading(name, label, kind, meaning, focused) {
    // On paper a browser does not repeat buttons in the head of the next page.
    if (state.all) return element("th", { scope: "col", class: NUMBERS.has(kind) ? "n" : null }, label);
    const sorted = state.sorted === name;
    const arrow = sorted ? (state.falling ? " ▼" : " ▲") : "";
    const button = element("button", { type: "button", title: meaning, "data-column": name, on: { click: () => sortBy(name) } },
      label, element("span", { "aria-hidden": "true" }, arrow));
    if (focused === name) queueMicrotask(() => button.focus());
    return element("th", { scope: "col", class: NUMBERS.has(kind) ? "n" : null,
      "aria-sort": sorted ? (state.falling ? "descending" : "ascending") : "none" }, button);
  }

  function show() {
    const columns = shownColumns();
    const focused = head.contains(document.activeElement) ? document.activeElement.dataset.column : null;
    head.replaceChildren(element("tr", {},
      element("th", { scope: "col" }, element("span", { class: "hidden" }, "Evidence")),
      element("th", { scope: "col" }, "Structure"),
      heading("name", "Compound and evidence", "text", "Sort by name", focused),
      ...columns.map((column) => heading(column.name, column.label, column.kind, column.meaning, focused))));
    const first = state.all ? 0 : state.page * state.size;
    const last = state.all ? found.length : Math.min(first + state.size, found.length);
    const rows = [];
    for (const hit of found.slice(first, last)) {
      rows.push(line(hit, columns));
      if (opened.has(hit)) rows.push(evidence(hit, `evidence-${hit}`, columns.length + 3));
    }
    body.replaceChildren(...rows);
    const which = found.length ? `${number(first + 1)} to ${number(last)} of ${number(found.length)}` : "None";
    const filtered = found.length < order.length ? ` (${number(order.length)} in all)` : "";
    count.textContent = `${which} compounds${filtered}`;
    const most = Math.max(Math.ceil(found.length / state.size) - 1, 0);
    const go = (label, page, off) => element("button", { type: "button", disabled: off, on: { click: () => {
      state.page = page;
      show();
      place.scrollIntoView({ block: "start" });
    } } }, label);
    pages.replaceChildren(go("First", 0, !state.page), go("Previous", state.page - 1, !state.page),
      element("span", {}, `page ${number(state.page + 1)} of ${number(most + 1)}`),
      go("Next", state.page + 1, state.page >= most), go("Last", most, state.page >= most));
  }

  function filterForm() {
    const column = element("select", { "aria-label": "column of the filter" },
      ...data.columns.map((one) => element("option", { value: one.name }, one.label)));
    const test = element("select", { "aria-label": "kind of the filter" });
    const wanted = element("input", { "aria-label": "value of the filter", size: 12, required: true });
    const choose = () => {
      const numeric = NUMBERS.has(byName.get(column.value).kind);
      test.replaceChildren(...Object.keys(tests).filter((name) => name.startsWith("is") === numeric)
        .map((name) => element("option", {}, name)));
      wanted.type = numeric ? "number" : "text";
      wanted.step = "any";
    };
    column.addEventListener("change", choose);
    choose();
    return element("form", { class: "filter", on: { submit: (event) => {
      event.preventDefault();
      state.filters.push({ column: byName.get(column.value), test: test.value, wanted: wanted.value });
      wanted.value = "";
      showChips();
      refresh();
    } } }, element("span", {}, "Filter: "), column, test, wanted, element("button", {}, "Add filter"));
  }

  function chip(words, remove) {
    return element("li", {}, `${words} `, element("button", { type: "button", "aria-label": `Remove the filter ${words}`,
      on: { click: () => {
        remove();
        showChips();
        refresh();
      } } }, "×"));
  }

  function showChips() {
    const region = state.region ? [chip("region of the map", () => { state.region = null; hideRegion(); })] : [];
    chips.replaceChildren(...region, ...state.filters.map((filter) =>
      chip(`${filter.column.label} ${filter.test} ${filter.wanted}`,
        () => state.filters.splice(state.filters.indexOf(filter), 1))));
  }

  function chooser() {
    const box = (column) => {
      const tick = element("input", { type: "checkbox", checked: column.shown, on: { change: () => {
        column.shown = tick.checked;
        show();
      } } });
      return element("label", { title: column.meaning }, tick, ` ${column.label}`);
    };
    return element("details", { class: "chooser" }, element("summary", {}, "Columns"),
      element("fieldset", {}, element("legend", { class: "hidden" }, "columns to show"),
        ...data.columns.filter((column) => !composed.has(column.name)).map(box)));
  }

  // A text that a spreadsheet would take for a formula gets an apostrophe in front, as in hits.csv.
  function cell(found_) {
    if (empty(found_)) return "";
    let text = String(found_);
    if (/^[=+\-@\t\r\n＝＋－＠]/.test(text) && text.length > 1 && Number.isNaN(Number(text))) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  function save() {
    const rows = found.map((hit) => data.columns.map((column) => cell(value(column, hit))).join(","));
    const text = [data.columns.map((column) => cell(column.name)).join(","), ...rows, ""].join("\n");
    const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: "hits-chosen.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  const search = element("input", { type: "search", "aria-label": "search the short-list", size: 24,
    placeholder: "name, id, SMILES, gene …", on: { input: () => { state.words = search.value; refresh(); } } });
  const size = element("select", { "aria-label": "lines on a page", on: { change: () => {
    state.size = Number(size.value);
    state.page = 0;
    show();
  } } }, ...PAGE_SIZES.map((each) => element("option", { value: each }, `${each} lines`)));

  place.replaceChildren(
    element("div", { class: "controls" }, element("label", {}, "Search ", search), filterForm(), size,
      element("button", { type: "button", on: { click: save } }, "Save these lines as CSV"), chooser(), chips, count),
    element("div", { class: "scroll" },
      element("table", { class: "hits" }, element("caption", { class: "hidden" }, "The short-list"), head, body)),
    pages);
  const map = document.querySelector("#space svg");
  const hideRegion = map && data.space ? brush(map, data.space, (region) => {
    state.region = region;
    showChips();
    refresh();
  }) : () => {};
  // On paper all lines that pass the filters stand, with the evidence of those that are open.
  const print = (all) => () => { state.all = all; show(); };
  window.addEventListener("beforeprint", print(true));
  window.addEventListener("afterprint", print(false));
  show();
}

const held = document.getElementById("hits-data");
if (held) hitsTable(document.getElementById("hits"), JSON.parse(held.textContent));
