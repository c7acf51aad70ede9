// "Read a clock in your browser": the controls, the drawn clock, what the reader says of it.
(() => {
  const demo = document.querySelector("#try-clock");
  if (!demo) return; // this build of the book has no reader for the browser
  const { SIDE, MINUTES, ofCanvas, opened, ofBitmap, load, read } = labkitClock;
  const { draw, grips, plane } = labkitClockFace;
  const { add, frame } = labkitChart;
  const field = (name) => demo.querySelector(`[name=${name}]`);
  const [canvas, chart] = ["canvas", ".labkit-clock-maps"].map((each) => demo.querySelector(each));
  const [said, trouble] = demo.querySelectorAll("output");
  const hint = demo.querySelector(".labkit-try-hint"), howToDrag = hint.textContent;
  const [start, back] = [field("start"), field("back")];
  const WHOLE = 300, MOST_BYTES = 5e7, SURE = 0.9; // of the overlay; of a file; as the book calls it
  const NAMES = { twelve: "12", hour: "h", minute: "m" };
  let picture = null, ready = false, drawn = 0, reading = false;

  const time = () => 60 * +field("hour").value + +field("minute").value;
  const state = () => ({
    time: time(),
    ...Object.fromEntries(["turn", "tilt", "light"].map((name) => [name, +field(name).value])),
    dial: field("dial").value,
    mirrored: field("mirrored").checked,
  });
  const asText = (minutes) => `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  const signed = (value) => String(value).replace("-", "−");
  const lightOf = (value) => {
    if (!value) return "even";
    return value < 0 ? `${-value} % dark` : `lamp, ${value} %`;
  };

  const setTime = (minutes) => {
    const whole = ((minutes % MINUTES) + MINUTES) % MINUTES;
    [field("hour").value, field("minute").value] = [Math.floor(whole / 60), whole % 60];
  };

  const over = add(canvas.parentElement, "svg", { viewBox: `0 0 ${WHOLE} ${WHOLE}`, "aria-hidden": "true" });

  // Rings on the overlay: wide transparent ones to take hold of, narrow ones to see.
  const rings = Object.fromEntries(["turn", "hour", "minute"].map((name) => [name, [
    add(over, "circle", { class: "labkit-clock-ring", r: 7 }),
    add(over, "circle", { class: "labkit-try-grip", r: 21, "data-grip": name }),
  ]]));
  const found = add(over, "g", { class: "labkit-clock-found" });

  const drag = (name, point) => {
    const now = state(), turned = name === "turn" ? { ...now, turn: 0 } : now;
    const [x, y] = plane(turned, point);
    const angle = (Math.atan2(x, -y) * 180) / Math.PI;
    if (name === "turn") field("turn").value = Math.round(angle > 0 ? angle - 180 : angle + 180);
    if (name === "hour") setTime(Math.round(2 * angle));
    if (name === "minute") {
      const moved = Math.round(angle / 6) - (now.time % 60);
      setTime(now.time + moved - 60 * Math.round(moved / 60)); // the short way, past twelve too
    }
    show();
  };
  // Who takes hold of a ring does not scroll; for parts of an SVG the style alone does not say so.
  over.addEventListener("touchstart", (event) => {
    if (event.target.dataset.grip) event.preventDefault();
  }, { passive: false });
  over.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.target.dataset.grip) event.target.setPointerCapture(event.pointerId);
  });
  over.addEventListener("pointermove", (event) => {
    if (!event.target.dataset.grip || !event.target.hasPointerCapture(event.pointerId)) return;
    const box = over.getBoundingClientRect();
    drag(event.target.dataset.grip, [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
  });

  const label = (now) => [`A drawn clock that shows ${asText(now.time)}`, now.turn && `turned by ${signed(now.turn)}°`,
    now.tilt && `tilted by ${signed(now.tilt)}°`, `light: ${lightOf(now.light)}`, now.mirrored && "in a mirror"].filter(Boolean).join(", ");

  const redraw = () => {
    drawn = 0;
    const now = state();
    const told = { hour: now.time / 60 | 0, minute: now.time % 60, turn: `${signed(now.turn)}°`,
                   tilt: `${signed(now.tilt)}°`, light: lightOf(now.light) };
    for (const [name, text] of Object.entries(told)) {
      field(name).setAttribute("aria-valuetext", text);
      field(name).closest("label").querySelector("b").textContent = text;
    }
    for (const [name, place] of Object.entries(grips(now))) {
      for (const ring of rings[name]) {
        ring.setAttribute("cx", WHOLE * place[0]);
        ring.setAttribute("cy", WHOLE * place[1]);
        ring.style.display = picture ? "none" : "";
      }
    }
    back.hidden = !picture;
    hint.textContent = picture ? "What the reader gets: 150 × 150 greys." : howToDrag;
    if (!picture) draw(canvas, now);
    canvas.setAttribute("aria-label", picture ? `${picture.name}.` : `${label(now)}.`);
    if (ready) say();
  };
  const show = () => {
    picture = null;
    trouble.textContent = "";
    drawn ||= requestAnimationFrame(redraw);
  };

  // One reading at a time; what was moved meanwhile is read next.
  const say = async () => {
    if (reading) return void (reading = "again");
    do {
      reading = true;
      const now = state(), shown = picture;
      const greys = shown ? shown.greys : ofCanvas(canvas);
      try {
        tell(await read(greys), shown, now);
      } catch (error) {
        trouble.textContent = `The reader has stopped: ${error.message}`;
        reading = false;
      }
    } while (reading === "again");
    reading = false;
  };

  const tell = (result, shown, now) => {
    const sure = result.confidence >= SURE ? "sure" : "not sure";
    const words = [`The reader says ${asText(result.time)}, ${sure} (confidence ${result.confidence.toFixed(2)}).`];
    const true_ = shown ? shown.time : now.time;
    if (true_ !== null) {
      const apart = Math.abs(result.time - true_), off = Math.min(apart, MINUTES - apart);
      const judged = off ? `${off} minute${off > 1 ? "s" : ""} off` : "right to the minute";
      words.push(`${shown ? "The picture shows" : "Drawn"}: ${asText(true_)}; ${judged}.`);
    }
    if (shown) words.unshift(`${shown.name}:`);
    said.textContent = words.join(" ");
    const peaks = Object.fromEntries(Object.entries(result.maps).map(([name, map]) => [name, (360 * map.indexOf(Math.max(...map))) / map.length]));
    drawMaps(result.maps, peaks);
    drawFound(result.place, peaks);
  };

  const drawMaps = (maps, peaks) => {
    const labels = { xLabel: "direction, ° clockwise from “up”", yLabel: "share (%)" };
    const { plot, path } = frame(chart, { x: [0, 360], xStep: 90, y: [0, 100], ...labels });
    for (const [name, map] of Object.entries(maps)) {
      const points = [...map, map[0]].map((share, i) => [(360 * i) / map.length, 100 * share]);
      add(plot, "path", { class: `labkit-clock-${name}`, d: path(points) });
    }
    const told = Object.entries(maps).map(([name, map]) =>
      `${name === "twelve" ? name : `${name} hand`} at ${Math.round(peaks[name])}° with ${Math.round(100 * Math.max(...map))} %`);
    chart.setAttribute("aria-label", `Three maps of directions. Highest shares: ${told.join(", ")}.`);
  };

  // The dial where the reader finds it, and the peak of each map.
  const drawFound = ([x, y, xx, xy, yy, tiltX, tiltY], peaks) => {
    const place = (degrees, radius) => {
      const [sine, cosine] = [Math.sin((degrees * Math.PI) / 180), -Math.cos((degrees * Math.PI) / 180)];
      const [right, down] = [radius * sine, radius * cosine], scale = 1 / (1 + tiltX * right + tiltY * down);
      return [x + (xx * right + xy * down) * scale, y + (xy * right + yy * down) * scale].map((part) => WHOLE * part);
    };
    found.replaceChildren();
    const line = (points) => `M${points.map((point) => point.map((part) => part.toFixed(1)).join(" ")).join("L")}`;
    const ring = line(Array.from({ length: 73 }, (_, i) => place(5 * i, 1)));
    for (const kind of ["halo", "ring"]) add(found, "path", { class: `labkit-clock-${kind}`, d: ring });
    const taken = [];
    for (const [name, peak] of Object.entries(peaks)) {
      let at = peak;
      for (const other of taken) {
        const apart = ((at - other + 540) % 360) - 180;
        if (Math.abs(apart) < 13) at = other + (apart < 0 ? -13 : 13);
      }
      taken.push(at);
      const tick = line([place(peak, 1), place(peak, 1.13), place(at, 1.24)]);
      for (const kind of ["halo", "tick"]) add(found, "path", { class: `labkit-clock-${kind}`, d: tick });
      const [cx, cy] = place(at, 1.3);
      add(found, "circle", { cx, cy, r: 10 });
      add(found, "text", { x: cx, y: cy + 4.5, "text-anchor": "middle" }, NAMES[name]);
    }
  };

  const begin = async () => {
    if (ready) return;
    start.textContent = "Loading …";
    start.setAttribute("aria-disabled", "true");
    try {
      await load(demo.dataset.version);
      ready = true;
      start.textContent = "Another clock";
    } catch (error) {
      trouble.textContent = `The reader could not be started: ${error.message}. Try again, or take a newer browser.`;
      start.textContent = "Start the reader";
    }
    start.removeAttribute("aria-disabled");
  };

  // The reader's greys are all that is kept of a picture.
  const take = async (source, name, shownTime = null) => {
    trouble.textContent = "";
    let bitmap = null;
    try {
      if (source.size > MOST_BYTES) throw new Error(`is larger than ${MOST_BYTES / 1e6} MB`);
      bitmap = await opened(source);
      picture = { greys: ofBitmap(bitmap), name, time: shownTime };
    } catch (error) {
      trouble.textContent = `${name} ${error.message}.`;
      return;
    } finally {
      bitmap?.close();
    }
    found.replaceChildren();
    drawGreys(picture.greys);
    await begin();
    redraw();
  };
  const drawGreys = (greys) => {
    const small = new OffscreenCanvas(SIDE, SIDE), pixels = new ImageData(SIDE, SIDE);
    greys.forEach((grey, i) => pixels.data.set([grey, grey, grey, 255], 4 * i));
    small.getContext("2d").putImageData(pixels, 0, 0);
    canvas.getContext("2d").drawImage(small, 0, 0, canvas.width, canvas.height);
  };

  demo.addEventListener("input", (event) => {
    if (event.target.name !== "file") show();
  });
  field("file").addEventListener("change", ({ target }) => {
    if (target.files[0]) take(target.files[0], target.files[0].name);
    target.value = "";
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    demo.addEventListener(kind, (event) => {
      event.preventDefault();
      demo.classList.toggle("labkit-clock-drop", kind === "dragover");
      const file = kind === "drop" && event.dataTransfer.files[0];
      if (file) take(file, file.name);
    });
  }
  const random = (low, high) => Math.round(low + Math.random() * (high - low));
  start.addEventListener("click", async () => {
    if (start.hasAttribute("aria-disabled")) return;
    if (!ready) {
      await begin();
      return redraw();
    }
    setTime(random(0, MINUTES - 1));
    [field("turn").value, field("tilt").value, field("light").value] = [random(-180, 180), random(-50, 50), random(-60, 50)];
    show();
  });
  back.addEventListener("click", () => {
    show();
    start.focus();
  });
  document.querySelectorAll(".labkit-clock-readings figure").forEach((figure, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Read it above";
    button.setAttribute("aria-label", `Read picture ${i + 1} above`);
    button.addEventListener("click", async () => {
      await take(figure.querySelector("img"), `Picture ${i + 1}`, +figure.dataset.shown);
      demo.scrollIntoView({ block: "nearest" });
    });
    figure.append(button);
  });
  drawMaps({}, {});
  redraw();
  demo.previousElementSibling.hidden = true;
  demo.hidden = false;
})();
