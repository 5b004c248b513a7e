// The skeleton player: 2D keypoints, the true pose and two predictions side by side with their errors over time, or a
// lifted motion without a truth. Drawn as SVG in the colours of the page. The URL may name what is shown, as in
// #player=Walking/wide-0/joint_aware-1, so that it can be linked.
"use strict";
(() => {
  const AXES = 3, MARGIN = 1.05, TILE = 500, MANY = 10, RADIANS = 0.01;
  const FRONT = { azimuth: (35 * Math.PI) / 180, elevation: (12 * Math.PI) / 180 }, HIGHEST = Math.PI / 2;
  const TRUE = "true", FIRST = "Walking";

  function set(node, attributes) {
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  }

  function add(svg, name, attributes = {}) {
    return svg.appendChild(set(document.createElementNS("http://www.w3.org/2000/svg", name), attributes));
  }

  // Inflate the layers of each take: numbers of all frames, NaN where there is nothing.
  async function inflate({ motion, takes, skeletons, joints, points, units }) {
    const bytes = Uint8Array.from(atob(motion), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const values = new Int16Array(await new Response(stream).arrayBuffer());
    let start = 0;
    function layer(frames, width, unit) {
      const part = values.subarray(start, (start += frames * width));
      for (let i = width; i < part.length; i++) part[i] += part[i - width];
      return { width, values: Float32Array.from(part, (value) => (value === units.nothing ? NaN : value * unit)) };
    }
    return takes.map((take) => {
      const poses = skeletons.map((name) => [name, layer(take.frames, joints * AXES, units.mm)]);
      const keypoints = layer(take.frames, points * 2, 1);
      const predicted = skeletons.includes(TRUE) ? skeletons.filter((name) => name !== TRUE) : [];
      const errors = predicted.map((name) => [name, layer(take.frames, 1, units.error_mm).values]);
      return { ...take, poses: Object.fromEntries(poses), keypoints, errors: Object.fromEntries(errors) };
    });
  }

  // The points of a layer in one frame, each as [x, y, away].
  function points({ width, values }, frame, axes, place) {
    const made = [];
    for (let i = frame * width; i < (frame + 1) * width; i += axes) made.push(place(...values.subarray(i, i + axes)));
    return made;
  }

  // Where an orthographic projection has a point: right, down, and away from the reader.
  function seen(x, y, z, { azimuth, elevation }) {
    const away = y * Math.cos(azimuth) - x * Math.sin(azimuth);
    return [
      x * Math.cos(azimuth) + y * Math.sin(azimuth),
      -z * Math.cos(elevation) - away * Math.sin(elevation),
      away * Math.cos(elevation) - z * Math.sin(elevation),
    ];
  }

  // Lines for bones, the farthest drawn first; returns how to move them. Those without a place are hidden.
  function lines(svg, bones, kind = "") {
    const made = bones.map(() => add(svg, "line"));
    return (places) => {
      const ends = bones.map(([from, to, side]) => [places[from], places[to], side]);
      ends.sort((one, other) => other[0][2] + other[1][2] - one[0][2] - one[1][2]);
      ends.forEach(([[x1, y1], [x2, y2], side], place) => {
        const isKnown = ![x1, y1, x2, y2].some(Number.isNaN);
        set(made[place], isKnown ? { class: `bone ${kind} ${side}`, x1, y1, x2, y2 } : { class: "unknown" });
      });
    };
  }

  function drawKeypoints(svg, take, bones) {
    const [width, height] = take.size, margin = (MARGIN - 1) * Math.max(width, height);
    set(svg, { viewBox: `${-margin} ${-margin} ${width + 2 * margin} ${height + 2 * margin}` });
    const move = lines(svg, bones, "flat");
    return (frame) => move(points(take.keypoints, frame, 2, (x, y) => [x, y, 0]));
  }

  // Cylinder about poses: its radius, the height of its floor and of its top, millimetres.
  function around(poses) {
    let [radius, low, high] = [TILE, Infinity, -Infinity];
    for (const { values } of poses) {
      for (let i = 0; i < values.length; i += AXES) {
        if (Number.isNaN(values[i])) continue;
        radius = Math.max(radius, Math.hypot(values[i], values[i + 1]));
        [low, high] = [Math.min(low, values[i + 2]), Math.max(high, values[i + 2])];
      }
    }
    return { radius: radius * MARGIN, low, high };
  }

  function drawSkeleton(svg, poses, ghosts, bones, { radius, low, high }, view) {
    const floor = add(svg, "path", { class: "floor" }), end = TILE * Math.ceil(radius / TILE);
    const moveGhost = ghosts && lines(svg, bones, "ghost"), moveBody = lines(svg, bones);
    const edge = (x, y) => seen(x, y, low, view).slice(0, 2);
    return (frame) => {
      const [rise, tilt] = [Math.cos(view.elevation), radius * Math.sin(view.elevation)];
      set(svg, { viewBox: [-radius, -high * rise - tilt, 2 * radius, (high - low) * rise + 2 * tilt].join(" ") });
      let grid = "";
      for (let step = -end; step <= end; step += TILE) {
        grid += `M${edge(-end, step)}L${edge(end, step)}M${edge(step, -end)}L${edge(step, end)}`;
      }
      set(floor, { d: grid });
      const place = (x, y, z) => seen(x, y, z, view);
      if (ghosts) moveGhost(points(ghosts, frame, AXES, place));
      moveBody(points(poses, frame, AXES, place));
    };
  }

  // The errors over time and the frames without a detection; returns how to move the playhead.
  function drawTimeline(svg, take, runs, most) {
    set(svg, { viewBox: `0 0 ${Math.max(take.frames - 1, 1)} ${most}` });
    for (const [x, width] of take.lost) add(svg, "rect", { class: "lost", x: x - 0.5, y: 0, width, height: most });
    runs.forEach((run, place) => {
      const curve = [...take.errors[run]].map((error, frame) => `${frame} ${most - error}`);
      add(svg, "path", { class: "ab"[place], d: `M${curve.join("L")}` });
    });
    const playhead = add(svg, "line", { class: "playhead", y1: 0, y2: most });
    return (frame) => set(playhead, { x1: frame, x2: frame });
  }

  // Why a take or runs cannot be shown; empty if they can.
  function refusal(motion, { take, runs }) {
    const known = motion.skeletons.filter((name) => name !== TRUE), takes = motion.takes.map(({ name }) => name);
    const unknown = runs.find((name) => !known.includes(name));
    if (!known.length) return "This report has no predictions.";
    if (unknown !== undefined) return `This report has no run ${unknown}; it has ${known.join(", ")}.`;
    return takes.includes(take) ? "" : `This report has no take ${take}; it has ${takes.join(", ")}.`;
  }

  async function open(root) {
    const motion = JSON.parse(root.querySelector("script").textContent);
    const one = (selector) => root.querySelector(selector), all = (selector) => [...root.querySelectorAll(selector)];
    const named = (name) => one(`[name=${name}]`);
    const [pick, frame, play, speed, loop, output] = [...["take", "frame", "play", "speed", "loop"].map(named), one("output")];
    const [panels, experiments, seeds] = [".panel", "[name=experiment]", "[name=seed]"].map(all);
    const takes = await inflate(motion), view = { ...FRONT };
    let shown = null, draws = [], playing = 0;

    function show(number) {
      frame.value = root.dataset.frame = number;
      for (const draw of draws) draw(number);
      const isLost = shown.take.lost.some(([first, frames]) => number >= first && number < first + frames);
      root.classList.toggle("is-lost", isLost);
      output.textContent = `${(number / shown.take.fps).toFixed(2)} s${isLost ? ", no detection" : ""}`;
      const errors = shown.runs.map((run) => `${shown.take.errors[run][number].toFixed(0)} mm`);
      all(".error").forEach((node, place) => (node.textContent = errors[place]));
      set(frame, { "aria-valuetext": [output.textContent, ...errors.map((error, place) => `${shown.runs[place]} ${error}`)].join(", ") });
    }

    // Draw a take, and two runs if there is a truth; false if there is no such thing, which the page then says.
    function choose(wanted, number = 0) {
      one(".status").textContent = refusal(motion, wanted);
      if (one(".status").textContent) return false;
      stop();
      const take = takes.find(({ name }) => name === wanted.take), { runs } = wanted, truth = take.poses[TRUE];
      shown = { take, runs };
      const poses = panels.map(({ dataset }) => take.poses[{ a: runs[0], b: runs[1] }[dataset.shows] ?? dataset.shows]);
      const box = around(poses.filter(Boolean));
      draws = panels.map((panel, place) => {
        const svg = panel.lastElementChild;
        svg.replaceChildren();
        if (!poses[place]) return drawKeypoints(svg, take, motion.bones_2d);
        return drawSkeleton(svg, poses[place], poses[place] !== truth && truth, motion.bones, box, view);
      });
      const highest = Math.max(1, ...runs.flatMap((run) => [...take.errors[run]]));
      one(".timeline svg").replaceChildren();
      draws.push(drawTimeline(one(".timeline svg"), take, runs, highest * MARGIN));
      write(take, runs, highest);
      show(Math.min(number, take.frames - 1));
      return true;
    }

    function options(select, names, chosen) {
      select.replaceChildren(...names.map((name) => new Option(name, name, false, String(name) === chosen)));
    }

    function write(take, runs, highest) {
      options(pick, takes.map(({ name }) => name), take.name);
      runs.forEach((run, place) => {
        const [, experiment, seed] = run.match(/^(.*)-(\d+)$/);
        options(experiments[place], Object.keys(motion.seeds), experiment);
        options(seeds[place], motion.seeds[experiment], seed);
      });
      frame.max = take.frames - 1;
      one(".words").textContent = take.words;
      one(".end").textContent = `${((take.frames - 1) / take.fps).toFixed(2)} s`;
      const lost = take.lost.length ? "marked: frames without a detection" : "a detection in every frame";
      one(".most").textContent = runs.length ? `MPJPE of each frame, up to ${highest.toFixed(0)} mm` : lost;
    }

    function stop() {
      playing = 0;
      set(play, { "aria-label": "play" }).textContent = "▶";
    }

    async function start() {
      const mine = (playing = performance.now());
      let [before, position] = [mine, Number(frame.value) % Number(frame.max || 1)];
      set(play, { "aria-label": "pause" }).textContent = "❚❚";
      for (;;) {
        const now = await new Promise(requestAnimationFrame);
        if (playing !== mine) return;
        position += (Math.max(0, now - before) / 1000) * shown.take.fps * Number(speed.value);
        before = now;
        if (position >= shown.take.frames && !loop.checked) return step(Infinity);
        show(Math.floor(position) % shown.take.frames);
      }
    }

    function step(frames) {
      stop();
      show(Math.min(Math.max(Number(frame.value) + frames, 0), Number(frame.max)));
    }

    function faster(by) {
      speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + by, 0), speed.options.length - 1);
    }

    function turn(right, down) {
      view.azimuth -= right * RADIANS;
      view.elevation = Math.min(Math.max(view.elevation + down * RADIANS, 0), HIGHEST);
      show(Number(frame.value));
    }

    function linked() {
      const [name, rest] = location.hash.slice(1).split("=");
      if (name !== root.dataset.link || !rest) return null;
      const [take, ...runs] = rest.split("/").map(decodeURIComponent);
      return { take, runs };
    }

    function picked({ target }) {
      const runs = experiments.map(({ value }, place) => {
        const known = motion.seeds[value], seed = Number(seeds[place].value);
        return `${value}-${known.includes(seed) ? seed : known[0]}`;
      });
      if (!choose({ take: pick.value, runs }, target === pick ? 0 : Number(frame.value))) return;
      history.replaceState(null, "", `#${root.dataset.link}=${[pick.value, ...runs].map(encodeURIComponent).join("/")}`);
    }

    const KEYS = {
      " ": () => play.click(),
      ArrowLeft: ({ shiftKey }) => step(shiftKey ? -MANY : -1),
      ArrowRight: ({ shiftKey }) => step(shiftKey ? MANY : 1),
      Home: () => step(-Infinity),
      End: () => step(Infinity),
      "<": () => faster(-1),
      ">": () => faster(1),
      l: () => loop.click(),
      "[": () => turn(-MANY, 0),
      "]": () => turn(MANY, 0),
    };

    function pressed(event) {
      if (event.target.matches("select, button, summary, [type=checkbox]") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (!KEYS[event.key]) return;
      event.preventDefault();
      KEYS[event.key](event);
    }

    // Dragging turns all skeletons alike; a finger that moves up or down scrolls the page instead.
    function turnable(svg) {
      svg.addEventListener("pointerdown", ({ pointerId }) => svg.setPointerCapture(pointerId));
      svg.addEventListener("pointermove", ({ pointerId, pointerType, movementX, movementY }) => {
        if (svg.hasPointerCapture(pointerId)) turn(movementX, pointerType === "touch" ? 0 : movementY);
      });
      svg.addEventListener("dblclick", () => {
        Object.assign(view, FRONT);
        turn(0, 0);
      });
    }

    choose({ take: (takes.find(({ name }) => name === FIRST) ?? takes[0]).name, runs: motion.first });
    if (!shown) return;
    if (linked()) choose(linked());
    window.addEventListener("hashchange", () => linked() && choose(linked()));
    for (const select of [pick, ...experiments, ...seeds]) select.addEventListener("change", picked);
    play.addEventListener("click", () => (playing ? stop() : start()));
    frame.addEventListener("input", () => step(0));
    root.addEventListener("keydown", pressed);
    for (const { dataset, lastElementChild } of panels) if (dataset.shows !== "keypoints") turnable(lastElementChild);
    root.dataset.ready = "yes";
  }

  for (const root of document.querySelectorAll(".player")) {
    open(root).catch((error) => (root.querySelector(".status").textContent = `The skeletons cannot be shown: ${error.message}`));
  }
})();
