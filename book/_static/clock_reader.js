// The reader that ships with labkit, in the browser: a picture becomes 150 x 150 greys as in
// labkit.clocks.read, and the network of reader.npz says the time, the dial's place and three maps.
globalThis.labkitClock = (() => {
  const SIDE = 150, MINUTES = 720, SMALLEST = 24, MOST_PIXELS = 5e7, STRIP = 64;
  const here = document.currentScript?.src ?? document.baseURI;

  // Python and NumPy round a half to the even neighbour.
  const rint = (value) => {
    const up = Math.floor(value + 0.5);
    return up - value === 0.5 && up % 2 ? up - 1 : up;
  };

  // Red, green, blue and transparency to grey, over white where it is transparent.
  const grey = (rgba) => {
    const values = new Float32Array(rgba.length / 4);
    for (let i = 0, k = 0; i < values.length; i++, k += 4) {
      const r = rgba[k], g = rgba[k + 1], b = rgba[k + 2];
      const value = r === g && g === b ? r : 0.299 * r + 0.587 * g + 0.114 * b;
      const share = rgba[k + 3] / 255;
      values[i] = value * share + 255 * (1 - share);
    }
    return values;
  };

  // For each of `size` new pixels, the first old one that it comes from, and the shares of this and
  // the next ones, as in OpenCV: INTER_AREA where a picture shrinks, INTER_LINEAR where it grows.
  const weights = (from, size, shrinks) => {
    const scale = from / size;
    return Array.from({ length: size }, (_, i) => {
      if (!shrinks) {
        const place = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), from - 1);
        const first = Math.min(Math.floor(place), from - 2);
        return { first, shares: [1 - (place - first), place - first] };
      }
      const start = i * scale, end = start + scale, cell = Math.min(scale, from - start);
      const last = Math.min(Math.floor(end), from - 1), whole = Math.min(Math.ceil(start), last);
      const shares = Array(last - whole).fill(1 / cell);
      const before = whole - start > 1e-3;
      if (before) shares.unshift((whole - start) / cell);
      if (end - last > 1e-3) shares.push(Math.min(end - last, 1, cell) / cell);
      return { first: before ? whole - 1 : whole, shares };
    });
  };
  const mixed = ({ first, shares }, values, start, step) => {
    let sum = 0;
    for (let k = 0, at = start + first * step; k < shares.length; k++, at += step) sum += shares[k] * values[at];
    return sum;
  };

  // `rows(top, count)` gives rgba bytes; a photograph is never held as a whole.
  const square = (width, height, rows) => {
    const scale = SIDE / Math.max(width, height), shrinks = scale < 1;
    const [wide, high] = [width, height].map((length) => Math.max(1, rint(scale * length)));
    const across = weights(width, wide, shrinks), down = weights(height, high, shrinks);
    const narrow = new Float32Array(height * wide);
    for (let top = 0; top < height; top += STRIP) {
      const count = Math.min(STRIP, height - top), values = grey(rows(top, count));
      for (let row = 0; row < count; row++) {
        for (let column = 0; column < wide; column++) {
          narrow[(top + row) * wide + column] = mixed(across[column], values, row * width, 1);
        }
      }
    }
    const greys = new Float32Array(SIDE * SIDE);
    const [above, left] = [(SIDE - high) >> 1, (SIDE - wide) >> 1];
    const within = (at, length) => Math.min(Math.max(at, 0), length - 1); // edges are repeated
    for (let row = 0; row < SIDE; row++) {
      const parts = down[within(row - above, high)];
      for (let column = 0; column < SIDE; column++) {
        const value = rint(mixed(parts, narrow, within(column - left, wide), wide));
        greys[row * SIDE + column] = Math.min(Math.max(value, 0), 255);
      }
    }
    return greys;
  };

  const ofCanvas = (canvas) => {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const rows = (top, count) => context.getImageData(0, top, canvas.width, count).data;
    return square(canvas.width, canvas.height, rows);
  };

  // As labkit reads a file: turned as the camera was held, its numbers as they are.
  const AS = { imageOrientation: "from-image", colorSpaceConversion: "none", premultiplyAlpha: "none" };
  const opened = (source) => createImageBitmap(source, AS).catch(() => {
    throw new Error("is no picture that this browser can open; a JPEG or PNG will do");
  });

  const ofBitmap = (bitmap) => {
    const { width, height } = bitmap;
    if (Math.min(width, height) < SMALLEST) throw new Error(`has fewer than ${SMALLEST} pixels along a side`);
    if (width * height > MOST_PIXELS) throw new Error(`has more than ${MOST_PIXELS / 1e6} million pixels`);
    const strip = new OffscreenCanvas(width, Math.min(STRIP, height));
    const context = strip.getContext("2d", { willReadFrequently: true });
    return square(width, height, (top, count) => {
      context.clearRect(0, 0, width, count);
      context.drawImage(bitmap, 0, top, width, count, 0, 0, width, count);
      return context.getImageData(0, 0, width, count).data;
    });
  };

  const script = (name) => new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.onload = resolve;
    tag.onerror = () => reject(new Error(`${name} is missing`));
    tag.src = new URL(name, here);
    document.head.append(tag);
  });

  // The big files are scripts that hold packed bytes: a page that lies in a folder may load
  // those, but fetches nothing else.
  const unpacked = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  let session = null;
  const start = async (version) => {
    await Promise.all(["clock_engine.js", "clock_model.js"].map((name) => script(`${name}?v=${version}`)));
    const { glue, wasm, model } = globalThis.labkitClockFiles;
    const [loader, binary, network] = await Promise.all([glue, wasm, model].map(unpacked));
    delete globalThis.labkitClockFiles;
    const address = URL.createObjectURL(new Blob([loader], { type: "text/javascript" }));
    Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary: binary.buffer, wasmPaths: { mjs: address } });
    try {
      return await ort.InferenceSession.create(network, { executionProviders: ["wasm"] });
    } finally {
      URL.revokeObjectURL(address);
      delete ort.env.wasm.wasmBinary;
    }
  };
  const load = (version) => (session ??= start(version).catch((error) => {
    session = null;
    throw error;
  }));

  const shares = (logits) => {
    const top = Math.max(...logits), powers = Array.from(logits, (each) => Math.exp(each - top));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  };

  // The confidence is the probability of the minute and its two neighbours.
  const read = async (greys) => {
    const found = await (await session).run({ picture: new ort.Tensor("float32", greys, [1, SIDE, SIDE]) });
    const chances = found.time.data, time = chances.indexOf(Math.max(...chances));
    const near = [-1, 0, 1].map((step) => chances[(time + step + MINUTES) % MINUTES]);
    const maps = ["twelve", "hour", "minute"].map((name) => [name, shares(found[name].data)]);
    const reading = {
      time,
      confidence: Math.min(near.reduce((a, b) => a + b), 1),
      place: [...found.place.data],
      maps: Object.fromEntries(maps),
    };
    for (const tensor of Object.values(found)) tensor.dispose();
    return reading;
  };

  return { SIDE, MINUTES, square, ofCanvas, opened, ofBitmap, load, read };
})();
