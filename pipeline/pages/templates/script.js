const words = document.documentElement.lang;
const region = navigator.languages.find((each) => each.startsWith(words)) ?? words;
const zoned = new Intl.DateTimeFormat(region, {dateStyle: "medium", timeStyle: "short"});
const showTimes = (inUtc) => {
  for (const time of document.querySelectorAll("time")) {
    time.textContent = inUtc ? time.title : zoned.format(new Date(time.dateTime));
  }
};
const utc = document.querySelector("[data-utc]");
const isUtc = () => utc.getAttribute("aria-pressed") === "true";
utc.hidden = false;
utc.addEventListener("click", () => {
  utc.setAttribute("aria-pressed", !isUtc());
  showTimes(isUtc());
});
showTimes(false);
// In Airflow's frame the pages follow Airflow's own switch between light and dark, a class of the page around the frame.
if (window.frameElement) {
  const around = parent.document.documentElement;
  const {media} = [...document.styleSheets[0].cssRules].find((rule) => rule.media?.mediaText.includes("dark"));
  const ofSystem = media.mediaText;
  const follow = () => {
    media.mediaText = around.classList.contains("dark") ? "screen" : around.classList.contains("light") ? "not all" : ofSystem;
  };
  new MutationObserver(follow).observe(around, {attributeFilter: ["class"]});
  follow();
}
// On paper nothing can be opened, nobody knows the reader's time zone, and a map of many days is wider than the sheet.
let folded = [];
addEventListener("beforeprint", () => {
  for (const map of document.querySelectorAll(".map")) map.classList.toggle("wide", map.rows[0].cells.length > 18);
  folded = [...document.querySelectorAll("details:not([open], .sql)")];
  for (const each of folded) each.open = true;
  showTimes(true);
});
addEventListener("afterprint", () => {
  for (const each of folded) each.open = false;
  showTimes(isUtc());
});
for (const map of document.querySelectorAll(".map")) {
  map.parentElement.scrollLeft = map.scrollWidth; // the newest day is the last one
}
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const query = button.parentElement.querySelector("code");
    const said = button.parentElement.querySelector("[role=status]");
    getSelection().selectAllChildren(query);
    try {
      await navigator.clipboard.writeText(query.textContent);
      said.textContent = button.dataset.copy;
    } catch { // a page from plain HTTP has no clipboard, and a reader may forbid it
      said.textContent = button.dataset.select;
    }
  });
}
// In Airflow's frame a link opens no tab, so one of the page around the frame does.
if (window.frameElement) {
  addEventListener("click", (event) => {
    const link = event.target.closest("a[target=_blank]");
    if (!link) return;
    Object.assign(parent.document.createElement("a"), {href: link.href, target: "_blank", rel: link.rel}).click();
    event.preventDefault();
  });
}
// On a phone, style.css stacks the cells of a row, each with the head of its column. The roles keep what the layout takes away.
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent);
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, column) => { cell.dataset.head = heads[column]; });
  }
  if (table.matches(".map")) continue;
  const roles = {thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell", "thead th": "columnheader", "tbody th": "rowheader"};
  table.role = "table";
  for (const [parts, role] of Object.entries(roles)) {
    for (const part of table.querySelectorAll(parts)) part.role = role;
  }
  table.classList.add("stacking");
}
// The first file of a report in several languages leads to the one that the browser prefers.
const languages = [...document.querySelectorAll("[data-languages] a")];
if (languages.length) {
  const preferred = navigator.languages.map((code) => languages.find((link) => link.hreflang === code.slice(0, 2)));
  location.replace((preferred.find(Boolean) ?? languages[0]).href);
}
// A report has no server: the browser searches the list that the page holds, for what stands after # in the address.
const list = document.querySelector("[data-listed]");
const filter = document.querySelector("[data-filter]");
if (list && filter) {
  const input = filter.querySelector("input");
  const facets = [...document.querySelectorAll("[data-facet]")];
  const narrowed = document.querySelector("[data-narrowed]");
  const plain = (text) => text.normalize("NFC").toLowerCase().replace(/[“”„«»]/g, '"').replace(/\s+/g, " ");
  const rows = [...list.children].map((row) => ({row, text: plain(row.textContent), values: (facet) => row.dataset[facet].split("\n").filter(Boolean)}));
  const day = new Intl.DateTimeFormat(region, {dateStyle: "full", timeZone: "UTC"});
  const count = new Intl.NumberFormat(region);
  let chosen = new URLSearchParams();
  const item = (facet, value, isChosen, ...more) => {
    const address = new URLSearchParams(chosen);
    if (isChosen) address.delete(facet); else address.set(facet, value);
    const link = Object.assign(document.createElement("a"), {href: `#${address}`});
    const isDay = facet === "day" && Date.parse(value); // an address may say anything
    link.append(isDay ? day.format(isDay) : value, " ", ...more);
    const entry = document.createElement("li");
    entry.append(link);
    return entry;
  };
  const span = (text, attributes) => Object.assign(document.createElement("span"), {textContent: text, ...attributes});
  const show = () => {
    const phrases = plain(chosen.get("words") ?? "").match(/"[^"]*"?|[^\s"]+/g) ?? [];
    const words = phrases.map((phrase) => phrase.replaceAll('"', "").trim());
    const only = facets.map((each) => each.dataset.facet).filter((facet) => chosen.get(facet));
    const found = rows.filter(({text, values}) => words.every((word) => text.includes(word)) && only.every((facet) => values(facet).includes(chosen.get(facet))));
    for (const each of rows) each.row.hidden = true;
    for (const each of found) each.row.hidden = false;
    filter.querySelector("[data-found]").textContent = count.format(found.length);
    document.querySelector("[data-none]").hidden = found.length > 0;
    narrowed.replaceChildren(...only.map((facet) => item(facet, chosen.get(facet), true, span(`– ${narrowed.dataset.narrowed} `, {className: "hidden"}), span("×", {ariaHidden: "true"}))));
    narrowed.hidden = !only.length;
    for (const each of facets) {
      const {facet} = each.dataset;
      const counts = new Map();
      for (const value of found.flatMap(({values}) => values(facet))) counts.set(value, (counts.get(value) ?? 0) + 1);
      const largest = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? 1 : -1)).slice(0, 10);
      each.replaceChildren(...largest.map(([value, articles]) => item(facet, value, false, span(count.format(articles), {className: "quiet"}))));
      each.parentElement.hidden = !largest.length || only.includes(facet);
    }
    for (const link of document.querySelectorAll("footer [hreflang]")) link.hash = chosen;
  };
  const read = () => {
    if (/^#[^=]+$/.test(location.hash)) { // a place on the page, to which the browser has gone: the search stays
      history.replaceState(null, "", `#${chosen}`);
    } else {
      chosen = new URLSearchParams(location.hash.slice(1));
    }
    input.value = chosen.get("words") ?? "";
    show();
  };
  input.addEventListener("input", () => {
    if (input.value) chosen.set("words", input.value); else chosen.delete("words");
    show();
  });
  input.addEventListener("change", () => { location.hash = chosen; });
  addEventListener("hashchange", read);
  filter.hidden = document.querySelector("[data-facets]").hidden = false;
  read();
}
