// A wall clock on a canvas: its hands, turned, tilted, lit, or seen in a mirror.
globalThis.labkitClockFace = (() => {
  const RADIUS = 0.355, EYE = 3.5; // of the dial in sides of the picture; distance in radii
  const RIM = 1.13, HOUR_TIP = 0.5, MINUTE_TIP = 0.8, KNOB = 1.08, TURN = 2 * Math.PI;
  const ROMAN = ["XII", "I", "II", "III", "IIII", "V", "VI", "VII", "VIII", "IX", "X", "XI"];
  const clock = (hour, angle) => [hour * Math.sin(angle), -hour * Math.cos(angle)];
  const degrees = (value) => (value * Math.PI) / 180;

  // From the dial's plane to the picture, both with y downwards: the homography of a pinhole camera.
  const camera = ({ turn, tilt, mirrored }) => {
    const [c, s] = [Math.cos(degrees(turn)), Math.sin(degrees(turn))];
    const [near, deep] = [Math.cos(degrees(tilt)), Math.sin(degrees(tilt)) / EYE];
    return ([x, y]) => {
      const [right, down] = [c * x - s * y, s * x + c * y];
      const scale = RADIUS / (1 + deep * right);
      const across = near * right * scale;
      return [0.5 + (mirrored ? -across : across), 0.5 + down * scale];
    };
  };

  // And back, for what is dragged.
  const plane = ({ turn, tilt, mirrored }, [x, y]) => {
    const [c, s] = [Math.cos(degrees(turn)), Math.sin(degrees(turn))];
    const [near, deep] = [Math.cos(degrees(tilt)), Math.sin(degrees(tilt)) / EYE];
    const across = (mirrored ? 0.5 - x : x - 0.5) / RADIUS;
    const right = across / (near - deep * across);
    const down = ((y - 0.5) / RADIUS) * (1 + deep * right);
    return [c * right + s * down, c * down - s * right];
  };

  const angles = ({ time }) => ({ hour: degrees(time / 2), minute: degrees((time % 60) * 6) });

  // Where the hands are taken hold of, and the rim below the six to turn the dial.
  const grips = (state) => {
    const see = camera(state), { hour, minute } = angles(state);
    return {
      hour: see(clock(HOUR_TIP, hour)),
      minute: see(clock(MINUTE_TIP, minute)),
      turn: see([0, KNOB]),
    };
  };

  const draw = (canvas, state) => {
    const side = canvas.width, see = camera(state);
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const at = (point) => see(point).map((part) => part * side);
    const area = (points, fill) => {
      pen.beginPath();
      for (const point of points) pen.lineTo(...at(point));
      pen.closePath();
      pen.fillStyle = fill;
      pen.fill();
    };
    const circle = (radius, fill, x = 0, y = 0) => area(
      Array.from({ length: 120 }, (_, i) => clock(radius, (i / 120) * TURN)).map(([a, b]) => [a + x, b + y]), fill);
    // From r0 to r1 along an angle, as wide at each end as the last two numbers say.
    const bar = (angle, r0, r1, w0, w1, fill) => {
      const [x, y] = clock(1, angle);
      area([[r0, w0], [r1, w1], [r1, -w1], [r0, -w0]].map(([r, w]) => [r * x - w * y, r * y + w * x]), fill);
    };
    const word = (text, angle, radius, size) => {
      const centre = clock(radius, angle), step = 0.01;
      const [x, y] = at(centre), [a, b] = at([centre[0] + step, centre[1]]), [c, d] = at([centre[0], centre[1] + step]);
      const unit = 100 * step; // a dial's radius is 100 here: fonts have no fractions of a pixel
      pen.setTransform((a - x) / unit, (b - y) / unit, (c - x) / unit, (d - y) / unit, x, y);
      pen.font = `600 ${size}px Helvetica, Arial, sans-serif`;
      pen.fillText(text, 0, size * 0.05);
      pen.resetTransform();
    };

    pen.resetTransform();
    pen.fillStyle = "#b9b4a8";
    pen.fillRect(0, 0, side, side);
    circle(RIM, "#8d877a", 0.04, 0.06);
    circle(RIM, "#33363b");
    circle(1.02, "#6a6d72");
    circle(1, "#f4f3ee");
    for (let i = 0; i < 60; i++) {
      const strong = i % 5 === 0;
      bar((i / 60) * TURN, strong ? 0.88 : 0.91, 0.96, strong ? 0.016 : 0.006, strong ? 0.016 : 0.006, "#202226");
    }
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = "#202226";
    for (let k = 0; k < 12; k++) {
      const angle = (k / 12) * TURN;
      if (state.dial === "numerals" || (state.dial === "four" && k % 3 === 0)) word(String(k || 12), angle, 0.74, 21);
      if (state.dial === "roman") word(ROMAN[k], angle, 0.72, 16);
    }
    const { hour, minute } = angles(state);
    const hands = (fill, x, y) => {
      for (const [angle, tip, w] of [[hour, HOUR_TIP, 0.04], [minute, MINUTE_TIP, 0.026]]) {
        const [sine, cosine] = clock(1, angle);
        area([[-0.12, w], [tip, w * 0.6], [tip, -w * 0.6], [-0.12, -w]]
          .map(([r, v]) => [r * sine - v * cosine + x, r * cosine + v * sine + y]), fill);
      }
    };
    hands("rgb(0 0 0 / 18%)", 0.02, 0.03);
    hands("#15171a", 0, 0);
    circle(0.06, "#15171a");
    light(pen, side, state.light / 100);
  };

  // From -1, nearly dark and darker to the left, over even light to 1, a lamp in the glass.
  const light = (pen, side, amount) => {
    if (amount < 0) {
      const shade = pen.createLinearGradient(0, 0, side, 0);
      shade.addColorStop(0, `rgb(10 12 16 / ${-96 * amount}%)`);
      shade.addColorStop(1, `rgb(10 12 16 / ${-75 * amount}%)`);
      pen.fillStyle = shade;
      pen.fillRect(0, 0, side, side);
    } else if (amount > 0) {
      const [x, y, radius] = [0.6 * side, 0.42 * side, side * (0.08 + 0.42 * amount)];
      const glow = pen.createRadialGradient(x, y, 0, x, y, radius);
      glow.addColorStop(0, "rgb(255 255 255)");
      glow.addColorStop(0.55, `rgb(255 255 255 / ${60 + 38 * amount}%)`);
      glow.addColorStop(1, "rgb(255 255 255 / 0%)");
      pen.fillStyle = glow;
      pen.fillRect(0, 0, side, side);
    }
  };

  return { draw, grips, plane };
})();
