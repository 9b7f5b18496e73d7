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
// On paper nothing can be opened, and nobody knows the reader's time zone.
let folded = [];
addEventListener("beforeprint", () => {
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
if (parent !== window) {
  addEventListener("click", (event) => {
    const link = event.target.closest("a[target=_blank]");
    if (!link) return;
    Object.assign(parent.document.createElement("a"), {href: link.href, target: "_blank", rel: link.rel}).click();
    event.preventDefault();
  });
}
// On a phone, style.css stacks the cells of a row, each with the head of its column. The roles keep what the layout takes away.
for (const table of document.querySelectorAll("table:not(.map)")) {
  const roles = {thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell", "thead th": "columnheader", "tbody th": "rowheader"};
  table.role = "table";
  for (const [parts, role] of Object.entries(roles)) {
    for (const part of table.querySelectorAll(parts)) part.role = role;
  }
  const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent);
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, column) => { cell.dataset.head = heads[column]; });
  }
  table.classList.add("stacking");
}
// A report has no server: the browser searches the list that the page holds, for the words after # in the address.
const list = document.querySelector("[data-listed]");
const filter = document.querySelector("[data-filter]");
if (list && filter) {
  const input = filter.querySelector("input");
  const rows = [...list.children].map((row) => [row, row.textContent.toLowerCase()]);
  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/);
    for (const [row, text] of rows) row.hidden = !words.every((word) => text.includes(word));
    const found = rows.filter(([row]) => !row.hidden).length;
    filter.querySelector("[data-found]").textContent = new Intl.NumberFormat(region).format(found);
    document.querySelector("[data-none]").hidden = found > 0;
  };
  const read = () => {
    const hash = location.hash.slice(1);
    try {
      input.value = decodeURIComponent(hash);
    } catch {
      input.value = hash; // somebody typed a % of their own
    }
    show();
  };
  input.addEventListener("input", show);
  input.addEventListener("change", () => { location.hash = encodeURIComponent(input.value); });
  addEventListener("hashchange", read);
  filter.hidden = false;
  read();
}
