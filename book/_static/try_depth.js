// "Signal through depth": what the build has measured, by layer.
(() => {
  const demo = document.querySelector("#try-depth");
  const measured = JSON.parse(document.querySelector("#try-depth-measured").textContent);
  const field = (name) => demo.querySelector(`[name=${name}]`);
  const drawing = demo.querySelector("svg");
  for (const name of ["activation", "initializer"]) {
    for (const each of measured[`${name}s`]) field(name).add(new Option(each));
  }
  const told = (value) => +value.toPrecision(value < 1e4 ? 2 : 1);
  const times = (power) => (power < 6 ? told(10 ** power).toLocaleString("en") : `1e${Math.round(power)}`);

  // `first` and `last` are powers of ten, in the order in which the numbers pass the layers.
  const change = (first, last) => {
    if (last < -90) return "is lost in rounding";
    const power = last - first;
    if (Math.abs(power) < 1) return `keeps its size within a factor of ten (times ${told(10 ** power)})`;
    return `becomes ${times(Math.abs(power))} times ${power > 0 ? "larger" : "smaller"}`;
  };

  const draw = () => {
    const [gain, depth] = ["gain", "depth"].map((name) => measured[`${name}s`][field(name).value]);
    const network = measured.networks[field("activation").selectedIndex][
      field("initializer").selectedIndex][field("gain").value];
    const powers = {
      signal: network[0].slice(0, depth), gradient: network[1][field("depth").value],
    };
    const all = Object.values(powers).flat().map((each) => each / 100);
    const whole = (value) => Math.ceil(value / 2) * 2;
    const low = -whole(-Math.max(Math.min(...all, -2), -30)), high = whole(Math.max(...all, 2));
    const axes = { x: [0.5, depth + 0.5], y: [low, high], log: true };
    const labels = { xLabel: "layer, 1 is next to the input", yLabel: "size" };
    const { plot, path, X, Y } = labkitChart.frame(drawing, { ...axes, ...labels });
    for (const [name, values] of Object.entries(powers)) {
      const points = values.map((power, i) => [i + 1, 10 ** (power / 100)]);
      const shape = `labkit-try-${name === "signal" ? "now" : "kept"}`;
      labkitChart.add(plot, "path", { class: `labkit-try-line ${shape}`, d: path(points) });
      const mark = name === "signal" ? "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0" : "m-4-4h8v8h-8z";
      const marks = points.map(([a, b]) => `M${X(a)} ${Y(b)}${mark}`).join("");
      labkitChart.add(plot, "path", { class: `labkit-try-marks ${shape}`, d: marks });
    }
    const { signal: s, gradient: g } = powers;
    const words = {
      signal: `Up to layer ${depth} the signal ${change(s[0] / 100, s.at(-1) / 100)}.`,
      gradient: `Back to layer 1 the gradient ${change(g.at(-1) / 100, g[0] / 100)}.`,
    };
    for (const [name, text] of Object.entries({ gain: `times ${gain}`, depth: `${depth} layers` })) {
      field(name).setAttribute("aria-valuetext", text);
      field(name).closest("label").querySelector("b").textContent = text;
    }
    for (const [name, text] of Object.entries(words)) {
      demo.querySelector(`output[data-of=${name}]`).textContent = text;
    }
    const label = `Size of signal and gradient by layer, on a logarithmic axis. ${words.signal} ${words.gradient}`;
    drawing.setAttribute("aria-label", label);
  };

  demo.addEventListener("input", draw);
  field("activation").value = "ReLU";
  draw();
  demo.previousElementSibling.hidden = true;
  demo.hidden = false;
})();
