/**
 * Inside: a drawing replayed movement by movement, with what the model expected at each.
 *
 * @import { Lines, Step } from "./backend.js"
 * @import { Session } from "./session.js"
 */
import { commandOf } from "./command.js";
import { commandLine, labelControl, mannerControls, slider } from "./controls.js";
import { button, el, icon, refill, setAttributes, svg } from "./dom.js";
import { entropyOf } from "./entropy.js";
import { SIDE, addPoints, boxOf } from "./geometry.js";
import { paths, square, widthOf } from "./ink.js";
import { Turn } from "./session.js";

const PENS = ["stays down", "lifts", "ends"];
const MS_A_STEP = 350;
const CHART = { width: 400, height: 90 };

export class Inside {
  /** @param {Session} session */
  constructor(session) {
    this.session = session;
    this.turn = new Turn();
    /** @type {Step[]} */
    this.steps = [];
    /** @type {number[]} */
    this.entropies = [];
    this.step = 0;
    this.timer = 0;
    this.isActive = false;
    this.isStale = true;
    this.element = this.layout();
    session.drawing.on(() => this.refresh());
    session.settings.on(() => this.refresh(), ["label", "seed", "temperature", "strength", "rule"]);
    session.onModel(() => this.refresh());
    session.look.on(() => this.show());
  }

  layout() {
    const { session } = this;
    this.picture = square("The drawing so far, and where the model expected the pen to go", SIDE);
    this.clouds = svg("g", { class: "clouds" });
    this.ink = svg("g");
    this.pen = svg("g", { class: "pen" });
    this.picture.append(this.clouds, this.ink, this.pen);
    const show = (/** @type {number} */ value) => String(value + 1);
    const range = { min: 0, max: 0, step: 1, value: 0, show };
    this.slider = slider("Movement", range, (value) => this.go(value));
    this.playButton = button("Play", () => this.toggle(), { icon: "play", key: "Space", kind: "primary" });
    const sample = () => session.settings.set({ seed: session.settings.values.seed + 1 });
    this.sampleButton = button("Another drawing", sample, { icon: "another", key: "N" });
    this.bars = el("div", { class: "bars" });
    this.chart = svg("svg", {
      ...{ viewBox: `0 0 ${CHART.width} ${CHART.height}`, class: "chart", role: "img", preserveAspectRatio: "none" },
      "aria-label": "Entropy over the course of the drawing",
    });
    this.words = el("p", { class: "status" });
    this.source = el("p", { class: "hint" });
    this.command = commandLine(session);
    return el(
      "div",
      { class: "part inside" },
      el("div", { class: "stage" }, el("div", { class: "sheet" }, this.picture), this.slider.element, this.words),
      el(
        "div",
        { class: "panel" },
        el("div", { class: "actions" }, this.playButton, this.sampleButton),
        labelControl(session, false),
        mannerControls(session).strength,
        this.source,
        el("h2", {}, "What the pen does next"),
        this.bars,
        el("h2", {}, "How unsure the model is"),
        this.chart,
        el("p", { class: "hint" }, "Entropy of each movement, in nats. Ellipses: the mixture of the next offset, one sigma wide, darker with more weight."),
        this.command.element,
      ),
    );
  }

  /** @param {boolean} isActive */
  activate(isActive) {
    this.isActive = isActive;
    if (!isActive) this.pause();
    else if (this.isStale) this.refresh();
  }

  refresh() {
    this.isStale = true;
    if (!this.isActive || !this.session.info) return;
    this.isStale = false;
    this.pause();
    const signal = this.turn.next();
    this.session.attempt(() => this.load(signal));
  }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const { session } = this;
    const own = session.drawing.lines;
    const isOwn = own.length > 0;
    const lines = isOwn ? own : await this.sampled(signal);
    this.steps = await session.inside(lines, isOwn ? session.drawing.isEnded : true, signal);
    this.entropies = this.steps.map(entropyOf);
    if (this.source) this.source.textContent = isOwn ? "This is the drawing on the page." : "The model made this drawing up; draw one of your own to look at that.";
    if (this.sampleButton) this.sampleButton.hidden = isOwn;
    const { label } = session.settings.values;
    const options = { "--count": 1, "--steps": "steps.json" };
    this.command?.show(isOwn ? "" : commandOf("draw", session.settings.values, { labels: label ? [label] : [], options }));
    this.frame();
    const last = Math.max(this.steps.length - 1, 0);
    if (this.slider) setAttributes(this.slider.input, { max: last });
    this.go(Math.floor(last / 2));
  }

  /** A new drawing. @param {AbortSignal} signal @returns {Promise<Lines>} */
  async sampled(signal) {
    const { label } = this.session.settings.values;
    /** @type {Lines} */
    const lines = [];
    const parts = { labels: label ? [label] : [] };
    await this.session.draw(parts, (piece) => addPoints(lines, piece.points), signal);
    return lines;
  }

  /** Shows all of the drawing, whatever its place. */
  frame() {
    const box = boxOf([this.steps.flatMap((step) => [step.from, step.to])]);
    const side = Math.max(box.right - box.left, box.bottom - box.top, SIDE / 4) * 1.3;
    const [x, y] = [(box.left + box.right - side) / 2, (box.top + box.bottom - side) / 2];
    this.side = side;
    if (this.picture) setAttributes(this.picture, { viewBox: `${x} ${y} ${side} ${side}` });
  }

  /** @param {number} step */
  go(step) {
    this.step = step;
    this.slider?.show(step);
    this.show();
  }

  show() {
    const step = this.steps[this.step];
    const { ink, clouds, pen } = this;
    if (!step || !ink || !clouds || !pen) return;
    const unit = (this.side ?? SIDE) / SIDE;
    const look = this.session.look.values;
    refill(ink, ...paths(linesUntil(this.steps, this.step), look, { width: widthOf(look) * unit }));
    refill(clouds, ...step.pi.map((weight, n) => ellipse(step, n, weight)));
    const [x, y] = step.from;
    const way = step.pen === "end" ? null : svg("path", { d: `M${x} ${y}L${step.to.join(" ")}`, "stroke-width": unit, class: "way" });
    refill(pen, way, svg("circle", { cx: x, cy: y, r: 4.5 * unit }));
    this.showBars(step);
    this.showChart();
    if (this.words) this.words.textContent = wordsFor(step, this.step, this.steps.length);
  }

  /** @param {Step} step */
  showBars(step) {
    if (!this.bars) return;
    const happened = ["down", "up", "end"].indexOf(step.pen);
    const bar = (/** @type {number} */ share, /** @type {number} */ n) => {
      const fill = el("span", { class: "fill" });
      fill.style.width = `${share * 100}%`;
      const percent = `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
      const name = el("span", { class: "name" }, PENS[n]);
      return el("div", { class: n === happened ? "bar happened" : "bar" }, name, el("span", { class: "track" }, fill), el("span", {}, percent));
    };
    refill(this.bars, ...step.pens.map(bar));
  }

  showChart() {
    if (!this.chart) return;
    const { width, height } = CHART;
    const [low, high] = [Math.min(...this.entropies), Math.max(...this.entropies)];
    const last = Math.max(this.entropies.length - 1, 1);
    const at = (/** @type {number} */ n) => [
      (n / last) * width,
      height - 8 - ((this.entropies[n] - low) / (high - low || 1)) * (height - 16),
    ];
    const points = this.entropies.map((_, n) => at(n).map((value) => value.toFixed(1)).join(" "));
    const [x] = at(this.step);
    refill(
      this.chart,
      svg("path", { d: `M0 ${height}L${points.join("L")}L${width} ${height}z`, class: "area" }),
      svg("path", { d: `M${points.join("L")}`, class: "line" }),
      svg("path", { d: `M${x} 0V${height}`, class: "now" }),
    );
  }

  toggle() {
    if (this.timer) this.pause();
    else this.play();
  }

  play() {
    if (this.steps.length < 2) return;
    if (this.step >= this.steps.length - 1) this.go(0);
    this.playButton?.replaceChild(icon("pause"), /** @type {Node} */ (this.playButton.firstChild));
    this.timer = window.setInterval(() => {
      if (this.step >= this.steps.length - 1) this.pause();
      else this.go(this.step + 1);
    }, MS_A_STEP);
  }

  pause() {
    window.clearInterval(this.timer);
    this.timer = 0;
    const first = this.playButton?.firstChild;
    if (first) this.playButton?.replaceChild(icon("play"), first);
  }

  /** @param {string} key */
  onKey(key) {
    if (key === " ") this.toggle();
    else if (key === "n" && !this.session.drawing.lines.length) {
      this.session.settings.set({ seed: this.session.settings.values.seed + 1 });
    } else return false;
    return true;
  }
}

/** What was drawn before a step. @param {Step[]} steps @param {number} end @returns {Lines} */
function linesUntil(steps, end) {
  /** @type {Lines} */
  const lines = [];
  steps.slice(0, end).forEach((step) => {
    if (!step.drew) {
      if (step.pen !== "end") lines.push([step.to]);
    } else if (lines.length) lines[lines.length - 1].push(step.to);
    else lines.push([step.from, step.to]);
  });
  return lines;
}

/**
 * The ellipse of one sigma of a component.
 *
 * @param {Step} step
 * @param {number} n
 * @param {number} weight
 */
function ellipse(step, n, weight) {
  const [sx, sy] = step.sigma[n];
  const shared = step.rho[n] * sx * sy;
  const middle = (sx * sx + sy * sy) / 2;
  const apart = Math.hypot((sx * sx - sy * sy) / 2, shared);
  const angle = (Math.atan2(shared, middle + apart - sy * sy) * 180) / Math.PI;
  const [x, y] = [step.from[0] + step.mean[n][0], step.from[1] + step.mean[n][1]];
  return svg("ellipse", {
    rx: Math.sqrt(middle + apart),
    ry: Math.sqrt(Math.max(middle - apart, 0)),
    transform: `translate(${x} ${y}) rotate(${angle})`,
    opacity: Math.min(0.08 + weight * 1.6, 0.75) * (weight > 0.002 ? 1 : 0),
  });
}

/** @param {Step} step @param {number} number @param {number} count */
function wordsFor(step, number, count) {
  const does = { down: "draws on", up: "draws, then lifts the pen", end: "ends the drawing" }[step.pen];
  const moved = step.drew || step.pen === "end" ? does : "moves to where it draws next";
  return `Movement ${number + 1} of ${count}: it ${moved}. Log-likelihood ${step.logp.toFixed(2)}.`;
}
