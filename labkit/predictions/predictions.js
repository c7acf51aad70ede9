// Keep the answers to prediction cards, and tell them where the measured values are shown.
// Every output brings this script: the first copy listens, the others only show what is new.
globalThis.labkitPredictions ??= (() => {
  const memory = {}; // where a page may not keep anything, its outputs still share this
  const key = (name) => `labkit:prediction:${name}`;
  const all = (selector) => document.querySelectorAll(selector);
  const say = (card, text) => (card.querySelector("[role=status]").textContent = text);
  const written = (answer, unit) => (isNaN(answer) ? `“${answer}”` : `${answer} ${unit}`.trim());

  // undefined: not answered; null: skipped
  const read = (name) => {
    try {
      return JSON.parse(localStorage.getItem(key(name)) ?? memory[name]);
    } catch {
      return memory[name] && JSON.parse(memory[name]);
    }
  };

  const keep = (card, answer) => {
    const { name } = card.dataset;
    memory[name] = JSON.stringify(answer);
    try {
      localStorage.setItem(key(name), memory[name]);
    } catch {}
    fill(card, answer);
    show();
    document.dispatchEvent(new CustomEvent("labkit:answered", { detail: { name }, bubbles: true }));
  };

  const fill = (card, answer) => {
    for (const input of card.querySelectorAll("input")) {
      if (input.type == "radio") input.checked = input.value === answer;
      else input.value = answer ?? "";
    }
    const kept = answer && `Kept: ${written(answer, card.dataset.unit)}`;
    say(card, kept ?? (answer === null ? "Skipped" : ""));
  };

  const settle = (card) => {
    const inputs = [...card.querySelectorAll("input")];
    const answer = inputs.find((input) => input.type != "radio" || input.checked)?.value.trim();
    if (answer) keep(card, answer);
    else say(card, "Answer first, or skip");
  };

  const show = () => {
    for (const card of all(".labkit-prediction:not([data-ready])")) {
      const { name, predicted } = card.dataset;
      card.dataset.ready = "";
      card.querySelector("[hidden]")?.removeAttribute("hidden");
      if (predicted) keep(card, predicted);
      else fill(card, read(name));
    }
    for (const line of all(".labkit-comparison")) {
      const { name, value, near, unit } = line.dataset;
      const answer = read(name);
      const off = answer - value;
      const far = Math.abs(off) <= near ? "Close." : off < 0 ? "Too low." : "Too high.";
      const [said, verdict] = line.querySelectorAll("span");
      said.textContent = answer ? `You predicted ${written(answer, unit)}. ` : "";
      verdict.textContent =
        answer === value ? " As predicted." : answer && near && !isNaN(off) ? ` ${far}` : "";
    }
  };

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.(".labkit-prediction button");
    if (button?.value == "skip") keep(button.closest("fieldset"), null);
    else if (button) settle(button.closest("fieldset"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key != "Enter" || !event.target.matches?.(".labkit-prediction input")) return;
    event.preventDefault();
    settle(event.target.closest("fieldset"));
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.dataset?.said) return;
    const bytes = Uint8Array.from(atob(target.dataset.said), (c) => c.charCodeAt(0));
    say(target.closest("fieldset"), new TextDecoder().decode(bytes));
  });
  return show;
})();
labkitPredictions();
