/* A list with search, filters, sorting and pages. What is chosen is part of the URL, so that a list can
   be shared, and the browser's back button goes back in it. */
import { element } from "./element.js";
import { at, explain, notify, openPage } from "./frame.js";
import { ask } from "./session.js";
import { plural } from "./words.js";

const PAGE = 25; // rows
const TYPING = 250; // milliseconds without a key before the search begins

/* Opens a page that is a list.
     query    reads `root`, with the variables first, last, after, before, filter and orderBy
     one      what a row is called: "report"
     columns  [{ title, cell(row), sort, isWide }]; a column with `sort` can be sorted by it, and a wide
              one is not shown on a phone
     filters  [{ name, label, options: [[value, text, filter]] }]; an option's filter is part of the
              query's filter
     sort     the first order: a field, with - for descending
     hint     what to do while there is nothing: a list of children
     live     ({filter, changed}) starts to watch the list, and returns a function that ends it */
export function openList(given) {
  const list = new List(given);
  openPage({ what: `the ${given.one}s`, content: "list", begin: () => list.begin() });
}

class List {
  #given;
  #turn = 0;
  #stop = () => {};

  constructor(given) {
    this.#given = given;
    at("filters").replaceChildren(...this.#controls());
    at("filters").onsubmit = (event) => event.preventDefault();
    addEventListener("popstate", () => this.begin());
  }

  begin() {
    const chosen = this.#chosen();
    for (const { name } of [{ name: "q" }, { name: "sort" }, ...this.#given.filters])
      at(`by-${name}`).value = chosen.get(name) ?? (name === "sort" ? this.#given.sort : "");
    this.#stop();
    const changed = () => this.#read();
    this.#stop = this.#given.live?.({ filter: this.#filter(), changed }) ?? (() => {});
    this.#read();
  }

  #chosen() {
    return new URLSearchParams(location.search);
  }

  /* Changes the URL: a page is a step in the history, anything else is not. */
  #choose(changes, isStep = false) {
    const chosen = this.#chosen();
    for (const name of ["after", "before"]) chosen.delete(name);
    for (const [name, value] of Object.entries(changes))
      value ? chosen.set(name, value) : chosen.delete(name);
    const search = chosen.size ? `?${chosen}` : location.pathname;
    history[isStep ? "pushState" : "replaceState"](null, "", search);
    this.begin();
  }

  #controls() {
    const { one, filters, columns } = this.#given;
    let typing;
    const search = element("input", { type: "search", id: "by-q", autocomplete: "off" });
    search.oninput = () => {
      clearTimeout(typing);
      typing = setTimeout(() => this.#choose({ q: search.value.trim() }), TYPING);
    };
    const named = (label, control) => element("label", {}, `${label} `, control);
    const select = (name, label, options) => {
      const made = element("select", { id: `by-${name}` });
      made.append(...options.map(([value, text]) => element("option", { value }, text)));
      made.onchange = () => this.#choose({ [name]: made.value });
      return named(label, made);
    };
    const sorts = columns
      .filter(({ sort }) => sort)
      .flatMap(({ sort, title }) => [
        [sort, `${title}, ${sort === "NAME" ? "A to Z" : "oldest first"}`],
        [`-${sort}`, `${title}, ${sort === "NAME" ? "Z to A" : "newest first"}`],
      ]);
    return [
      named(`Search ${one}s`, search),
      ...filters.map(({ name, label, options }) => select(name, label, options)),
      select("sort", "Sort by", sorts),
    ];
  }

  #filter() {
    const chosen = this.#chosen();
    const found = chosen.get("q") ? { text: chosen.get("q") } : {};
    for (const { name, options } of this.#given.filters)
      Object.assign(found, options.find(([value]) => value === (chosen.get(name) ?? ""))?.[2]);
    return found;
  }

  get #sort() {
    return this.#chosen().get("sort") ?? this.#given.sort;
  }

  #variables() {
    const [after, before] = [this.#chosen().get("after"), this.#chosen().get("before")];
    const field = this.#sort.replace("-", "");
    return {
      ...(before ? { last: PAGE, before } : { first: PAGE, after }),
      filter: this.#filter(),
      orderBy: { field, direction: this.#sort.startsWith("-") ? "DESC" : "ASC" },
    };
  }

  async #read() {
    const turn = ++this.#turn;
    try {
      const data = await ask(this.#given.query, this.#variables());
      if (turn !== this.#turn) return; // a newer query is under way
      notify("");
      this.#draw(data[this.#given.root]);
    } catch (refusal) {
      if (turn === this.#turn) explain(refusal);
    }
  }

  #draw({ nodes, totalCount, pageInfo }) {
    const { one, filters } = this.#given;
    const isFiltered = ["q", ...filters.map(({ name }) => name)].some((name) =>
      this.#chosen().get(name),
    );
    at("count").textContent = nodes.length ? plural(totalCount, one) : "";
    at("rows").replaceChildren(
      nodes.length ? this.#table(nodes) : this.#nothing(isFiltered),
      this.#pages(pageInfo),
    );
    at("filters").hidden = !nodes.length && !isFiltered;
    at("list").hidden = false;
  }

  #nothing(isFiltered) {
    const { one, hint } = this.#given;
    if (!isFiltered) return element("div", { className: "empty" }, ...hint());
    const clear = element("button", { type: "button" }, "Show all");
    clear.onclick = () => {
      history.replaceState(null, "", location.pathname);
      this.begin();
    };
    return element("div", { className: "empty" }, element("p", {}, `No ${one} fits.`), clear);
  }

  #table(nodes) {
    const { columns, one } = this.#given;
    const shape = ({ isWide }) => (isWide ? "is-wide" : "");
    const cell = (row) => (column, place) =>
      element(
        place ? "td" : "th",
        { className: shape(column), scope: place ? null : "row" },
        ...[column.cell(row) ?? "–"].flat(),
      );
    const row = (node) => element("tr", {}, ...columns.map(cell(node)));
    return element(
      "table",
      { className: "list" },
      element("caption", { className: "unseen" }, `${one}s`),
      element("thead", {}, element("tr", {}, ...columns.map((one) => this.#head(one, shape(one))))),
      element("tbody", {}, ...nodes.map(row)),
    );
  }

  #head({ title, sort }, className) {
    if (!sort) return element("th", { scope: "col", className }, title);
    const isOwn = this.#sort.replace("-", "") === sort;
    const isDown = this.#sort.startsWith("-");
    const button = element("button", { type: "button" }, title);
    if (isOwn) button.append(element("span", { "aria-hidden": "true" }, isDown ? " ↓" : " ↑"));
    button.onclick = () => this.#choose({ sort: isOwn && !isDown ? `-${sort}` : sort });
    const order = isOwn && (isDown ? "descending" : "ascending");
    return element("th", { scope: "col", className, "aria-sort": order }, button);
  }

  #pages({ hasPreviousPage, hasNextPage, startCursor, endCursor }) {
    const step = (label, isThere, change) =>
      element(
        "button",
        { type: "button", disabled: !isThere, onclick: () => this.#choose(change, true) },
        label,
      );
    const hasSeveral = hasPreviousPage || hasNextPage;
    return element(
      "nav",
      { className: "pages", "aria-label": "Pages of the list", hidden: !hasSeveral },
      step("Previous page", hasPreviousPage, { before: startCursor }),
      step("Next page", hasNextPage, { after: endCursor }),
    );
  }
}
