// Keep the answers to prediction cards, and tell them where the measured values are shown.
// Each output brings this script: the first copy listens, the others only show what is new.
globalThis.labkitPredictions ??= (() => {
  let store = {}; // where a page may keep nothing, its outputs still share this
  try { store = localStorage ?? store; } catch {}
  const key = (name) => `labkit:prediction:${name}`;
  const read = (name) => JSON.parse(store[key(name)] ?? '""'); // "": open; null: skipped
  const say = (card, text) => (card.querySelector("[role=status]").textContent = text);
  const written = (answer, unit) => (isNaN(answer) ? `“${answer}”` : `${answer} ${unit}`.trim());

  const fill = (card) => {
    const { name, unit } = card.dataset, answer = read(name);
    for (const input of card.querySelectorAll("input")) {
      if (input.type == "radio") input.checked = input.value === answer;
      else input.value = answer ?? "";
    }
    say(card, answer ? `Kept: ${written(answer, unit)}` : answer ?? "Skipped");
  };

  const keep = (card, answer) => {
    const { name } = card.dataset;
    store[key(name)] = JSON.stringify(answer);
    fill(card);
    show();
    document.dispatchEvent(new CustomEvent("labkit:answered", { detail: { name }, bubbles: true }));
  };

  const settle = (card) => {
    const inputs = [...card.querySelectorAll("input")];
    const answer = inputs.find((input) => input.type != "radio" || input.checked)?.value.trim();
    if (answer) keep(card, answer);
    else say(card, "Answer first, or skip");
  };

  const compare = (line) => {
    const { name, value, near, unit } = line.dataset, answer = read(name);
    const [said, verdict] = line.querySelectorAll("span"), off = answer - value;
    const far = Math.abs(off) <= near ? " Close." : off < 0 ? " Too low." : " Too high.";
    said.textContent = answer && `You predicted ${written(answer, unit)}. `;
    verdict.textContent =
      answer === value ? " As predicted." : answer && near && !isNaN(off) ? far : "";
  };

  const show = () => {
    for (const card of document.querySelectorAll(".labkit-prediction:not([data-ready])")) {
      card.dataset.ready = "";
      card.querySelector("[hidden]")?.removeAttribute("hidden");
      if (card.dataset.predicted) keep(card, card.dataset.predicted);
      else fill(card);
    }
    document.querySelectorAll(".labkit-comparison").forEach(compare);
  };

  addEventListener("storage", show); // answered in another frame or tab
  addEventListener("click", ({ target }) => {
    const button = target.closest?.(".labkit-prediction button");
    if (button?.value == "skip") keep(button.closest("fieldset"), null);
    else if (button) settle(button.closest("fieldset"));
  });
  addEventListener("keydown", (event) => {
    if (event.key != "Enter" || !event.target.matches?.(".labkit-prediction input")) return;
    event.preventDefault();
    settle(event.target.closest("fieldset"));
  });
  addEventListener("change", ({ target }) => {
    if (!target.dataset?.said) return; // a question that answers at once
    const bytes = Uint8Array.from(atob(target.dataset.said), (c) => c.charCodeAt(0));
    say(target.closest("fieldset"), new TextDecoder().decode(bytes));
  });
  return show;
})();
labkitPredictions();
