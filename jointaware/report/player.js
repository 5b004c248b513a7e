// The skeleton player: true and predicted joints side by side, or a single motion without a truth, drawn by plotly, which
// is loaded when the player comes near the screen. The URL names what is shown, as in #player=wide-0/Walking/54138969, so that it can be linked.
"use strict";
(async () => {
  const motion = JSON.parse(document.getElementById("motion").textContent);
  const root = document.querySelector(".player");
  const scene = root.querySelector(".scene");
  const [run, action, camera, frame, play] = ["run", "action", "camera", "frame", "play"].map((name) =>
    root.querySelector(`[name=${name}]`));
  const output = root.querySelector("output");
  const status = root.querySelector(".status");
  const AXES = 3, MM = 1000, FLOOR = 1, ZOOM = 1.5;
  const SIDES = ["left", "right", "middle"];
  const HAS_TRUTH = motion.skeletons.includes("true");
  const size = motion.joints * AXES;
  const frames = motion.sequences.reduce((sum, sequence) => sum + sequence.frames, 0);
  let joints = null, shown = null, playing = 0;

  // Wait until the player comes near the screen; not if the URL links to it.
  function near() {
    if (linked()) return Promise.resolve();
    return new Promise((resolve) => new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      resolve();
    }, { rootMargin: "600px" }).observe(root));
  }

  // Inflate base64 text.
  function inflated(text) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")));
  }

  async function startPlotly() {
    const script = document.createElement("script");
    script.textContent = await inflated(document.getElementById("plotly").textContent).text();
    document.head.append(script);
  }

  // Millimetres, (skeletons, frames, joints, axes), from differences between frames.
  async function inflate(text) {
    const values = new Int16Array(await inflated(text).arrayBuffer());
    let start = 0;
    for (const _ of motion.skeletons) {
      for (const sequence of motion.sequences) {
        for (let i = start + size; i < start + sequence.frames * size; i++) values[i] += values[i - size];
        start += sequence.frames * size;
      }
    }
    return values;
  }

  function pose(skeleton, number) {
    const before = motion.sequences.slice(0, motion.sequences.indexOf(shown.sequence)).reduce((n, s) => n + s.frames, 0);
    const start = (motion.skeletons.indexOf(skeleton) * frames + before + number) * size;
    return joints.subarray(start, start + size);
  }

  // The bones of one side (null: of all sides) as a line with gaps.
  function bones(values, side) {
    const line = { x: [], y: [], z: [] };
    for (const [parent, joint, of] of motion.bones) {
      if (side !== null && (SIDES.includes(of) ? of : "middle") !== side) continue;
      ["x", "y", "z"].forEach((axis, place) => {
        line[axis].push(values[parent * AXES + place] / MM, values[joint * AXES + place] / MM, null);
      });
    }
    return line;
  }

  function lines(number) {
    const predicted = pose(shown.run, number);
    if (!HAS_TRUTH) return SIDES.map((side) => bones(predicted, side));
    const truth = pose("true", number);
    return [...SIDES.map((side) => bones(truth, side)), bones(truth, null), ...SIDES.map((side) => bones(predicted, side))];
  }

  // A grid of half-metre squares under the feet.
  function floor(height) {
    const line = { x: [], y: [], z: [] };
    for (let step = -FLOOR; step <= FLOOR; step += 0.5) {
      line.x.push(-FLOOR, FLOOR, null, step, step, null);
      line.y.push(step, step, null, -FLOOR, FLOOR, null);
      line.z.push(height, height, null, height, height, null);
    }
    return line;
  }

  // Bounding box of all poses of the sequence, metres: lowest and highest point, and half the width.
  function reach() {
    let [low, high, wide] = [0, 0, FLOOR];
    for (let number = 0; number < shown.sequence.frames; number++) {
      for (const name of HAS_TRUTH ? ["true", shown.run] : [shown.run]) {
        const values = pose(name, number);
        values.forEach((value, place) => {
          const metres = value / MM;
          if (place % AXES < 2) wide = Math.max(wide, Math.abs(metres));
          else [low, high] = [Math.min(low, metres), Math.max(high, metres)];
        });
      }
    }
    return { low: low - 0.03, high: high + 0.03, wide };
  }

  function traces(number) {
    const style = getComputedStyle(document.documentElement);
    const colours = SIDES.map((side) => style.getPropertyValue(`--${side}`));
    const scenes = HAS_TRUTH ? ["scene", "scene2"] : ["scene"];
    const ghost = { color: style.getPropertyValue("--ghost"), scene: "scene2", width: 4 };
    const looks = colours.map((color) => ({ color, scene: "scene", width: 8 }));
    if (HAS_TRUTH) looks.push(ghost, ...colours.map((color) => ({ color, scene: "scene2", width: 8 })));
    for (const name of scenes) looks.push({ color: style.getPropertyValue("--scene"), scene: name, width: 1 });
    const below = floor(reach().low);
    return [...lines(number), ...scenes.map(() => below)].map((line, place) => ({ ...line, type: "scatter3d", mode: "lines",
      hoverinfo: "skip", showlegend: false, connectgaps: false, scene: looks[place].scene, line: looks[place] }));
  }

  function layout() {
    const { low, high, wide } = reach();
    const hidden = { visible: false, range: [-wide, wide], autorange: false };
    const axes = (x) => ({ domain: { x, y: [0, 1] }, xaxis: hidden, yaxis: hidden, zaxis: { ...hidden, range: [low, high] },
      dragmode: "orbit", aspectmode: "manual", aspectratio: { x: ZOOM, y: ZOOM, z: (ZOOM * (high - low)) / (2 * wide) },
      camera: scene.layout?.scene.camera ?? { eye: { x: 0.9, y: -1.5, z: 0.35 }, projection: { type: "orthographic" } } });
    const scenes = HAS_TRUTH ? { scene: axes([0, 0.5]), scene2: axes([0.5, 1]) } : { scene: axes([0, 1]) };
    return { ...scenes, margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: "rgba(0,0,0,0)" };
  }

  async function draw(number) {
    frame.value = number;
    const moved = lines(number);
    await Plotly.restyle(scene, { x: moved.map((l) => l.x), y: moved.map((l) => l.y), z: moved.map((l) => l.z) },
      moved.map((_, place) => place));
    const time = `${(number / shown.sequence.fps).toFixed(2)} s`;
    output.textContent = HAS_TRUTH ? `${time}, MPJPE ${error(number).toFixed(0)} mm` : time;
    root.dataset.frame = number;
  }

  function error(number) {
    const [truth, predicted] = [pose("true", number), pose(shown.run, number)];
    let sum = 0;
    for (let i = 0; i < size; i += AXES) {
      sum += Math.hypot(...[0, 1, 2].map((axis) => truth[i + axis] - predicted[i + axis])) / motion.joints;
    }
    return sum;
  }

  function stop() {
    playing = 0;
    play.textContent = "▶";
    play.setAttribute("aria-label", "play");
  }

  async function start() {
    const mine = (playing = performance.now());
    const from = Number(frame.value) >= Number(frame.max) ? 0 : Number(frame.value);
    play.textContent = "❚❚";
    play.setAttribute("aria-label", "pause");
    while (playing === mine) {
      const number = from + Math.floor(((performance.now() - mine) / 1000) * shown.sequence.fps);
      await draw(number % shown.sequence.frames);
      await new Promise(requestAnimationFrame);
    }
  }

  function options(select, names, chosen) {
    select.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
  }

  async function choose(wanted) {
    const runs = motion.skeletons.filter((name) => name !== "true");
    const actions = [...new Set(motion.sequences.map((sequence) => sequence.action))];
    const cameras = (of) => motion.sequences.filter((sequence) => sequence.action === of).map((s) => s.camera);
    const sequence = motion.sequences.find((s) => s.action === wanted.action && s.camera === wanted.camera);
    status.textContent = "";
    if (!runs.length) {
      status.textContent = "This report has no predictions.";
    } else if (!runs.includes(wanted.run)) {
      status.textContent = `This report has no run ${wanted.run}; it has ${runs.join(", ")}.`;
    } else if (!actions.includes(wanted.action)) {
      status.textContent = `This report has no action ${wanted.action}; it has ${actions.join(", ")}.`;
    } else if (!sequence) {
      status.textContent = `${wanted.action} has no camera ${wanted.camera}; it has ${cameras(wanted.action).join(", ")}.`;
    }
    if (status.textContent) return false;
    stop();
    shown = { run: wanted.run, sequence };
    options(run, runs, wanted.run);
    options(action, actions, wanted.action);
    options(camera, cameras(wanted.action), wanted.camera);
    root.querySelector(".predicted").textContent = `predicted by ${wanted.run}`;
    frame.max = sequence.frames - 1;
    await Plotly.react(scene, traces(0), layout(), { displayModeBar: false, responsive: true, scrollZoom: true });
    await draw(0);
    return true;
  }

  function linked() {
    const [name, rest] = decodeURIComponent(location.hash.slice(1)).split("=");
    if (name !== "player" || !rest) return null;
    const [run, action, camera] = rest.split("/");
    return { run, action, camera };
  }

  async function picked(event) {
    const wanted = { run: run.value, action: action.value, camera: camera.value };
    const has = motion.sequences.filter((sequence) => sequence.action === wanted.action);
    if (event.target === action && !has.some((s) => s.camera === wanted.camera)) wanted.camera = has[0].camera;
    if (await choose(wanted)) history.replaceState(null, "", `#player=${wanted.run}/${wanted.action}/${wanted.camera}`);
  }

  const first = motion.sequences.find((sequence) => sequence.action === "Walking") ?? motion.sequences[0];
  await near();
  await startPlotly();
  joints = await inflate(motion.motion);
  await choose({ run: motion.first, action: first.action, camera: first.camera });
  if (!shown) return;
  if (linked()) await choose(linked());
  window.addEventListener("hashchange", () => linked() && choose(linked()));
  for (const select of [run, action, camera]) select.addEventListener("change", picked);
  play.addEventListener("click", () => (playing ? stop() : start()));
  frame.addEventListener("input", () => { stop(); draw(Number(frame.value)); });
  root.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.target.matches("select, input, button")) return;
    if (event.key === " ") { event.preventDefault(); play.click(); }
    if (step) { stop(); draw(Math.min(Math.max(Number(frame.value) + step, 0), Number(frame.max))); }
  });
  let turning = false;
  for (const name of HAS_TRUTH ? ["plotly_relayouting", "plotly_relayout"] : []) {
    scene.on(name, async (change) => {
      const turned = ["scene", "scene2"].find((each) => change[`${each}.camera`]);
      if (!turned || turning) return;
      turning = true;
      const other = turned === "scene" ? "scene2" : "scene";
      await Plotly.relayout(scene, { [`${other}.camera`]: change[`${turned}.camera`] });
      turning = false;
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    Plotly.react(scene, traces(Number(frame.value)), layout());
  });
  root.dataset.ready = "yes";
})();
