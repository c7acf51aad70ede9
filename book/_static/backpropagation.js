// One input, two hidden units with a ReLU, one score z and its sigmoid p, as in lab 00, without
// biases. y is 1 or 0. Arithmetic alone: the page draws it, and a test compares it with TensorFlow.
globalThis.labkitBackpropagation = (() => {
  const { exp, log1p, max, abs } = Math;
  const WEIGHTS = ["W11", "W12", "W21", "W22"];

  const forward = ({ x, y, W11, W12, W21, W22 }) => {
    const u1 = x * W11, u2 = x * W12;
    const h1 = max(0, u1), h2 = max(0, u2);
    const z = h1 * W21 + h2 * W22, p = 1 / (1 + exp(-z));
    const truth = y ? z : -z; // the score of the true class
    return { u1, u2, h1, h2, z, p, L: max(-truth, 0) + log1p(exp(-abs(truth))) };
  };

  // The derivative of the loss by each value, from the loss back to the input.
  const backward = (network) => {
    const { u1, u2, h1, h2, p } = forward(network);
    const z = p - network.y;
    const W21 = h1 * z, W22 = h2 * z;
    const dh1 = network.W21 * z, dh2 = network.W22 * z;
    const du1 = u1 > 0 ? dh1 : 0, du2 = u2 > 0 ? dh2 : 0;
    const W11 = network.x * du1, W12 = network.x * du2;
    const x = network.W11 * du1 + network.W12 * du2;
    return { z, W21, W22, h1: dh1, h2: dh2, u1: du1, u2: du2, W11, W12, x };
  };

  // As numeric_gradient of lab 00: move a number to both sides, and see how the loss changes.
  const measure = (network, name, step = 1e-5) => {
    const loss = (sign) => forward({ ...network, [name]: network[name] + sign * step }).L;
    return (loss(1) - loss(-1)) / (2 * step);
  };

  const update = (network, rate) => {
    const slopes = backward(network);
    const moved = WEIGHTS.map((name) => [name, network[name] - rate * slopes[name]]);
    return { ...network, ...Object.fromEntries(moved) };
  };

  // Right to two per cent: who computes with the three digits that are shown gets there.
  const near = (value, right) => abs(value - right) <= 0.02 * abs(right) + 0.0005;

  // The value of "-0.4 * (0.2 - 1)": the reader says what to multiply, the page may do it. Or NaN.
  const calculate = (text) => {
    const plain = text.replace(/[−–]/g, "-").replace(/[·×]/g, "*").replace(/,/g, ".");
    const tokens = plain.match(/\d+\.?\d*|\.\d+|\S/g) ?? [];
    const apply = {
      "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b,
    };
    let at = 0;
    const chain = (part, signs) => () => {
      let value = part();
      while (signs.includes(tokens[at])) value = apply[tokens[at++]](value, part());
      return value;
    };
    const factor = () => {
      const token = tokens[at++];
      if (token === "-") return -factor();
      if (token === "+") return factor();
      if (token !== "(") return Number(token);
      const value = sum();
      return tokens[at++] === ")" ? value : NaN;
    };
    const sum = chain(chain(factor, ["*", "/"]), ["+", "-"]);
    const value = sum();
    return at === tokens.length ? value : NaN;
  };

  return { WEIGHTS, forward, backward, measure, update, near, calculate };
})();
