// "Backpropagation by hand": the graph, its steps, the questions, and one step of gradient descent.
(() => {
  const demo = document.querySelector("#try-backpropagation");
  const { WEIGHTS, forward, backward, measure, update, near, calculate } = labkitBackpropagation;
  const { add } = labkitChart;
  const [drawing, form, table] = ["svg", "form", "table"].map((tag) => demo.querySelector(tag));
  const [said, answered] = demo.querySelectorAll("output");
  const [back, next, , step, other] = demo.querySelectorAll("button");
  const field = (name) => demo.querySelector(`[name=${name}]`);
  const mine = field("mine"), answer = field("answer"), end = table.parentElement;

  // What is computed in each step; δ and a name is the derivative of the loss by it.
  const STEPS = [["u1", "u2"], ["h1", "h2"], ["z"], ["p"], ["L"], ["δz"], ["δW21"], ["δW22"],
    ["δh1"], ["δh2"], ["δu1"], ["δu2"], ["δW11"], ["δW12"], ["δx"]];
  const UP = 5; // steps to the loss
  const FORMULAS = {
    u1: "x · W11", u2: "x · W12", h1: "max(0, u1)", h2: "max(0, u2)", z: "h1 · W21 + h2 · W22",
    p: "σ(z)", L: "−ln truth",
    δz: "p − y", δW21: "h1 · δz", δW22: "h2 · δz", δh1: "W21 · δz", δh2: "W22 · δz",
    δu1: "δh1 · slope1", δu2: "δh2 · slope2", δW11: "x · δu1", δW12: "x · δu2",
    δx: "W11 · δu1 + W12 · δu2",
  };
  const WHY = {
    u1: "Input times weight.", h1: "The bend lets through what is above 0.",
    z: "Both units, each times its weight.", p: "The sigmoid, 1 / (1 + e<sup>−z</sup>), makes the score the probability that [y] is 1.",
    L: "The loss: minus the logarithm of the probability that the true y got.",
    δz: "The error, as for one layer.",
    δW21: "Input times error.", δW22: "Input times error.",
    δh1: "On the way up, [h1] was multiplied with [W21]; so is what comes down.",
    δh2: "On the way up, [h2] was multiplied with [W22]; so is what comes down.",
    δW11: "Input times error, one layer down.", δW12: "Input times error, one layer down.",
    δx: "[x] acts through both units, so both ways are added. A layer below would start from here.",
  };
  // Wrong answers that are often given, each with a hint.
  const WRONG = {
    δz: [["p", "That is [p]. The true [y] has to be taken from it."],
      ["p * (1 - p)", "That is the slope of the sigmoid. The logarithm comes on top; lab 00 has the short form."],
      ["L", "That is the loss. Asked is how fast it changes with [z]."]],
    δW21: [["W21 * δz", "That is for [h1]. For its weight: what was the weight multiplied with on the way up?"],
      ["h2 * δz", "That is the other unit's output."], ["h1", "That is how fast [z] changes. How fast does the loss, then?"]],
    δW22: [["W22 * δz", "That is for [h2]. For its weight: what was the weight multiplied with on the way up?"],
      ["h1 * δz", "That is the other unit's output."]],
    δh1: [["W22 * δz", "That is the other unit's weight."], ["δz", "That has come down to [z]. On to [h1] it passes a weight."],
      ["h1 * δz", "That is for the weight. What was [h1] multiplied with on the way up?"]],
    δh2: [["W21 * δz", "That is the other unit's weight."], ["δz", "That has come down to [z]. On to [h2] it passes a weight."],
      ["h2 * δz", "That is for the weight. What was [h2] multiplied with on the way up?"]],
    δu1: [["δh1", "Is [u1] above 0? Else the bend is flat, and nothing comes through."],
      ["u1 * δh1", "Not times the value: times the slope of the bend there."], ["0", "[u1] is above 0: there the bend has slope 1."]],
    δu2: [["δh2", "Is [u2] above 0? Else the bend is flat, and nothing comes through."],
      ["u2 * δh2", "Not times the value: times the slope of the bend there."], ["0", "[u2] is above 0: there the bend has slope 1."]],
    δW11: [["W11 * δu1", "That leads on to [x]. What was the weight multiplied with on the way up?"],
      ["x * δh1", "The bend comes before: take [δu1]."], ["x", "That is how fast [u1] changes. How fast does the loss, then?"]],
    δW12: [["W12 * δu2", "That leads on to [x]. What was the weight multiplied with on the way up?"],
      ["x * δh2", "The bend comes before: take [δu2]."], ["x", "That is how fast [u2] changes. How fast does the loss, then?"]],
    δx: [["δu1 + δu2", "Each way passes a weight."], ["W11 * δu1", "[x] acts through the other unit, too."],
      ["W12 * δu2", "[x] acts through the other unit, too."], ["W11 * δh1 + W12 * δh2", "The bends come before: take [δu1] and [δu2]."]],
  };
  const FIRST = { δz: "Look at [p] and [y].", δu: "Look at the bend. What comes down from above it, and with which slope?" };
  const PLACES = { // middles of the boxes; the input is below
    y: [356, 28], L: [200, 28], p: [200, 86], z: [200, 144], W21: [80, 218], W22: [320, 218],
    h1: [80, 276], h2: [320, 276], u1: [80, 334], u2: [320, 334], W11: [80, 392], W12: [320, 392], x: [200, 466],
  };
  const EDGES = ["x W11", "W11 u1", "u1 h1", "h1 W21", "W21 z", "x W12", "W12 u2", "u2 h2", "h2 W22", "W22 z",
    "z p", "p L", "y L"].map((edge) => edge.split(" "));
  const NUMBERS = ["x", "W11", "W12", "W21", "W22", "y"];
  const WIDE = (name) => (name === "y" ? 40 : 74); // half of a box
  const isWeight = (name) => name.startsWith("W");

  const started = { x: 2, W11: 1.5, W12: -0.5, W21: -0.4, W22: 2, y: 1 };
  let numbers = started, values, at = 0, shown = new Set(), found = new Set(), wrong = 0, moved = "";

  // Names are written as W and (2,1) below the line; in words for those who do not see it, W2,1.
  const split = (name) => {
    const [, delta, letter, index] = name.match(/^(δ?)([a-zL]|W|slope)(\d*)$/);
    const low = index.split("").join(",");
    return delta ? ["δ", letter + low] : [letter, letter === "slope" ? "" : low];
  };
  const html = (name) => {
    const [high, low] = split(name);
    return low ? `${high}<sub>${low}</sub>` : high;
  };
  const KNOWN = /δ?W\d\d|δ?[uh]\d|slope\d|truth|δ[xz]|\b[xyzp]\b/g;
  const named = (text) => text.replace(/\[([^\]]+)\]/g, (_, name) => html(name));
  const inNames = (formula) => formula.replace("truth", values.y ? "p" : "(1 − p)").replace(KNOWN, html);

  const short = (value) => {
    const text = value && Math.abs(value) < 0.0005 ? value.toExponential(1) : String(+value.toPrecision(3));
    return text.replaceAll("-", "−");
  };
  const long = (value) => (Math.abs(value) < 5e-7 ? 0 : value).toFixed(6).replace("-", "−");
  const inNumbers = (formula) => formula.replace(KNOWN, (name, place) => {
    const text = short(values[name]);
    return text.startsWith("−") && /[·+−] $/.test(formula.slice(0, place)) ? `(${text})` : text;
  });
  const evaluated = (expression) => calculate(expression.replace(KNOWN, (name) => `(${values[name].toFixed(12)})`));

  const compute = () => {
    const up = forward(numbers), down = Object.entries(backward(numbers));
    values = { ...numbers, ...up, ...Object.fromEntries(down.map(([name, value]) => [`δ${name}`, value])) };
    values.slope1 = +(up.u1 > 0);
    values.slope2 = +(up.u2 > 0);
    values.truth = numbers.y ? up.p : 1 - up.p;
  };

  const why = (name) => {
    const unit = name.at(-1);
    if (!/^δu/.test(name)) return named(WHY[name] ?? "");
    return named(values[`slope${unit}`] ? `[u${unit}] is above 0: the bend has slope 1 there.`
      : `[u${unit}] is not above 0: the bend is flat, slope 0, and nothing comes through.`);
  };
  const told = (name) => {
    const letters = inNames(FORMULAS[name]), worked = inNumbers(FORMULAS[name]);
    return `${html(name)} = ${letters} = ${worked === short(values[name]) ? "" : `${worked} = `}<b>${short(values[name])}</b>.`;
  };

  const asked = () => (mine.checked && at >= UP && at < STEPS.length && !shown.has(STEPS[at][0]) ? STEPS[at][0] : "");
  const isKnown = (name) => {
    if (NUMBERS.includes(name)) return true;
    const place = STEPS.findIndex((names) => names.includes(name));
    return place < at || (place === at && asked() !== name);
  };

  const story = () => {
    const way = at < UP ? `Up, step ${at + 1} of ${UP}. ` : `Down, step ${at - UP + 1} of ${STEPS.length - UP}. `;
    if (at === STEPS.length) {
      const own = found.size ? `You found ${found.size} of ${STEPS.length - UP} yourself. ` : "";
      return `${own}All derivatives are there. Now take one step: weight − learning rate · δ.`;
    }
    if (asked()) return `${way}What is ${html(asked())}, the derivative of the loss by ${html(asked().slice(1))}?`;
    return way + [...STEPS[at].map(told), why(STEPS[at][0])].join(" ");
  };

  const write = (parent, x, y, name, after) => {
    const [high, low] = split(name);
    const text = add(parent, "text", { x, y, "text-anchor": "middle" });
    add(text, "tspan", {}, high);
    if (low) add(text, "tspan", { dy: 4, class: "labkit-try-index" }, low);
    add(text, "tspan", low ? { dy: -4 } : {}, after);
  };

  const draw = () => {
    const now = at < STEPS.length ? STEPS[at] : [];
    const targets = now.map((name) => name.replace("δ", ""));
    const hinted = !asked() || wrong > 0; // a question shows what meets only after a wrong answer
    const used = new Set(now.filter(() => hinted).flatMap((name) => FORMULAS[name].match(KNOWN) ?? [])
      .map((name) => name.replace("δ", "")).concat(now.includes("L") ? ["p", "y"] : []));
    const taking = new Set([...targets, ...used]);
    drawing.replaceChildren();
    drawing.setAttribute("viewBox", "0 0 400 494");
    const head = add(add(drawing, "defs"), "marker", { id: "labkit-try-head", viewBox: "0 0 10 10", refX: 9, refY: 5,
      markerUnits: "userSpaceOnUse", markerWidth: 11, markerHeight: 11, orient: "auto-start-reverse" });
    add(head, "path", { d: "M0 0L10 5L0 10z" });
    for (const [from, to] of EDGES) {
      const lit = taking.has(from) && taking.has(to) && (at < UP || !(from === "y"));
      const down = lit && at >= UP && targets.some((name) => PLACES[name][1] >= PLACES[from][1]);
      const [a, b] = PLACES[from], [c, d] = PLACES[to];
      const ends = b === d ? [a - WIDE(from), b, c + WIDE(to), d] : [a, b - 23, c, d + 23];
      if (isWeight(from) && to === "z") ends[2] = c + (a < c ? -40 : 40);
      if (from === "x") ends[0] = a + (c < a ? -40 : 40);
      const marker = { [down ? "marker-start" : "marker-end"]: "url(#labkit-try-head)" };
      const [e, f, g, h] = ends;
      add(drawing, "path", { class: `labkit-try-edge${lit ? " labkit-try-lit" : ""}`, d: `M${e} ${f}L${g} ${h}`, ...marker });
    }
    const words = [];
    for (const [name, [x, y]] of Object.entries(PLACES)) {
      const state = targets.includes(name) ? "now" : used.has(name) ? "used" : "";
      const box = { x: x - WIDE(name), y: y - 23, width: 2 * WIDE(name), height: 46, rx: isWeight(name) ? 0 : 14 };
      add(drawing, "rect", { class: `labkit-try-box labkit-try-${state}`, ...box });
      const number = isKnown(name) ? short(values[name]) : "?";
      const slope = `δ${name}` in FORMULAS && (isKnown(`δ${name}`) || asked() === `δ${name}`);
      write(drawing, x, slope ? y - 3 : y + 6, name, ` = ${number}`);
      const derivative = slope && isKnown(`δ${name}`) ? short(values[`δ${name}`]) : "?";
      if (slope) add(drawing, "text", { x, y: y + 17, "text-anchor": "middle", class: "labkit-try-slope" }, `δ = ${derivative}`);
      if (isKnown(name)) words.unshift(`${split(name).join("")} = ${number}${slope ? `, δ = ${derivative}` : ""}`);
    }
    drawing.setAttribute("aria-label", `The network, from its input to its loss. ${words.join("; ")}.`);
  };

  const tell = () => {
    const cell = (tag, text) => `<${tag}>${text}</${tag}>`;
    const after = update(numbers, rate());
    const rows = WEIGHTS.map((name) => cell("tr", `<th scope="row">${html(name)}</th>` + [
      ...[values[`δ${name}`], measure(numbers, name)].map((value) => long(value)),
      short(after[name])].map((text) => cell("td", text)).join("")));
    const heads = ["weight", "δ", "measured", "after"].map((text) => `<th scope="col">${text}</th>`);
    const bent = [1, 2].some((unit) => Math.abs(values[`u${unit}`]) < 1e-4);
    table.innerHTML = `<caption>Measured: the weight moved by 0.00001 to both sides. After: the weight after the step.${bent
      ? " Just at the bend this gives a mean of both slopes; backpropagation takes 0." : ""}</caption>` +
      cell("thead", cell("tr", heads.join(""))) + cell("tbody", rows.join(""));
  };

  const show = () => {
    compute();
    draw();
    const question = asked();
    said.innerHTML = story();
    form.hidden = !question;
    if (question) form.querySelector("span").innerHTML = `${html(question)} = `;
    back.setAttribute("aria-disabled", at === 0);
    next.textContent = question ? "Show it" : at === STEPS.length ? "From the start" : "Next";
    end.hidden = at < STEPS.length;
    if (!end.hidden) tell();
    answered.innerHTML = moved;
  };

  const rate = () => Math.min(Math.max(+field("rate").value, 0), 100);
  const forget = () => [shown, found].forEach((names) => names.clear());
  const go = (to) => {
    at = to;
    [wrong, moved] = [0, ""];
    show();
  };
  const fill = () => {
    for (const name of NUMBERS) field(name).value = name === "y" ? numbers.y : +numbers[name].toPrecision(4);
  };

  // A right answer leads on at once, so that the field stays where it is.
  const check = () => {
    const name = asked(), value = calculate(answer.value), right = values[name];
    if (near(value, right)) {
      const done = `Right: ${told(name)}`;
      answer.value = "";
      found.add(name);
      go(at + 1);
      answered.innerHTML = done;
      if (!asked()) next.focus();
      return;
    }
    wrong += 1;
    const known = (WRONG[name] ?? []).find(([guess]) => {
      const other = evaluated(guess);
      return near(value, other) && !near(other, right);
    });
    let hint = `In letters: ${html(name)} = ${inNames(FORMULAS[name])}.`;
    if (Number.isNaN(value)) hint = "That is no number. You may write a product, such as 0.5 * −2.";
    else if (near(-value, right)) hint = "The size is right, the sign is not.";
    else if (known && wrong < 3) hint = named(known[1]);
    else if (wrong === 1) hint = named(`Not yet. ${FIRST[name.slice(0, 2)] ?? "Look at the thick lines: which numbers meet?"}`);
    draw();
    answered.innerHTML = hint;
    answer.select();
  };

  for (const name of NUMBERS) {
    const label = document.createElement("label");
    label.innerHTML = `<span>${html(name)}</span> ` + (name === "y" ? '<select name="y"><option>1<option>0</select>'
      : `<input type="number" name="${name}" step="0.1" min="-9" max="9">`);
    demo.querySelector(".labkit-try-numbers").append(label);
  }
  back.addEventListener("click", () => at > 0 && go(at - 1));
  next.addEventListener("click", () => {
    const question = asked();
    if (question) shown.add(question);
    else if (at === STEPS.length) forget();
    go(question ? at : (at + 1) % (STEPS.length + 1));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  mine.addEventListener("input", () => {
    forget();
    go(mine.checked ? UP : at);
  });
  demo.addEventListener("input", ({ target }) => {
    if (target.name === "rate") tell();
    if (!NUMBERS.includes(target.name)) return;
    const near9 = Math.min(Math.max(+target.value, -9), 9);
    numbers = { ...numbers, [target.name]: near9 };
    moved = "";
    forget();
    show();
  });
  step.addEventListener("click", () => {
    const before = values.L, dead = WEIGHTS.every((name) => values[`δ${name}`] === 0);
    numbers = update(numbers, rate());
    const after = forward(numbers).L;
    moved = dead ? "All derivatives are 0: nothing changes." : `The loss was ${short(before)} and is ${short(after)}.` +
      (after > before ? " It rose: the step was too long." : "");
    fill();
    show();
  });
  other.addEventListener("click", () => {
    const one = (...sizes) => sizes[Math.floor(Math.random() * sizes.length)] * (Math.random() < 0.5 ? -1 : 1);
    do {
      numbers = { x: one(1, 2, 3), W11: one(0.5, 1, 1.5), W12: one(0.5, 1, 1.5), W21: one(0.2, 0.4, 0.5),
        W22: one(0.3, 0.6, 1), y: +(Math.random() < 0.5) };
    } while (Math.max(numbers.x * numbers.W11, numbers.x * numbers.W12) < 0);
    forget();
    fill();
    go(mine.checked ? UP : 0);
  });
  fill();
  show();
  demo.previousElementSibling.hidden = true;
  demo.hidden = false;
})();
