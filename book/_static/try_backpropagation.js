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
  // What is said of both hidden units is written once: # is the unit, @ the other one.
  const ofBoth = (table) => Object.fromEntries(["12", "21"].flatMap(([unit, other]) =>
    Object.entries(JSON.parse(JSON.stringify(table).replaceAll("#", unit).replaceAll("@", other)))));
  const FORMULAS = {
    z: "h1 · W21 + h2 · W22", p: "σ(z)", L: "−ln truth", δz: "p − y", δx: "W11 · δu1 + W12 · δu2",
    ...ofBoth({
      "u#": "x · W1#", "h#": "max(0, u#)",
      "δW2#": "h# · δz", "δh#": "W2# · δz", "δu#": "δh# · slope#", "δW1#": "x · δu#",
    }),
  };
  const WHY = {
    u1: "Input times weight.", h1: "The bend lets through what is above 0.",
    z: "Both units, each times its weight.",
    p: "The sigmoid, 1 / (1 + e<sup>−z</sup>), makes the score the probability that [y] is 1.",
    L: "The loss: minus the logarithm of the probability that the true [y] got.",
    δz: "The error, as for one layer.",
    δx: "[x] acts through both units, so both ways are added. A layer below would start from here.",
    ...ofBoth({
      "δW2#": "Input times error.", "δW1#": "Input times error, one layer down.",
      "δh#": "On the way up, [h#] was multiplied with [W2#]; so is what comes down.",
    }),
  };
  // Wrong answers that are often given, each with a hint.
  const WRONG = {
    δz: [
      ["p", "That is [p]. The true [y] has to be taken from it."],
      ["p * (1 - p)", "That is the slope of the sigmoid. With the logarithm on top, lab 00 finds a shorter form."],
      ["L", "That is the loss. Asked is how fast it changes with [z]."],
    ],
    δx: [
      ["δu1 + δu2", "Each way passes a weight."],
      ["W11 * δu1", "[x] acts through the other unit, too."],
      ["W12 * δu2", "[x] acts through the other unit, too."],
      ["W11 * δh1 + W12 * δh2", "The bends come before: take [δu1] and [δu2]."],
    ],
    ...ofBoth({
      "δW2#": [
        ["W2# * δz", "That is for [h#]. What was the weight multiplied with on the way up?"],
        ["h@ * δz", "That is the other unit's output."],
        ["h#", "That is how fast [z] changes. How fast does the loss, then?"],
      ],
      "δh#": [
        ["W2@ * δz", "That is the other unit's weight."],
        ["δz", "That has come down to [z]. On to [h#] it passes a weight."],
        ["h# * δz", "That is for the weight. What was [h#] multiplied with on the way up?"],
      ],
      "δu#": [
        ["δh#", "Is [u#] above 0? Else the bend is flat, and nothing comes through."],
        ["u# * δh#", "Not times the value: times the slope of the bend there."],
        ["0", "[u#] is above 0: there the bend has slope 1."],
      ],
      "δW1#": [
        ["W1# * δu#", "That leads on to [x]. What was the weight multiplied with on the way up?"],
        ["x * δh#", "The bend comes before: take [δu#]."],
        ["x", "That is how fast [u#] changes. How fast does the loss, then?"],
      ],
    }),
  };
  const FIRST = {
    δz: "Look at [p] and [y].",
    δu: "Look at the bend. What comes down from above it, and with which slope?",
  };
  const PLACES = { // middles of the boxes; the input is below
    y: [356, 28], L: [200, 28], p: [200, 86], z: [200, 144], W21: [80, 218], W22: [320, 218],
    h1: [80, 276], h2: [320, 276], u1: [80, 334], u2: [320, 334], W11: [80, 392], W12: [320, 392], x: [200, 466],
  };
  const EDGES = ["x W11", "W11 u1", "u1 h1", "h1 W21", "W21 z", "x W12", "W12 u2", "u2 h2", "h2 W22", "W22 z",
    "z p", "p L", "y L"].map((edge) => edge.split(" "));
  const NUMBERS = ["x", "W11", "W12", "W21", "W22", "y"];
  const TALL = 23, WIDE = (name) => (name === "y" ? 40 : 74); // half of a box
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
  const KNOWN = /δ?W\d\d|δ?[uh]\d|slope\d|truth|δ[xz]|\b[xyzpL]\b/g;
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
    const result = short(values[name]), between = worked === result ? "" : `${worked} = `;
    return `${html(name)} = ${letters} = ${between}<b>${result}</b>.`;
  };

  const asked = () => {
    const [name] = STEPS[at] ?? [];
    return mine.checked && at >= UP && name && !shown.has(name) && !found.has(name) ? name : "";
  };
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

  const drawHead = () => {
    const size = { viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 11, markerHeight: 11 };
    const options = { markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" };
    const head = add(add(drawing, "defs"), "marker", { id: "labkit-try-head", ...size, ...options });
    add(head, "path", { d: "M0 0L10 5L0 10z" });
  };

  const drawEdge = ([from, to], lit, down) => {
    const [a, b] = PLACES[from], [c, d] = PLACES[to];
    const begin = [a, b - TALL], end = [c, d + TALL];
    if (b === d) [begin[0], begin[1], end[0], end[1]] = [a - WIDE(from), b, c + WIDE(to), d];
    if (from === "x") begin[0] += c < a ? -40 : 40;
    if (isWeight(from) && to === "z") end[0] += a < c ? -40 : 40;
    const head = { [`marker-${down ? "start" : "end"}`]: "url(#labkit-try-head)" };
    const kind = `labkit-try-edge${lit ? " labkit-try-lit" : ""}`;
    add(drawing, "path", { class: kind, d: `M${begin.join(" ")}L${end.join(" ")}`, ...head });
  };

  // Draws what is known of a value and its derivative, and returns it in words.
  const drawBox = (name, state) => {
    const [x, y] = PLACES[name], half = WIDE(name), slope = `δ${name}`;
    const place = { x: x - half, y: y - TALL, width: 2 * half, height: 2 * TALL };
    add(drawing, "rect", { class: `labkit-try-box labkit-try-${state}`, ...place, rx: isWeight(name) ? 0 : 14 });
    const number = isKnown(name) ? short(values[name]) : "?";
    const both = slope in FORMULAS && (isKnown(slope) || asked() === slope);
    write(drawing, x, both ? y - 3 : y + 6, name, ` = ${number}`);
    if (!both) return `${split(name).join("")} = ${number}`;
    const derivative = isKnown(slope) ? short(values[slope]) : "?";
    const below = { x, y: y + 17, "text-anchor": "middle", class: "labkit-try-slope" };
    add(drawing, "text", below, `δ = ${derivative}`);
    return `${split(name).join("")} = ${number}, δ = ${derivative}`;
  };

  const draw = () => {
    const now = STEPS[at] ?? [], hinted = !asked() || wrong > 0; // a question shows no lines at first
    const plain = (names) => names.map((name) => name.replace("δ", ""));
    const targets = plain(now);
    const used = plain(now.flatMap((name) => (hinted && FORMULAS[name].match(KNOWN)) || []));
    if (now.includes("L")) used.push("p", "y");
    drawing.replaceChildren();
    drawing.setAttribute("viewBox", "0 0 400 494");
    drawHead();
    for (const edge of EDGES) {
      const lit = edge.every((name) => targets.includes(name) || used.includes(name));
      const down = lit && at >= UP && targets.some((name) => PLACES[name][1] >= PLACES[edge[0]][1]);
      drawEdge(edge, lit, down);
    }
    const words = Object.keys(PLACES).map((name) =>
      drawBox(name, targets.includes(name) ? "now" : used.includes(name) ? "used" : ""));
    const text = words.reverse().filter((word) => !/^\S+ = \?$/.test(word)).join("; ");
    drawing.setAttribute("aria-label", `The network, from its input to its loss. ${text}.`);
  };

  const tell = () => {
    const after = update(numbers, rate());
    const row = (name) => [long(values[`δ${name}`]), long(measure(numbers, name)), short(after[name])];
    const cells = (name) => row(name).map((text) => `<td>${text}</td>`).join("");
    const rows = WEIGHTS.map((name) => `<tr><th scope="row">${html(name)}</th>${cells(name)}</tr>`);
    const heads = ["weight", "δ", "measured", "after"].map((text) => `<th scope="col">${text}</th>`);
    const bent = [1, 2].some((unit) => Math.abs(values[`u${unit}`]) < 1e-4);
    const note = bent ? " Just at the bend this is a mean of both slopes; backpropagation takes 0." : "";
    table.innerHTML = `<caption>Measured: the weight moved by 0.00001 to both sides. After: the weight after the
      step.${note}</caption><thead><tr>${heads.join("")}</tr></thead><tbody>${rows.join("")}</tbody>`;
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
    else if (wrong === 1) {
      const first = FIRST[name.slice(0, 2)] ?? "Look at the thick lines: which numbers meet?";
      hint = named(`Not yet. ${first}`);
    }
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
    numbers = { ...numbers, [target.name]: Math.min(Math.max(+target.value, -9), 9) };
    forget();
    go(at);
  });
  demo.addEventListener("change", fill);
  step.addEventListener("click", () => {
    const before = values.L, dead = WEIGHTS.every((name) => values[`δ${name}`] === 0);
    numbers = update(numbers, rate());
    const after = forward(numbers).L;
    moved = `The loss was ${short(before)} and is ${short(after)}.`;
    if (dead) moved = "The derivative of every weight is 0: nothing changes.";
    if (after > before) moved += " It rose: the step was too long.";
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
