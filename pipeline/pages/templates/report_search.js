// A report has no server: the browser searches the list that the page holds, for what stands after # in the address.
const list = document.querySelector("[data-listed]");
if (list) {
  const filter = document.querySelector("[data-filter]");
  const input = filter.querySelector("input");
  const facets = [...document.querySelectorAll("[data-facet]")];
  const narrowed = document.querySelector("[data-narrowed]");
  const plain = (text) => text.normalize("NFC").toLowerCase().replace(/[“”„«»]/g, '"').replace(/\s+/g, " ");
  const rows = [...list.children].map((row) => {
    const [title, passage] = row.querySelectorAll("h3, h3 + p");
    const text = row.dataset.text.normalize("NFC");
    const values = (facet) => row.dataset[facet].split("\n").filter(Boolean);
    return {row, passage, text, lower: plain(text), all: plain(`${title.textContent}\n${text}\n${row.dataset.named}`), values};
  });
  const day = new Intl.DateTimeFormat(region, {dateStyle: "full", timeZone: "UTC"});
  const count = new Intl.NumberFormat(region);
  const element = (name, textContent, attributes) => Object.assign(document.createElement(name), {textContent, ...attributes});
  let chosen = new URLSearchParams();
  const item = (facet, value, isChosen, ...more) => {
    const address = new URLSearchParams(chosen);
    if (isChosen) address.delete(facet); else address.set(facet, value);
    const isDay = facet === "day" && Date.parse(value); // an address may say anything
    const link = element("a", `${isDay ? day.format(isDay) : value} `, {href: `#${address}`});
    link.append(...more);
    const entry = document.createElement("li");
    entry.append(link);
    return entry;
  };
  // The passage with the first of the words, or the beginning of the text.
  const showPassage = ({passage, text, lower}, words) => {
    const places = words.map((word) => lower.indexOf(word)).filter((place) => place >= 0);
    const from = places.length ? text.lastIndexOf(" ", Math.min(...places) - 60) + 1 : 0;
    const to = text.indexOf(" ", from + 240);
    const cut = text.slice(from, to < 0 ? undefined : to);
    const pattern = words.map((word) => word.replace(/[^\p{L}\p{N} ]/gu, "\\$&")).join("|");
    const pieces = pattern ? cut.split(new RegExp(`(${pattern})`, "i")) : [cut];
    passage.replaceChildren(from ? "… " : "", ...pieces.map((piece, no) => no % 2 ? element("mark", piece, {className: "direct"}) : piece), to < 0 ? "" : " …");
  };
  const show = () => {
    const terms = plain(chosen.get("words") ?? "").match(/-?"[^"]*"?|[^\s"]+/g) ?? [];
    const [excluded, words] = [true, false].map((isExcluded) => terms.filter((term) => (term[0] === "-") === isExcluded).map((term) => term.replace(/^-/, "").replaceAll('"', "").trim()).filter(Boolean));
    const only = facets.map((each) => each.dataset.facet).filter((facet) => chosen.get(facet));
    const found = rows.filter(({all, values}) => words.every((word) => all.includes(word)) && !excluded.some((word) => all.includes(word)) && only.every((facet) => values(facet).includes(chosen.get(facet))));
    for (const each of rows) each.row.hidden = true;
    for (const each of found) {
      each.row.hidden = false;
      showPassage(each, words);
    }
    filter.querySelector("[data-found]").textContent = count.format(found.length);
    document.querySelector("[data-none]").hidden = found.length > 0;
    narrowed.replaceChildren(...only.map((facet) => item(facet, chosen.get(facet), true, element("span", `– ${narrowed.dataset.narrowed} `, {className: "hidden"}), element("span", "×", {ariaHidden: "true"}))));
    narrowed.hidden = !only.length;
    for (const each of facets) {
      const {facet} = each.dataset;
      const counts = new Map();
      for (const value of found.flatMap(({values}) => values(facet))) counts.set(value, (counts.get(value) ?? 0) + 1);
      const largest = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? 1 : -1)).slice(0, 10);
      each.replaceChildren(...largest.map(([value, articles]) => item(facet, value, false, element("span", count.format(articles), {className: "quiet"}))));
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
