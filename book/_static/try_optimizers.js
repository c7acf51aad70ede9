// "Optimizers on a surface": the controls, the walk on the contours, the height by update.
(() => {
  const demo = document.querySelector("#try-optimizers");
  const { RULES, SURFACES, walk } = labkitOptimizers;
  const { add, frame, LEFT, TOP } = labkitChart;
  const field = (name) => demo.querySelector(`[name=${name}]`);
  const [map, loss] = demo.querySelectorAll("svg[role=img]");
  const [said, saidOfKept] = demo.querySelectorAll("output.labkit-try-walk");
  const [play, keep] = demo.querySelectorAll("button");
  const names = { surface: SURFACES, optimizer: RULES };
  for (const [name, all] of Object.entries(names)) {
    for (const each of Object.keys(all)) field(name).add(new Option(each));
  }
  let view, parts, kept = null, playing = 0;

  const short = (value) => {
    const size = Math.abs(value);
    if (size > 1e9) return "over 1e9";
    const text = size && (size < 0.001 || size >= 1e5) ? value.toExponential(1) : +value.toPrecision(2);
    return String(text).replaceAll("-", "−").replace("e+", "e");
  };
  const place = ([a, b]) => `(${short(a)}, ${short(b)})`;

  // What the controls say; a rate that is shown with two digits is used with two digits.
  const chosen = () => ({
    surface: field("surface").value,
    optimizer: field("optimizer").value,
    rate: +(10 ** field("rate").value).toPrecision(2),
    mu: +field("momentum").value,
    start: [+field("w1").value, +field("w2").value],
    updates: +field("updates").value,
  });

  // Cuts each cell of a grid where the surface has the height of the contour.
  const contours = ({ height, x, y, low }, n = 72) => {
    const at = (range, i) => range[0] + (i / n) * (range[1] - range[0]);
    const grid = Array.from({ length: n + 1 }, (_, j) =>
      Array.from({ length: n + 1 }, (_, i) => height([at(x, i), at(y, j)]) - height(low)));
    const top = Math.max(...grid.flat());
    const pieces = [];
    for (let k = 0; k < 11; k++) {
      const level = top * 0.001 * 900 ** (k / 10);
      for (let j = 0; j < n; j++) for (let i = 0; i < n; i++) {
        const below = grid[j][i] < level;
        if ([grid[j][i + 1], grid[j + 1][i], grid[j + 1][i + 1]].every((each) => each < level === below)) continue;
        const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
        const cuts = corners.flatMap(([a, b], side) => {
          const [c, d] = corners[(side + 1) % 4];
          const [from, to] = [grid[b][a] - level, grid[d][c] - level];
          if (from < 0 === to < 0) return [];
          const t = from / (from - to);
          return [[at(x, a + t * (c - a)), at(y, b + t * (d - b))]];
        });
        for (let c = 0; c + 1 < cuts.length; c += 2) pieces.push(view.path(cuts.slice(c, c + 2)));
      }
    }
    return pieces.join("");
  };

  const setSurface = () => {
    const surface = SURFACES[field("surface").value];
    [field("w1").value, field("w2").value] = surface.start;
    view = frame(map, { ...surface, xLabel: "weight w1", yLabel: "weight w2" });
    add(view.plot, "path", { class: "labkit-try-contours", d: contours(surface) });
    const [a, b] = [view.X(surface.low[0]), view.Y(surface.low[1])];
    add(view.plot, "path", { class: "labkit-try-low", d: `M${a - 7} ${b}h14M${a} ${b - 7}v14` });
    parts = ["line labkit-try-kept", "line labkit-try-now", "dots labkit-try-now"].map((kind) =>
      add(view.plot, "path", { class: `labkit-try-${kind}` }));
    parts.push(add(view.plot, "circle", { class: "labkit-try-start", r: 9 }));
    parts.push(add(view.plot, "circle", { class: "labkit-try-grip", r: 26 }));
  };

  const title = (c) =>
    `${c.optimizer}${RULES[c.optimizer].mu ? ` (${c.mu})` : ""} at rate ${short(c.rate)}`;

  const story = (c, { places, heights }) => {
    const { low, trap } = SURFACES[c.surface];
    const last = places.at(-1), made = places.length - 1, first = heights[0];
    const way = low.map((part, i) => part - c.start[i]);
    const length = way[0] ** 2 + way[1] ** 2;
    const share = (w) => ((w[0] - low[0]) * way[0] + (w[1] - low[1]) * way[1]) / length;
    const beyond = Math.max(...places.map(share));
    const arrived = heights.findIndex((height) => height < first / 1000);
    const far = trap && Math.hypot(last[0] - trap[0], last[1] - trap[1]);
    const words = [`${title(c)}, from ${place(c.start)}: height ${short(first)} became ` +
      `${short(heights.at(-1))} in ${made} update${made === 1 ? "" : "s"}.`];
    if (made < c.updates || heights.at(-1) > 2 * first) words.push("It runs away.");
    else if (far < 1) words.push("It is in the shallow hollow.");
    else if (arrived > 0) words.push(`A thousandth of ${short(first)} is reached after ${arrived}.`);
    else words.push(`A thousandth of ${short(first)} is not reached.`);
    if (beyond > 0.05 && beyond < 9) {
      words.push(`The walk overshot: past the lowest point by ${short(100 * beyond)} % of the way.`);
    }
    return words.join(" ");
  };

  const drawLoss = (walks, updates) => {
    const axes = { x: [0, updates], y: [-8, 4], log: true };
    const { plot, path, dots } = frame(loss, { ...axes, xLabel: "update", yLabel: "height" });
    for (const [shape, heights] of walks) {
      const points = heights.map((height, i) => [i, height]);
      add(plot, "path", { class: `labkit-try-line labkit-try-${shape}`, d: path(points) });
      if (shape === "now") add(plot, "path", { class: "labkit-try-dots labkit-try-now", d: dots(points) });
    }
  };

  const draw = (until = Infinity) => {
    const c = chosen(), rule = RULES[c.optimizer];
    const found = walk(c.surface, c.optimizer, c);
    const shown = kept?.c.surface === c.surface ? kept : null;
    const now = found.places.slice(0, until + 1);
    parts[0].setAttribute("d", shown ? view.path(shown.found.places) : "");
    parts[1].setAttribute("d", view.path(now));
    parts[2].setAttribute("d", view.dots(now));
    for (const circle of parts.slice(3)) {
      circle.setAttribute("cx", view.X(c.start[0]));
      circle.setAttribute("cy", view.Y(c.start[1]));
    }
    const lines = [["now", found.heights.slice(0, until + 1)]];
    if (shown) lines.unshift(["kept", shown.found.heights]);
    drawLoss(lines, c.updates);
    field("momentum").disabled = !rule.mu;
    const told = { rate: short(c.rate), momentum: rule.mu ? c.mu : "none", updates: c.updates };
    for (const [name, text] of Object.entries(told)) {
      field(name).setAttribute("aria-valuetext", text);
      field(name).closest("label").querySelector("b").textContent = text;
    }
    const text = story(c, found);
    map.setAttribute("aria-label", `Contours of the ${c.surface} and the walk. ${text}`);
    loss.setAttribute("aria-label", `Height by update, on a logarithmic axis. ${text}`);
    said.textContent = text;
    saidOfKept.textContent = shown ? `Kept: ${story(shown.c, shown.found)}` : "";
    keep.textContent = shown ? "Forget the kept walk" : "Keep this walk to compare";
    return { c, found };
  };

  const stop = () => {
    cancelAnimationFrame(playing);
    playing = 0;
  };
  const setStart = (event) => {
    const box = map.getBoundingClientRect(), { x, y } = SURFACES[field("surface").value];
    const scale = 400 / box.width;
    const a = ((event.clientX - box.left) * scale - LEFT) / view.wide;
    const b = ((event.clientY - box.top) * scale - TOP) / view.high;
    const within = (share) => Math.min(Math.max(share, 0), 1);
    field("w1").value = (x[0] + within(a) * (x[1] - x[0])).toFixed(2);
    field("w2").value = (y[1] - within(b) * (y[1] - y[0])).toFixed(2);
    stop();
    draw();
  };

  map.addEventListener("touchstart", (event) => { // for parts of an SVG the style alone does not do
    if (event.target.matches(".labkit-try-grip")) event.preventDefault();
  }, { passive: false });
  map.addEventListener("pointerdown", (event) => {
    const held = event.pointerType === "mouse" || event.target.matches(".labkit-try-grip");
    if (held && event.button === 0) map.setPointerCapture(event.pointerId); // a swipe still scrolls
  });
  map.addEventListener("pointermove", (event) => {
    if (map.hasPointerCapture(event.pointerId)) setStart(event);
  });
  map.addEventListener("click", setStart);
  demo.addEventListener("input", (event) => {
    stop();
    if (event.target.name === "surface") setSurface();
    draw();
  });
  keep.addEventListener("click", () => {
    kept = saidOfKept.textContent ? null : draw();
    draw();
  });
  play.addEventListener("click", () => {
    stop();
    const began = performance.now();
    const step = (time) => {
      const share = Math.max(time - began, 0) / 4000; // milliseconds for all updates
      playing = share < 1 ? requestAnimationFrame(step) : 0;
      draw(share < 1 ? Math.floor(share * chosen().updates) : Infinity);
    };
    playing = requestAnimationFrame(step);
  });
  setSurface();
  draw();
  demo.previousElementSibling.hidden = true;
  demo.hidden = false;
})();
