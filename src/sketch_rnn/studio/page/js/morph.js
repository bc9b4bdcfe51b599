/**
 * Morph: the drawings between two or four corners, variations of one drawing, and sums of three.
 *
 * @import { Corner, Lines } from "./backend.js"
 * @import { Session } from "./session.js"
 */
import { Cells } from "./cells.js";
import { commandOf } from "./command.js";
import { CornerField, ORDER } from "./corner.js";
import { commandLine, mannerControls, segments, slider } from "./controls.js";
import { button, el, icon, prefersLessMotion, refill, svg } from "./dom.js";
import { SIDE, centred } from "./geometry.js";
import { paths, square } from "./ink.js";
import { saveMenu } from "./save.js";
import { Turn } from "./session.js";

const KINDS = { two: "Two", four: "Four", vary: "Variations", sum: "A \u2212 B + C" };
const NUM_CORNERS = { two: 2, four: 4, vary: 0, sum: 3 };
const NUM_VARIATIONS = 16;
const NUM_OF_SUM = 12;
const SUM = { names: ["Begin with", "Take away", "Add"], weights: [1, -1, 1] };
const MS_A_FRAME = 220;

export class Morph {
  /**
   * @param {Session} session
   * @param {(lines: Lines) => void} onChoice
   */
  constructor(session, onChoice) {
    this.session = session;
    this.turn = new Turn();
    /** @type {keyof typeof KINDS} */
    this.kind = "two";
    this.steps = 10;
    this.spread = 0.5;
    this.isActive = false;
    this.isStale = true;
    this.timer = 0;
    this.frame = 0;
    this.cells = new Cells(session, "Step", onChoice);
    this.command = commandLine(session);
    this.corners = [0, 1, 2, 3].map((n) => new CornerField(session, n, () => this.refresh()));
    this.element = this.layout();
    session.settings.on(() => this.refresh(), ["temperature", "strength", "rule", "seed"]);
    session.drawing.on(() => this.refresh());
    session.onModel(() => this.changeModel());
  }

  layout() {
    const { session } = this;
    const manner = mannerControls(session);
    this.film = svg("g");
    this.screen = el("div", { class: "sheet screen", hidden: true }, square("The morph as an animation", SIDE, {}, this.film));
    this.kinds = segments("What to make", KINDS, this.kind, (kind) => {
      this.kind = /** @type {keyof typeof KINDS} */ (kind);
      this.refresh();
    });
    if (!session.backend.combine) this.kinds.element.querySelector("[data-value=sum]")?.remove();
    this.stepsSlider = slider("Steps", { min: 3, max: 16, step: 1, value: this.steps }, (value) => {
      this.steps = value;
      this.refresh();
    });
    this.spreadSlider = slider("Spread", { min: 0, max: 2, step: 0.1, value: this.spread, show: (n) => n.toFixed(1) }, (value) => {
      this.spread = value;
      this.refresh();
    });
    this.playButton = button("Play", () => this.toggle(), { icon: "play", key: "Space", kind: "primary" });
    const actions = el("div", { class: "actions" }, this.playButton, saveMenu(session, () => this.cells.made, "morph"));
    this.ends = el("div", { class: "corners" }, ...this.corners.map((corner) => corner.element));
    const details = el("details", {}, el("summary", {}, "More"), manner.strength, manner.rule, manner.seed);
    this.message = el("p", { class: "hint", role: "status" });
    return el(
      "div",
      { class: "part morph" },
      el(
        "div",
        { class: "panel" },
        ...[actions, this.kinds.element, this.ends, this.stepsSlider.element, this.spreadSlider.element],
        ...[manner.temperature, details, this.command.element],
      ),
      el("div", { class: "results" }, this.message, this.screen, this.cells.element),
    );
  }

  /** @param {boolean} isActive */
  activate(isActive) {
    this.isActive = isActive;
    if (!isActive) this.pause();
    else if (this.isStale) this.refresh();
  }

  changeModel() {
    const { info } = this.session;
    const vary = /** @type {HTMLElement | null | undefined} */ (this.kinds?.element.querySelector("[data-value=vary]"));
    if (vary) vary.hidden = !info.encoder || !this.session.backend.vary;
    if (!info.encoder && this.kind === "vary") {
      this.kind = "two";
      this.kinds?.show("two");
    }
    for (const corner of this.corners) corner.changeModel();
    this.refresh();
  }

  refresh() {
    this.isStale = true;
    if (!this.isActive || !this.session.info) return;
    this.isStale = false;
    this.pause();
    const { info } = this.session;
    const isVary = this.kind === "vary";
    const canMorph = info.latent || info.labels.length > 1;
    if (this.ends) this.ends.hidden = isVary || !canMorph;
    this.corners.forEach((corner, n) => {
      corner.element.hidden = n >= NUM_CORNERS[this.kind];
      corner.legend.textContent = (this.kind === "sum" ? SUM.names : ORDER)[n] ?? "";
    });
    if (this.stepsSlider) this.stepsSlider.element.hidden = isVary || this.kind === "sum";
    if (this.spreadSlider) this.spreadSlider.element.hidden = !isVary;
    if (this.playButton) this.playButton.hidden = this.kind !== "two";
    this.cells.clear();
    this.say("");
    this.command.show("");
    const signal = this.turn.next();
    if (!canMorph) this.say("This model has neither labels nor a z: choose another model to morph.");
    else this.session.attempt(() => (isVary ? this.vary(signal) : this.draw(signal)));
  }

  /** Draws what is between the corners, or their sum. @param {AbortSignal} signal */
  async draw(signal) {
    const values = this.corners.slice(0, NUM_CORNERS[this.kind]).map((corner) => corner.value);
    if (values.some((corner) => corner === null)) {
      this.say("Draw something first, or choose other corners.");
      return;
    }
    const corners = /** @type {Corner[]} */ (values);
    const onPiece = (/** @type {import("./backend.js").Piece} */ piece) => this.cells.add(piece);
    if (this.kind === "sum") {
      this.cells.begin(NUM_OF_SUM);
      await this.session.combine(corners, SUM.weights, NUM_OF_SUM, onPiece, signal);
      return;
    }
    const isGrid = this.kind === "four";
    const steps = isGrid ? Math.min(this.steps, 9) : this.steps;
    this.cells.begin(isGrid ? steps ** 2 : steps, { columns: isGrid ? steps : undefined });
    this.showCommand(corners, steps);
    await this.session.morph(corners, steps, onPiece, signal);
  }

  /** @param {AbortSignal} signal */
  async vary(signal) {
    const { lines } = this.session.drawing;
    if (!lines.length) {
      this.say("Draw something first, or open a file: its variations appear here.");
      return;
    }
    this.cells.begin(NUM_VARIATIONS);
    await this.session.vary(lines, NUM_VARIATIONS, this.spread, (piece) => this.cells.add(piece), signal);
  }

  /** @param {Corner[]} corners @param {number} steps */
  showCommand(corners, steps) {
    const labels = corners.flatMap((corner) => ("label" in corner ? [corner.label] : []));
    if (labels.length !== corners.length) return;
    this.command.show(commandOf("interpolate", this.session.settings.values, { labels, options: { "--steps": steps } }));
  }

  /** @param {string} text */
  say(text) {
    if (this.message) this.message.textContent = text;
  }

  toggle() {
    if (this.timer) this.pause();
    else this.play();
  }

  /** Shows the steps one after the other, forth and back. */
  play() {
    const drawings = this.cells.made;
    const { film, screen, playButton } = this;
    if (drawings.length < 2 || !film || !screen || !playButton) return;
    screen.hidden = false;
    playButton.replaceChild(icon("pause"), /** @type {Node} */ (playButton.firstChild));
    const frames = [...drawings, ...drawings.slice(1, -1).reverse()].map((lines) => centred(lines, SIDE, 0.85));
    const show = () => {
      refill(film, ...paths(frames[this.frame % frames.length], this.session.look.values));
      this.frame += 1;
    };
    this.frame = 0;
    show();
    this.timer = window.setInterval(show, prefersLessMotion() ? MS_A_FRAME * 5 : MS_A_FRAME);
  }

  pause() {
    window.clearInterval(this.timer);
    this.timer = 0;
    if (this.screen) this.screen.hidden = true;
    const first = this.playButton?.firstChild;
    if (first) this.playButton?.replaceChild(icon("play"), first);
  }

  /** @param {string} key */
  onKey(key) {
    if (key !== " " || this.kind !== "two") return false;
    this.toggle();
    return true;
  }
}
