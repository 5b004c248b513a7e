// Says what a name means, and shows the trace of a clicked number as recorded when the page was made.
"use strict";
(() => {
  const meanings = new Map([...document.querySelectorAll("#glossary dt")].map((name) =>
    [name.textContent, name.nextElementSibling.textContent]));
  const tip = document.getElementById("tip");
  let shown = null;

  function show(term) {
    hide();
    shown = term;
    tip.textContent = `${term.textContent}: ${meanings.get(term.textContent)}`;
    tip.hidden = false;
    term.setAttribute("aria-describedby", "tip");
    const at = term.getBoundingClientRect(), room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    const above = at.top - tip.offsetHeight - 6;
    tip.style.left = `${Math.max(8, Math.min(at.left, room))}px`;
    tip.style.top = `${above > 0 ? above : at.bottom + 6}px`;
  }

  function hide() {
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.hidden = true;
  }

  const termOf = (event) => event.target.closest?.(".term");
  for (const name of ["pointerover", "focusin", "click"]) {
    document.addEventListener(name, (event) => {
      const term = termOf(event);
      if (term && meanings.has(term.textContent)) show(term);
      else if (name !== "pointerover") hide();
    });
  }
  document.addEventListener("pointerout", (event) => { if (event.pointerType === "mouse" && termOf(event)) hide(); });
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  window.addEventListener("scroll", hide, { capture: true, passive: true });
})();
(() => {
  const source = document.getElementById("traces");
  if (!source) return;
  const traces = JSON.parse(source.textContent);
  const dialog = document.getElementById("trace");
  const body = dialog.querySelector("div");

  function element(name, text, ...children) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    made.append(...children);
    return made;
  }

  function list(pairs) {
    const made = element("dl");
    for (const [key, value] of pairs) made.append(element("dt", key), element("dd", String(value)));
    return made;
  }

  function folded(title, ...children) {
    return element("details", "", element("summary", title), ...children);
  }

  function digests(files) {
    const made = list(Object.entries(files).map(([path, digest]) => [path, digest || "not recorded"]));
    made.className = "digests";
    return made;
  }

  function number(statistics) {
    if ("percent" in statistics) return `${statistics.percent} [${statistics.low}, ${statistics.high}]`;
    return (statistics.mean || "empty") + (statistics.std ? ` ± ${statistics.std}` : "");
  }

  function provenance(run) {
    if (!run.commit) return [["training", run.made]];
    const versions = Object.entries(run.packages || {}).map(([name, version]) => `${name} ${version}`).join(", ");
    return [["training", run.made], ["code, SHA-256", run.code_sha256], ["versions", `Python ${run.python}, ${versions}`]];
  }

  function describe(run) {
    const parameters = Object.entries(run.parameters).map(([key, value]) => [key, JSON.stringify(value)]);
    return folded(`run ${run.run}`, list(provenance(run)),
      element("h3", "files, SHA-256"), digests(run.files), element("h3", "parameters"), list(parameters));
  }

  function show(place) {
    const cell = traces.cells[place];
    const title = element("h2", `${cell.table}, ${cell.row}, ${cell.column}`);
    title.id = "trace-title";
    const table = Object.entries(traces.tables).filter(([path]) => path.includes(`/tables/${cell.table}.`));
    const printed = traces.published[`${cell.table}/${cell.column}`] || [];
    body.replaceChildren(title,
      element("p", `${number(cell.statistics)} ${cell.unit}, ${cell.measure}`),
      ...cell.problems.map((problem) => {
        const line = element("p", `${problem.kind}: ${problem.text}`);
        line.className = "wrong";
        return line;
      }),
      list(printed.map((row) => [`published, ${row.row}`, [row.value, row.source, row.note].filter(Boolean).join(", ")])),
      list(cell.parts.map((part) => [`from ${part.run}`, `${part.value === null ? "" : `${part.value} in `}${part.file}`])),
      ...cell.runs.map((name) => describe(traces.runs[name])),
      ...(cell.runs.length ? [folded("motion, SHA-256 back to the raw files", digests(traces.data))] : []),
      folded("table, SHA-256", digests(Object.fromEntries(table))),
      element("p", "Check against the files as they are now: ",
        element("code", `python -m workflow.trace ${cell.table} "${cell.row}" ${cell.column}`)));
    dialog.showModal();
    dialog.scrollTop = 0;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-cell]");
    if (button) show(Number(button.dataset.cell));
    else if (event.target === dialog || event.target.closest(".close")) dialog.close();
  });
})();
