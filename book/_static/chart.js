// A frame with axes in SVG, for what a page draws by itself.
globalThis.labkitChart = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 400, HEIGHT = 300, LEFT = 66, RIGHT = 14, TOP = 8, BOTTOM = 46;

  const add = (parent, name, attributes = {}, text = "") => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return parent.appendChild(made);
  };

  const ticks = ([low, high], log, given) => {
    const steps = given ? [given] : log ? [1, 2, 3, 4, 5, 10, 20] : [1, 2, 5, 10, 20, 50, 100];
    const step = steps.find((each) => (high - low) / each <= 8);
    const found = [];
    for (let at = Math.ceil(low / step) * step; at <= high; at += step) found.push(at);
    return found;
  };

  const told = (value) => String(value).replace("-", "−");
  const power = (n) => (n >= -3 && n <= 3 ? told(10 ** n) : `1e${told(n)}`);

  // x and y are [low, high]; on a logarithmic axis, y counts powers of ten. `xStep` is between marks.
  const frame = (svg, { x, y, log = false, xStep, xLabel, yLabel }) => {
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.replaceChildren();
    const wide = WIDTH - LEFT - RIGHT, high = HEIGHT - TOP - BOTTOM;
    const X = (value) => ((value - x[0]) / (x[1] - x[0])) * wide;
    const Y = (value) => {
      const place = log ? Math.log10(Math.max(value, 1e-300)) : value;
      return (1 - (place - y[0]) / (y[1] - y[0])) * high;
    };
    const axes = add(svg, "g", { class: "labkit-try-axes" });
    for (const value of ticks(x, false, xStep)) {
      const at = LEFT + X(value);
      add(axes, "path", { d: `M${at} ${TOP}v${high + 4}` });
      add(axes, "text", { x: at, y: TOP + high + 19, "text-anchor": "middle" }, told(value));
    }
    for (const value of ticks(y, log)) {
      const at = TOP + Y(log ? 10 ** value : value);
      add(axes, "path", { d: `M${LEFT - 4} ${at}h${wide + 4}` });
      const label = log ? power(value) : told(value);
      add(axes, "text", { x: LEFT - 7, y: at + 5, "text-anchor": "end" }, label);
    }
    const middle = { "text-anchor": "middle" };
    add(axes, "text", { x: LEFT + wide / 2, y: HEIGHT - 6, ...middle }, xLabel);
    const turned = `translate(13 ${TOP + high / 2}) rotate(-90)`;
    add(axes, "text", { transform: turned, ...middle }, yLabel);
    const inside = { x: LEFT, y: TOP, width: wide, height: high, overflow: "hidden" };
    const plot = add(svg, "svg", { ...inside, "aria-hidden": "true" });
    const near = (value) => Math.min(Math.max(value, -9999), 9999).toFixed(1);
    const line = (points) => points.map(([a, b]) => `${near(X(a))} ${near(Y(b))}`);
    return { plot, X, Y, wide, high, path: (points) => `M${line(points).join("L")}`,
             dots: (points) => `M${line(points).join("h0M")}h0` };
  };

  return { add, frame, LEFT, TOP };
})();
