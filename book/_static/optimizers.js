// Update rules of lab 05, which are those of Keras, and surfaces to walk on.
// Arithmetic alone: the page draws it, and a test compares every step with Keras.
// A global, and no module: a browser loads no module from disk.
globalThis.labkitOptimizers = (() => {
  const EPS = 1e-7;
  const { sqrt } = Math;
  const fresh = () => ({ t: 0, m: 0, v: 0, sum: 0.1 });

  // Each rule moves one weight w with the slope g; mu is the momentum, or Adam's beta_1.
  const sgd = (w, g, s, rate) => w - rate * g;

  const momentum = (w, g, s, rate, mu) => {
    s.v = mu * s.v - rate * g;
    return w + s.v;
  };

  const nesterov = (w, g, s, rate, mu) => {
    s.v = mu * s.v - rate * g;
    return w + mu * s.v - rate * g;
  };

  const adagrad = (w, g, s, rate) => {
    s.sum += g * g;
    return w - (rate * g) / sqrt(s.sum + EPS);
  };

  const rmsprop = (w, g, s, rate) => {
    s.v = 0.9 * s.v + 0.1 * g * g;
    return w - (rate * g) / sqrt(s.v + EPS);
  };

  const adam = (w, g, s, rate, b1, b2 = 0.999) => {
    s.t += 1;
    s.m = b1 * s.m + (1 - b1) * g;
    s.v = b2 * s.v + (1 - b2) * g * g;
    const corrected = (rate * sqrt(1 - b2 ** s.t)) / (1 - b1 ** s.t);
    return w - (corrected * s.m) / (sqrt(s.v) + EPS);
  };

  const adamw = (w, g, s, rate, b1) => adam(w - rate * 0.004 * w, g, s, rate, b1);

  const RULES = {
    SGD: { step: sgd },
    momentum: { step: momentum, mu: true },
    Nesterov: { step: nesterov, mu: true },
    AdaGrad: { step: adagrad },
    RMSprop: { step: rmsprop },
    Adam: { step: adam, mu: true },
    AdamW: { step: adamw, mu: true },
  };

  // The ravine of lab 05: 50 times as steep across as along; its axes may be turned.
  const ravine = (c, s) => ({
    height: ([a, b]) => ((c * a - s * b) ** 2 + 50 * (s * a + c * b) ** 2) / 2,
    slope: ([a, b]) => {
      const [along, across] = [c * a - s * b, 50 * (s * a + c * b)];
      return [c * along + s * across, c * across - s * along];
    },
    low: [0, 0],
  });

  const SURFACES = {
    ravine: { ...ravine(1, 0), start: [-8, 1], x: [-9, 3], y: [-3, 3] },
    "turned ravine": {
      ...ravine(Math.SQRT1_2, Math.SQRT1_2), start: [-4.95, 6.36], x: [-9, 3], y: [-3, 7],
    },
    "two hollows": { // the deep one at -4, where the height is 0, the other near 4
      height: ([a, b]) => ((a + 4) ** 2 * ((a - 4) ** 2 + 2)) / 64 + 2 * b ** 2,
      slope: ([a, b]) => [
        ((a + 4) * ((a - 4) ** 2 + 2) + (a + 4) ** 2 * (a - 4)) / 32, 4 * b,
      ],
      low: [-4, 0], trap: [3.7, 0], start: [7, 2], x: [-8, 8], y: [-4, 4],
    },
  };

  // The places, and the heights there, until the updates are made or a number overflows.
  const walk = (surface, rule, { rate, mu, start, updates }) => {
    const { height, slope } = SURFACES[surface];
    const states = [fresh(), fresh()];
    const places = [start], heights = [height(start)];
    while (places.length <= updates) {
      const w = places.at(-1), g = slope(w);
      const next = w.map((part, i) => RULES[rule].step(part, g[i], states[i], rate, mu));
      if (!Number.isFinite(height(next))) break;
      places.push(next);
      heights.push(height(next));
    }
    return { places, heights };
  };

  return { RULES, SURFACES, walk };
})();
