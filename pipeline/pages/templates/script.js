const zoned = new Intl.DateTimeFormat(document.documentElement.lang, {dateStyle: "medium", timeStyle: "short"});
for (const time of document.querySelectorAll("time")) {
  time.textContent = zoned.format(new Date(time.dateTime));
}
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const query = button.parentElement.querySelector("code");
    getSelection().selectAllChildren(query);
    if (navigator.clipboard) navigator.clipboard.writeText(query.textContent);
  });
}
