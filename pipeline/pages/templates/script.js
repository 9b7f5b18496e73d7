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
// An address holds what the reader has chosen, and no empty fields.
addEventListener("formdata", ({formData}) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
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
