// Readings wait for the prediction before them, and one button shows all folded code.
// Without this script a reading is open, and each folded piece of code has its own toggle.
(() => {
  const SHOWN = "labkit:code";
  const kept = (key) => {
    try { return localStorage.getItem(key); } catch { return null; }
  };
  const keep = (key, value) => {
    try { localStorage.setItem(key, value); } catch { /* for this page only */ }
  };

  let printing = false, closed = [];

  // A reading is closed while its card is unanswered; who opens it skips the card.
  const readings = [...document.querySelectorAll("details.labkit-reading")];
  const cardOf = (name) =>
    [...document.querySelectorAll("fieldset.labkit-prediction")].find(
      (card) => card.dataset.name === name
    );
  const done = new Set(); // answered on this visit, where the browser keeps nothing
  const answered = (name) =>
    done.has(name) ||
    "predicted" in cardOf(name).dataset ||
    kept(`labkit:prediction:${name}`) !== null;
  const skip = (name) => cardOf(name).querySelector("button[value=skip]")?.click();
  for (const reading of readings) {
    const name = reading.dataset.card;
    if (!cardOf(name) || answered(name)) continue;
    reading.open = false;
    reading.addEventListener("toggle", () => {
      if (reading.open && !printing && !answered(name)) skip(name);
    });
  }
  document.addEventListener("labkit:answered", ({ detail }) => {
    done.add(detail.name);
    for (const reading of readings) {
      if (reading.dataset.card === detail.name) reading.open = true;
    }
  });

  // The button stands below the title of the page, and what is said of the lab there.
  const code = [...document.querySelectorAll("article details.labkit-folded")];
  if (code.length) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "labkit-show-code";
    button.textContent = "Show all code";
    const show = (shown) => {
      for (const details of code) details.open = shown;
      button.setAttribute("aria-pressed", shown);
    };
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      keep(SHOWN, shown ? "shown" : "folded");
      show(shown);
    });
    show(kept(SHOWN) === "shown");
    [...document.querySelectorAll("article h1, article .labkit-facts")].at(-1)?.after(button);
  }

  // Paper cannot be opened.
  addEventListener("beforeprint", () => {
    printing = true;
    closed = [...readings, ...code].filter((details) => !details.open);
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
    setTimeout(() => { printing = false; }); // once the toggles have been told
  });
})();
