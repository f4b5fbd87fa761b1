"use strict";
// Moves a unit of a layer, and shows in all parts of the page, which are there already, what it sees.

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const grouped = number => number.toLocaleString("en-US");
const middle = ([first, last]) => (first + last + 1) / 2;

// One axis of a layer: its units, and what they see of the input. A span is the first and the last position.
class Axis {
  constructor(net, [field, count, limits, ways = [], narrowed = {}]) {
    this.count = count || 1;
    this.field = net.fields[field];
    this.maps = this.field.m.map(place => net.maps[place]);
    this.ways = new Map(ways);
    this.limits = others => net.limits[narrowed[others] ?? limits];
  }

  // What a unit sees: of each map its span within the period, moved on by whole periods.
  seen(unit) {
    let hull = null;
    for (const [advance, spans] of this.maps) {
      const span = spans[unit % spans.length], moved = Math.floor(unit / spans.length) * advance;
      if (!span) continue;
      const first = span[0] + moved, last = span[1] + moved;
      hull = hull ? [Math.min(hull[0], first), Math.max(hull[1], last)] : [first, last];
    }
    return hull && this.field.b ? [Math.min(0, hull[0]), hull[1]] : hull;
  }

  // Which ways a unit has to the input; 1 stands for all.
  way(unit) {
    return this.ways.get(unit) ?? 1;
  }

  // What of it is really read by the ways it has along the other axes: null where that is nothing but padding.
  inside(unit, others) {
    const span = this.seen(unit), [low, high, own] = this.limits(others);
    const one = own?.find(one => one[0] === unit);
    if (!span) return null;
    const [first, last] = one ? one.slice(1) : [Math.max(span[0], low), Math.min(span[1], high)];
    return first <= last ? [first, last] : null;
  }

  // The unit that looks at a place.
  nearest(place) {
    let best = 0, least = Infinity;
    for (let unit = 0; unit < this.count; unit++) {
      const span = this.seen(unit), away = span ? Math.abs(middle(span) - place) : Infinity;
      if (away < least) [best, least] = [unit, away];
    }
    return best;
  }

  // What is shown of an input: all that units see, as far as one more input at both ends.
  extent(size) {
    const ends = [0, size - 1, ...[0, this.count - 1].flatMap(unit => this.seen(unit) ?? [])];
    return [Math.max(Math.min(...ends), -size), Math.min(Math.max(...ends), 2 * size - 1)];
  }

  clamped(unit) {
    return Math.max(0, Math.min(this.count - 1, unit));
  }

  beside(unit) {
    return this.clamped(unit + 1 < this.count ? unit + 1 : unit - 1);
  }

  // In words: what a unit sees, and where that is not all inside the input a note on it.
  words(name, unit, others) {
    const span = this.seen(unit), inside = this.inside(unit, others), {w: said, g: isGlobal} = this.field;
    if (said || !span) return [`${name} ${said || "nothing"}`];
    const sees = `${name} ${span[0]}..${span[1]} (${grouped(span[1] - span[0] + 1)})${isGlobal ? " and all" : ""}`;
    if (!this.limits(others)[2]) return [sees, `along ${name} only what is beyond the input is known to be padding`];
    if (!inside) return [sees, `along ${name} it is nothing but padding`];
    if (inside[0] === span[0] && inside[1] === span[1]) return [sees];
    return [sees, `along ${name} only ${inside[0]}..${inside[1]} is inside the input`];
  }
}

// A box of a drawing, whose coordinates are positions; hidden where it has no span along one of the two axes.
function place(box, x, y) {
  box.style.display = x && y ? "" : "none";
  if (!x || !y) return;
  const sides = {x: x[0], width: x[1] - x[0] + 1, y: y[0], height: y[1] - y[0] + 1};
  for (const [side, value] of Object.entries(sides)) box.setAttribute(side, value);
}

// What a drawing extends over, a strip of one axis unlike in both directions; its hatch is as fine on any scale.
function extend(svg, x, y) {
  const width = x[1] - x[0] + 1, height = y[1] - y[0] + 1, isStrip = svg.matches(".strip");
  const wide = isStrip ? width : Math.max(width, height), high = isStrip ? 9 : wide;
  const dx = wide * .012, dy = high * .012;
  svg.setAttribute("viewBox", `${x[0] - dx} ${y[0] - dy} ${width + 2 * dx} ${height + 2 * dy}`);
  svg.querySelector(".hatch")?.setAttribute("patternTransform", `scale(${wide / 50} ${high / 50})`);
}

function start(stage, net) {
  const find = selector => stage.querySelector(selector), choice = find("select"), reading = find(".reading");
  const sliders = all("[type=range]", stage), rows = all("tr[data-l]", stage);
  const views = all(".views svg", stage).map(svg =>
    ({svg, x: +svg.dataset.x, y: +svg.dataset.y, isInput: svg.matches(".input *")}));
  const along = net.along.map(one => new Axis(net, one));
  const layers = net.layers.map(layer => layer.a.map(at => along[at]));
  let [pinned, unit] = net.start, kept = unit, current = pinned, waiting = 0;

  // A layer for a while, with the unit that looks where that of the pinned layer looks.
  function show(at) {
    if (at === current) return;
    if (current === pinned) kept = unit;
    const looks = layers[pinned].map((axis, d) => axis.seen(kept[d]));
    unit = at === pinned ? kept : layers[at].map((axis, d) => looks[d] ? axis.nearest(middle(looks[d])) : kept[d]);
    current = at;
    mark();
    update();
  }

  function pin(at) {
    if (!layers[at]) return;
    show(at);
    pinned = at;
  }

  function move(d, to) {
    unit[d] = to;
    update();
  }

  function update() {
    unit = layers[current].map((axis, d) => axis.clamped(unit[d]));
    choice.selectedIndex = current;
    views.forEach(draw);
    sliders.forEach((slider, d) => {
      const {count} = layers[current][d];
      Object.assign(slider, {max: count - 1, value: unit[d], disabled: count < 2});
      slider.previousSibling.textContent = `${net.axes[d]} ${unit[d]} of ${grouped(count)}`;
    });
    reading.textContent = net.reason ?? words();
    clearTimeout(waiting);
    waiting = setTimeout(() => document.getElementById("said").textContent = reading.textContent, 500);
  }

  // Along the other axes, which ways the unit has to the input.
  const others = d => net.axes.map((_, e) => layers[current][e].way(unit[e])).filter((_, e) => e !== d).join();

  function words() {
    const axes = layers[current].slice(0, net.axes.length);
    const said = axes.map((axis, d) => axis.words(net.axes[d], unit[d], others(d))), notes = said.flatMap(one => one.slice(1));
    return `${choice[current].textContent}, unit ${unit.slice(0, axes.length).join(", ")} of ` +
      `${axes.map(axis => grouped(axis.count)).join("x")}: sees ${said.map(one => one[0]).join(" and ")}; ` +
      `${notes.join("; ") || "no padding"}.`;
  }

  // The unit and its neighbour along two axes: what they see of the input, or their places in the layer.
  function draw({svg, x, y, isInput}) {
    const axes = layers[current], next = axes.map((axis, d) => axis.beside(unit[d]));
    const map = d => [0, axes[d].count - 1], isCoarse = axes[x].count <= 64 && axes[y].count <= 64;
    const boxes = isInput
      ? {whole: d => [0, net.size[d] - 1], unit: d => axes[d].seen(unit[d]), inside: d => axes[d].inside(unit[d], others(d)),
        next: d => axes[d].seen(next[d])}
      : {whole: map, cells: isCoarse && map, unit: d => [unit[d], unit[d]], next: d => [next[d], next[d]]};
    for (const [name, span] of Object.entries(boxes))
      for (const box of all(`[data-box=${name}]`, svg)) place(box, span && span(x), span && span(y));
    extend(svg, ...[x, y].map(isInput ? d => axes[d].extent(net.size[d]) : map));
  }

  // A unit is moved by the pointer, by keys and by the sliders.
  for (const {svg, x, y, isInput} of views) {
    const to = event => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      for (const [d, place] of [[x, at.x], [y, at.y]])
        move(d, isInput ? layers[current][d].nearest(place) : Math.floor(place));
    };
    svg.addEventListener("pointerdown", event => { svg.setPointerCapture(event.pointerId); to(event); });
    svg.addEventListener("pointermove", event => event.buttons && to(event));
    svg.addEventListener("keydown", event => {
      const far = event.shiftKey ? 10 : 1, vertical = net.axes[y] ? y : x, turn = {PageUp: -1, PageDown: 1}[event.key];
      const step = {ArrowLeft: [x, -far], ArrowRight: [x, far], ArrowUp: [vertical, -far], ArrowDown: [vertical, far],
        Home: [x, -Infinity], End: [x, Infinity]}[event.key];
      if (turn) pin(current + turn);
      else if (step) move(step[0], unit[step[0]] + step[1]);
      else return;
      event.preventDefault();
    });
  }
  sliders.forEach((slider, d) => slider.addEventListener("input", () => move(d, +slider.value)));
  choice.addEventListener("change", () => pin(choice.selectedIndex));

  // The user's own picture: read by the browser, and never sent.
  find("[type=file]").addEventListener("change", ({target: {files: [file]}}) => {
    for (const image of all("image", stage)) {
      image.removeAttribute("href");
      if (file) image.setAttribute("href", URL.createObjectURL(file));
    }
  });

  // The table is a tree: rows below a closed one are hidden.
  const open = (row, yes) => row.ariaExpanded !== null && row.setAttribute("aria-expanded", yes);
  function fold() {
    let closed = Infinity;
    for (const row of rows) {
      row.hidden = row.ariaLevel > closed;
      if (!row.hidden) closed = row.ariaExpanded === "false" ? +row.ariaLevel : Infinity;
    }
    mark();
  }

  // Marks what is of the layer: its row, or the closed one that holds it, its points, boxes, notes and line.
  function mark() {
    const own = rows.findLastIndex(row => +row.dataset.l === current);
    const row = rows.findLast((one, at) => at <= own && !one.hidden);
    for (const one of all("[data-l]", stage))
      one.classList.toggle("on", one.matches("tr") ? one === row : +one.dataset.l === current);
    all("pre span", stage).forEach((line, at) => line.classList.toggle("on", at + 1 === net.layers[current].n));
  }

  function focus(row) {
    rows.forEach(one => one.tabIndex = one === row ? 0 : -1);
    row.focus();
  }

  find("tbody").addEventListener("keydown", event => {
    const row = event.target.closest("tr"), state = row.ariaExpanded, list = rows.filter(one => !one.hidden);
    const at = list.indexOf(row), above = list.slice(0, at).findLast(one => +one.ariaLevel < +row.ariaLevel);
    const turn = {ArrowLeft: state === "true", ArrowRight: state === "false", Enter: state, " ": state}[event.key];
    const to = {ArrowUp: list[at - 1], ArrowDown: list[at + 1], ArrowLeft: above, ArrowRight: list[at + 1],
      Home: list[0], End: list.at(-1)}[event.key];
    if (turn) open(row, state === "false");
    else if (to) focus(to);
    else return;
    event.preventDefault();
    fold();
  });

  // Everywhere hovering shows a layer, and a click or the focus keeps it.
  const layerAt = element => +(element.closest("[data-l]")?.dataset.l ?? -1);
  stage.addEventListener("pointerover", ({target, pointerType, buttons}) => {
    const at = layerAt(target);
    if (pointerType === "mouse" && !buttons) show(at < 0 ? pinned : at);
  });
  stage.addEventListener("pointerleave", () => show(pinned));
  stage.addEventListener("focusin", ({target}) => target.matches("tr") && pin(layerAt(target)));
  stage.addEventListener("click", ({target}) => {
    const row = target.closest("tr[data-l]"), all = target.dataset.open;
    if (all) rows.forEach(one => open(one, all === "all"));
    if (target.matches("i")) open(row, row.ariaExpanded === "false");
    if (row) focus(row);
    pin(layerAt(target));
    fold();
  });

  // What the table says of a layer is the title of its name and of its point in the growth curve, too.
  for (const {cells, dataset: {l: at}} of all("tr[data-l]:not(.head)", stage)) {
    const path = cells[0].title = choice[at].textContent, point = find(`.growth [data-l="${at}"]`);
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = `${path} (${cells[1].textContent}): ${[...cells].at(-3).textContent}`;
    point?.append(title);
  }

  rows.forEach((row, at) => {
    row.tabIndex = at ? -1 : 0;
    open(row, +row.ariaLevel < find("[data-level]").dataset.level);
  });
  if (!layers.length) return;
  fold();
  update();
}

const networks = JSON.parse(document.getElementById("data").textContent);
for (const stage of all("[data-model]")) start(stage, networks[stage.dataset.model]);

// A graph that is wider than its card begins at its first layer, which need not be at the left.
function begin() {
  for (const card of all(".graph .scroll").filter(one => !one.scrollLeft)) {
    const own = card.getBoundingClientRect(), first = card.querySelector("[data-l]")?.getBoundingClientRect();
    if (first) card.scrollLeft = (first.left + first.right - own.left - own.right) / 2;
  }
}

// Several networks are tabs.
const tabs = all("[role=tab]");
function choose(at) {
  tabs.forEach((tab, one) => {
    tab.setAttribute("aria-selected", one === at);
    tab.tabIndex = one === at ? 0 : -1;
    document.getElementById(`panel${one}`).hidden = one !== at;
  });
  begin();
  return tabs[at];
}
tabs.forEach((tab, at) => {
  tab.addEventListener("click", () => choose(at));
  tab.addEventListener("keydown", ({key}) => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[key];
    if (step) choose((at + step + tabs.length) % tabs.length).focus();
  });
});
for (const link of all("[data-tab]")) link.addEventListener("click", () => choose(+link.dataset.tab).focus());
if (tabs.length) choose(0);
else begin();
