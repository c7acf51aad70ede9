// The filters of "Five reports, run again". Without this script every claim is shown.
(() => {
  const form = document.querySelector(".labkit-filter");
  if (!form) return;
  const cards = [...document.querySelectorAll(".labkit-card")];
  const chapters = [...new Set(cards.map((card) => card.closest("section")))];
  const said = form.querySelector("[role=status]");

  const chosen = (name) =>
    [...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);

  function apply() {
    const wanted = Object.entries({ report: chosen("report"), verdict: chosen("verdict") });
    for (const card of cards) {
      card.hidden = wanted.some(
        ([name, values]) => values.length && !values.includes(card.dataset[name])
      );
    }
    for (const chapter of chapters) {
      chapter.hidden = !chapter.querySelector(".labkit-card:not([hidden])");
    }
    const shown = cards.filter((card) => !card.hidden).length;
    said.textContent = `${shown} of ${cards.length} claims shown`;
  }

  // A link leads to a claim even where the filters hide it.
  function reveal() {
    const target = document.querySelector(":target");
    if (!target?.closest("[hidden]")) return;
    form.reset();
    apply();
    target.scrollIntoView();
  }

  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply)); // once the boxes are empty
  window.addEventListener("hashchange", reveal);
  window.addEventListener("pageshow", () => (apply(), reveal())); // the browser may keep boxes
  form.hidden = false;
  apply();
})();
