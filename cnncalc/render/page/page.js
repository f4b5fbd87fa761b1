"use strict";
// One unit of one layer, shown on the input, among its neighbours, in the growth curve, the table and the graph.

const all = selector => [...document.querySelectorAll(selector)];
const said = document.getElementById("said");

const HTML = new Set(["figure", "figcaption", "label", "input"]);
function add(parent, tag, attributes = {}) {
  const made = HTML.has(tag) ? document.createElement(tag) : document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return parent.appendChild(made);
}

// What units see. An axis of a layer is [field, number of units, limits], of which field and limits are places in the
// network's tables; layers have many axes in common, and name them by their places, too.

// The first and last position that a unit sees: its place in the table of phases, moved on by whole periods.
function seen(net, axis, unit) {
  const field = net.fields[axis[0]];
  let hull = null;
  for (const [advance, spans] of field.m.map(place => net.maps[place])) {
    const turn = Math.floor(unit / spans.length), span = spans[unit % spans.length];
    if (!span) continue;
    const first = span[0] + turn * advance, last = span[1] + turn * advance;
    hull = hull ? [Math.min(hull[0], first), Math.max(hull[1], last)] : [first, last];
  }
  return hull && field.b ? [Math.min(0, hull[0]), hull[1]] : hull;
}

// What of it is really read: null where that is nothing but padding, undefined where it is not embedded.
function read(net, axis, unit) {
  const limits = net.limits[axis[2]], span = seen(net, axis, unit);
  if (!limits || !span) return undefined;
  const own = limits.slice(2).find(one => one[0] === unit);
  if (own) return own.length > 1 ? [own[1], own[2]] : null;
  const first = Math.max(span[0], limits[0]), last = Math.min(span[1], limits[1]);
  return first <= last ? [first, last] : null;
}

const count = axis => axis[1] || 1;
const neighbour = (axis, unit) => unit + 1 < count(axis) ? unit + 1 : Math.max(unit - 1, 0);
const middle = span => (span[0] + span[1] + 1) / 2;
const grouped = number => number.toLocaleString("en-US");

function nearest(net, axis, place) {
  let best = 0, least = Infinity;
  for (let unit = 0; unit < count(axis); unit++) {
    const span = seen(net, axis, unit), away = span ? Math.abs(middle(span) - place) : Infinity;
    if (away < least) [best, least] = [unit, away];
  }
  return best;
}

// A drawing of one axis or two: a frame, what is in it, and the boxes that are moved. Coordinates are positions.
function surface(host, kind, title) {
  const figure = add(host, "figure", {class: kind});
  const box = add(figure, "svg", {role: "application", tabindex: 0, "aria-label": title});
  const caption = add(figure, "figcaption");
  const defs = add(box, "defs"), id = "hatch" + all("pattern").length;
  const hatch = add(defs, "pattern", {id, patternUnits: "userSpaceOnUse"});
  const stroke = add(hatch, "path", {class: "stroke"});
  const grid = add(defs, "pattern", {id: id + "g", patternUnits: "userSpaceOnUse", width: 1, height: 1});
  add(grid, "path", {d: "M1 0V1H0", class: "cell"});
  const parts = {box, hatch, stroke, caption};
  for (const name of ["pads", "frame", "image", "shade", "cells", "sees", "next", "region"])
    parts[name] = add(box, name === "image" ? "image" : name === "shade" ? "path" : "rect", {class: name});
  parts.image.setAttribute("preserveAspectRatio", "xMidYMid slice");
  parts.pads.setAttribute("fill", `url(#${id})`);
  parts.cells.setAttribute("fill", `url(#${id}g)`);
  return parts;
}

const STRIP = [0, 0];
function place(part, spans) {
  part.style.display = spans ? "" : "none";
  if (!spans) return;
  const [x, y] = spans;
  for (const [name, value] of [["x", x[0]], ["width", x[1] - x[0] + 1], ["y", y[0]], ["height", y[1] - y[0] + 1]])
    part.setAttribute(name, value);
}

// The extent that is shown, of one axis as a strip, with hatches and strokes of the same size on the screen however large it is.
function extend(parts, x, y) {
  const width = x[1] - x[0] + 1, height = y ? y[1] - y[0] + 1 : 1, wide = Math.max(width, y ? height : 0);
  const edge = wide * .012, top = y ? y[0] - edge : -.04, tall = y ? height + 2 * edge : 1.08;
  parts.box.setAttribute("viewBox", [x[0] - edge, top, width + 2 * edge, tall].join(" "));
  const step = [wide / 56, y ? wide / 56 : .2];
  parts.hatch.setAttribute("width", step[0]);
  parts.hatch.setAttribute("height", step[1]);
  parts.stroke.setAttribute("d", `M0 ${step[1]}L${step[0]} 0`);
}

function start(stage, net) {
  const layers = net.layers, rank = net.size.length, find = selector => stage.querySelector(selector);
  const rows = [...stage.querySelectorAll("tr[data-l]")], choice = find("select"), reading = find(".reading");
  for (const layer of layers) layer.a = layer.a.map(at => net.along[at]);
  let pinned = net.start[0], current = -1, unit = [], views = [], waiting = 0, picture = net.behind;

  // The lines of the spec, each an element that can be marked.
  const spec = find("pre");
  if (spec) spec.replaceChildren(...spec.textContent.split("\n").map((line, at) => {
    const made = document.createElement("span");
    made.textContent = line;
    made.dataset.n = at + 1;
    return made;
  }));

  // The table as a tree: each row knows the one that it is below.
  const trunk = [];
  for (const row of rows) {
    const level = +row.ariaLevel;
    row.above = trunk[level - 1] || null;
    row.tabIndex = -1;
    trunk.length = level;
    trunk[level] = row;
  }
  const open = (row, yes) => row.ariaExpanded !== null && row.setAttribute("aria-expanded", yes);
  const fold = () => rows.forEach(row =>
    row.hidden = row.above !== null && (row.above.hidden || row.above.ariaExpanded === "false"));
  const shown = () => rows.filter(row => !row.hidden);
  const rowOf = new Map(rows.filter(row => !row.classList.contains("head")).map(row => [+row.dataset.l, row]));
  const level = +(find("table[data-level]")?.dataset.level || 1);
  rows.forEach(row => open(row, +row.ariaLevel < level));
  fold();

  // What the table says of a layer are the titles of its name and of its point in the growth curve, too.
  for (const [at, row] of rowOf) row.cells[0].title = layers[at].p;
  stage.querySelectorAll(".growth [data-l]").forEach(point => {
    const at = +point.dataset.l, cells = [...rowOf.get(at).cells];
    add(point, "title").textContent = `${layers[at].p} (${cells[1].textContent}): ${cells.at(-3).textContent}`;
  });

  function focus(row) {
    rows.forEach(one => one.tabIndex = one === row ? 0 : -1);
    row.focus();
  }

  function mark() {
    let row = rowOf.get(current);
    while (row && row.hidden) row = row.above;
    rows.forEach(one => one.classList.toggle("on", one === row));
    const line = layers[current].n;
    stage.querySelectorAll("[data-l]:not(tr)").forEach(one => one.classList.toggle("on", +one.dataset.l === current));
    stage.querySelectorAll("[data-n]").forEach(one => one.classList.toggle("on", +one.dataset.n === line));
  }

  // Another layer, with the unit that looks where the one before looked.
  function show(at) {
    if (at === current || !layers[at]) return;
    const before = current < 0 ? null : layers[current].a.map((axis, d) => seen(net, axis, unit[d]));
    current = at;
    const axes = layers[at].a;
    unit = axes.map((axis, d) => before === null ? Math.floor((count(axis) - 1) / 2)
      : before[d] ? nearest(net, axis, middle(before[d])) : Math.min(unit[d] || 0, count(axis) - 1));
    if (before === null && net.start[1] && net.start[1].length === axes.length)
      unit = axes.map((axis, d) => Math.min(net.start[1][d], count(axis) - 1));
    choice.value = at;
    mark();
    for (const view of views) frame(view);
    axes.forEach((axis, d) => {
      const slider = stage.querySelectorAll(".sliders input")[d];
      if (!slider) return;
      slider.max = count(axis) - 1;
      slider.disabled = count(axis) < 2;
    });
    update();
  }
  const pin = at => { pinned = at; show(at); };

  // What a view shows of the layer: its extent, which stays while the unit moves.
  function frame({input, units, across, down}) {
    const axes = layers[current].a, extent = d => {
      const size = net.size[d], axis = axes[d], ends = [0, count(axis) - 1].map(one => seen(net, axis, one));
      const edges = ends.filter(Boolean).flat();
      return [Math.max(Math.min(0, ...edges), -size), Math.min(Math.max(size - 1, ...edges), 2 * size - 1)];
    };
    const whole = d => [0, net.size[d] - 1], map = d => [0, count(axes[d]) - 1];
    const both = span => [span(across), down === null ? STRIP : span(down)];
    extend(input, extent(across), down === null ? null : extent(down));
    place(input.frame, both(whole));
    if (input.image.getAttribute("href") !== picture) input.image.setAttribute("href", picture);
    place(input.image, picture ? both(whole) : null);
    extend(units, map(across), down === null ? null : map(down));
    place(units.frame, both(map));
    place(units.cells, Math.max(...both(map).flat()) < 64 ? both(map) : null);
    const name = [down, across].filter(d => d !== null).map(d => net.axes[d]).join(", ");
    const by = (count, d) => (down === null ? "" : grouped(count(down)) + " x ") + grouped(count(across));
    input.caption.textContent = `input ${by(d => net.size[d])} (${name})`;
    units.caption.textContent = `units ${by(d => count(axes[d]))}`;
  }

  function update() {
    const layer = layers[current], axes = layer.a, beside = axes.map((axis, d) => neighbour(axis, unit[d]));
    const whole = d => [0, net.size[d] - 1], none = (field, d) => field.g && net.size[d] ? whole(d) : null;
    const see = (d, at) => seen(net, axes[d], at) || none(net.fields[axes[d][0]], d);
    for (const {input, units, across, down} of views) {
      const both = span => span(across) && (down === null || span(down))
        ? [span(across), down === null ? STRIP : span(down)] : null;
      const region = both(d => see(d, unit[d]));
      const really = both(d => {
        const span = read(net, axes[d], unit[d]), all = see(d, unit[d]);
        if (span !== undefined) return span;
        const inside = all && [Math.max(all[0], 0), Math.min(all[1], net.size[d] - 1)];
        return inside && inside[0] <= inside[1] ? inside : null;
      });
      place(input.pads, region);
      place(input.region, region);
      place(input.sees, really);
      const moves = beside.some((one, d) => one !== unit[d] && (d === across || d === down));
      place(input.next, moves ? both(d => see(d, beside[d])) : null);
      place(units.region, both(d => [unit[d], unit[d]]));
      place(units.next, moves ? both(d => [beside[d], beside[d]]) : null);
      if (picture && really && down !== null) {
        const hole = ([x, y]) => `M${x[0]} ${y[0]}H${x[1] + 1}V${y[1] + 1}H${x[0]}Z`;
        input.shade.setAttribute("d", hole([whole(across), whole(down)]) + hole(really));
      } else input.shade.setAttribute("d", "");
    }
    stage.querySelectorAll(".sliders label").forEach((label, d) => {
      label.lastChild.value = unit[d];
      label.firstChild.textContent = `${net.axes[d]} ${unit[d]} of ${grouped(count(axes[d]))}`;
    });
    reading.textContent = words();
    clearTimeout(waiting);
    waiting = setTimeout(() => said.textContent = reading.textContent, 500);
  }

  // The same in words.
  function words() {
    const layer = layers[current], parts = [], notes = [];
    if (!layer.a.length) return `${layer.p}: no unit of it sees a part of the input.`;
    layer.a.forEach((axis, d) => {
      const field = net.fields[axis[0]], span = seen(net, axis, unit[d]), really = read(net, axis, unit[d]);
      const name = net.axes[d], beyond = field.g ? " and all" : "";
      if (!span) return parts.push(`${name} ${field.r ? "unknown: it " + field.r : field.g ? "all" : "nothing"}`);
      parts.push(`${name} ${span[0]}..${span[1]} (${grouped(span[1] - span[0] + 1)})${beyond}`);
      if (really === null) notes.push(`along ${name} it is nothing but padding`);
      else if (really && (really[0] !== span[0] || really[1] !== span[1]))
        notes.push(`along ${name} only ${really[0]}..${really[1]} is inside the input`);
      else if (really === undefined) notes.push(`along ${name} what is inside the input is cut at its ends`);
    });
    return `${layer.p}, unit ${unit.join(", ")} of ${layer.a.map(count).map(grouped).join("x")}: sees ` +
      parts.join(" and ") + (notes.length ? `; ${notes.join("; ")}.` : "; no padding.");
  }

  function move(d, to) {
    const most = count(layers[current].a[d]) - 1;
    unit[d] = Math.max(0, Math.min(most, to));
    update();
  }

  // Two axes at a time from the last on, then one that is left.
  const pairs = [];
  for (let d = rank - 1; d >= 0; d -= 2) pairs.push([d, d > 0 ? d - 1 : null]);
  if (net.reason) find(".views").textContent = net.reason;
  else pairs.forEach(([across, down]) => {
    const axes = [down, across].filter(d => d !== null).map(d => net.axes[d]).join(" and ");
    const view = {across, down, input: surface(find(".views"), "input", `the input along ${axes}`),
      units: surface(find(".views"), "units", `the units of the layer along ${axes}`)};
    if (down === null) for (const parts of [view.input, view.units]) {
      parts.box.setAttribute("preserveAspectRatio", "none");
      parts.box.classList.add("strip");
    }
    views.push(view);
    for (const parts of [view.input, view.units]) watch(view, parts);
  });
  if (!net.reason) net.size.forEach((_, d) => {
    const label = add(find(".sliders"), "label");
    label.append("");
    add(label, "input", {type: "range", min: 0, "aria-label": `unit along ${net.axes[d]}`})
      .addEventListener("input", event => move(d, +event.target.value));
  });

  function watch({units, across, down}, parts) {
    const to = event => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(parts.box.getScreenCTM().inverse());
      for (const [d, place] of [[across, at.x], [down, at.y]])
        if (d !== null) move(d, parts === units ? Math.floor(place) : nearest(net, layers[current].a[d], place));
    };
    parts.box.addEventListener("pointerdown", event => { parts.box.setPointerCapture(event.pointerId); to(event); });
    parts.box.addEventListener("pointermove", event => event.buttons && to(event));
    parts.box.addEventListener("keydown", event => {
      const far = event.shiftKey ? 10 : 1, vertical = down === null ? across : down;
      const steps = {ArrowLeft: [across, -far], ArrowRight: [across, far], ArrowUp: [vertical, -far],
        ArrowDown: [vertical, far], Home: [across, -Infinity], End: [across, Infinity]};
      const step = steps[event.key];
      if (event.key === "PageUp" || event.key === "PageDown") pin(Math.max(0, Math.min(layers.length - 1,
        current + (event.key === "PageUp" ? -1 : 1))));
      else if (step) move(step[0], unit[step[0]] + step[1]);
      else return;
      event.preventDefault();
    });
  }

  layers.forEach((layer, at) => choice.append(new Option(layer.p, at)));
  choice.addEventListener("change", () => pin(+choice.value));

  // The table and the pictures: hovering shows a layer, a click or the focus keeps it.
  const layerAt = target => {
    const found = target.closest("[data-l]");
    return found === null ? undefined : +found.dataset.l;
  };
  stage.addEventListener("pointerover", event => {
    const at = layerAt(event.target);
    if (event.pointerType === "mouse" && !event.buttons) show(at === undefined ? pinned : at);
  });
  stage.addEventListener("pointerleave", () => show(pinned));
  stage.addEventListener("click", event => {
    const at = layerAt(event.target), row = event.target.closest("tr[data-l]");
    const kind = event.target.dataset.open;
    if (kind) rows.forEach(one => open(one, kind === "all"));
    if (event.target.tagName === "I" && row) open(row, row.ariaExpanded === "false");
    fold();
    if (row) focus(row);
    if (at !== undefined) pin(at);
    mark();
  });
  stage.addEventListener("focusin", event => {
    const row = event.target.closest("tr[data-l]");
    if (row) pin(+row.dataset.l);
  });
  find("tbody").addEventListener("keydown", event => {
    const row = event.target.closest("tr[data-l]"), list = shown(), at = list.indexOf(row);
    if (!row) return;
    const closed = row.ariaExpanded === "false";
    const go = {ArrowDown: list[at + 1], ArrowUp: list[at - 1], Home: list[0], End: list.at(-1),
      ArrowLeft: row.ariaExpanded === "true" ? null : row.above, ArrowRight: closed ? null : list[at + 1]}[event.key];
    if (event.key === "ArrowLeft" && row.ariaExpanded === "true") open(row, false);
    else if (event.key === "ArrowRight" && closed) open(row, true);
    else if (event.key === "Enter" || event.key === " ") open(row, closed);
    else if (go === undefined) return;
    event.preventDefault();
    fold();
    if (go) focus(go);
    mark();
  });

  // The user's own picture: read by the browser, and never sent.
  find(".file input").addEventListener("change", event => {
    const [file] = event.target.files;
    if (picture) URL.revokeObjectURL(picture);
    picture = file ? URL.createObjectURL(file) : "";
    for (const view of views) frame(view);
    update();
  });

  if (rows[0]) rows[0].tabIndex = 0;
  if (layers.length) show(pinned);
}

const networks = JSON.parse(document.getElementById("data").textContent);
for (const stage of all("[data-model]")) start(stage, networks[stage.dataset.model]);

const tabs = all("[role=tab]");
function choose(at) {
  tabs.forEach((tab, one) => {
    tab.setAttribute("aria-selected", one === at);
    tab.tabIndex = one === at ? 0 : -1;
    document.getElementById("panel" + one).hidden = one !== at;
  });
}
tabs.forEach((tab, at) => {
  tab.addEventListener("click", () => choose(at));
  tab.addEventListener("keydown", event => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step) return;
    const to = (at + step + tabs.length) % tabs.length;
    choose(to);
    tabs[to].focus();
  });
});
all("[data-tab]").forEach(link => link.addEventListener("click", () => { choose(+link.dataset.tab); tabs[+link.dataset.tab].focus(); }));
if (tabs.length) choose(0);
