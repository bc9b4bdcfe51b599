/**
 * Gallery: new drawings, the same ones at several temperatures, or one of each kind.
 *
 * @import { Lines } from "./backend.js"
 * @import { Session } from "./session.js"
 */
import { Cells } from "./cells.js";
import { commandOf } from "./command.js";
import { commandLine, labelControl, mannerControls, segments, slider } from "./controls.js";
import { button, el } from "./dom.js";
import { saveMenu } from "./save.js";
import { Turn } from "./session.js";

const TEMPERATURES = [0.1, 0.25, 0.4, 0.6, 0.8, 1];
const MOST_AT_ONCE = 400;
const KINDS = { drawings: "Drawings", sweep: "Temperatures", all: "All kinds" };

export class Gallery {
  /**
   * @param {Session} session
   * @param {(lines: Lines) => void} onChoice
   */
  constructor(session, onChoice) {
    this.session = session;
    this.turn = new Turn();
    this.kind = "drawings";
    this.count = 24;
    this.isActive = false;
    this.isStale = true;
    this.cells = new Cells(session, "Drawing", onChoice);
    this.command = commandLine(session);
    this.element = this.layout();
    session.settings.on(() => this.refresh(), ["label", "temperature", "strength", "rule", "seed"]);
    session.onModel(() => this.refresh());
  }

  layout() {
    const { session } = this;
    const manner = mannerControls(session);
    const count = slider("Drawings", { min: 1, max: 100, step: 1, value: this.count }, (value) => {
      this.count = value;
      this.refresh();
    });
    this.countField = count.element;
    this.label = labelControl(session, false);
    this.temperature = manner.temperature;
    this.kinds = segments("What to show", KINDS, this.kind, (kind) => {
      this.kind = kind;
      this.refresh();
    });
    const more = () => session.settings.set({ seed: session.settings.values.seed + 1 });
    const actions = el(
      "div",
      { class: "actions" },
      button("New ones", more, { icon: "another", key: "N", kind: "primary" }),
      saveMenu(session, () => this.cells.made, "gallery"),
    );
    const details = el("details", {}, el("summary", {}, "More"), manner.strength, manner.rule, manner.seed);
    return el(
      "div",
      { class: "part gallery" },
      el("div", { class: "panel" }, actions, this.kinds.element, this.label, this.countField, manner.temperature, details, this.command.element),
      el("div", { class: "results" }, this.cells.element, el("p", { class: "hint" }, "Choose a drawing to go on with it.")),
    );
  }

  /** @param {boolean} isActive */
  activate(isActive) {
    this.isActive = isActive;
    if (isActive && this.isStale) this.refresh();
  }

  refresh() {
    this.isStale = true;
    const hasLabels = Boolean(this.session.info?.labels.length);
    const all = this.kinds?.element.querySelector("[data-value=all]");
    if (all) /** @type {HTMLElement} */ (all).hidden = !hasLabels;
    if (!hasLabels && this.kind === "all") {
      this.kind = "drawings";
      this.kinds?.show(this.kind);
    }
    if (!this.isActive || !this.session.info) return;
    this.isStale = false;
    if (this.countField) this.countField.hidden = this.kind === "all";
    if (this.label) this.label.hidden = this.kind === "all" || !hasLabels;
    if (this.temperature) this.temperature.hidden = this.kind === "sweep";
    const signal = this.turn.next();
    this.showCommand();
    this.session.attempt(() => this.draw(signal));
  }

  /** @param {AbortSignal} signal */
  async draw(signal) {
    if (this.kind === "all") await this.drawAllKinds(signal);
    else if (this.kind === "sweep") await this.sweep(signal);
    else {
      this.cells.begin(this.count);
      const parts = { count: this.count, labels: this.labels };
      await this.session.draw(parts, (piece) => this.cells.add(piece), signal);
    }
  }

  get labels() {
    const { label } = this.session.settings.values;
    return label ? [label] : [];
  }

  /** @param {AbortSignal} signal */
  async drawAllKinds(signal) {
    const { labels } = this.session.info;
    this.cells.begin(labels.length, { titles: labels, showTitles: true });
    for (let first = 0; first < labels.length; first += MOST_AT_ONCE) {
      const some = labels.slice(first, first + MOST_AT_ONCE);
      const shifted = (/** @type {import("./backend.js").Piece} */ piece) =>
        this.cells.add({ ...piece, drawing: first + piece.drawing });
      await this.session.draw({ count: 1, labels: some }, shifted, signal);
    }
  }

  /** The same drawings at rising temperatures, a row each. @param {AbortSignal} signal */
  async sweep(signal) {
    const columns = Math.min(this.count, 8);
    const titles = TEMPERATURES.flatMap((value) => Array(columns).fill(`temperature ${value}`));
    this.cells.begin(titles.length, { titles, columns, showTitles: true });
    const rows = TEMPERATURES.map((temperature, row) =>
      this.session.draw(
        { count: columns, labels: this.labels },
        (piece) => this.cells.add({ ...piece, drawing: row * columns + piece.drawing }),
        signal,
        { temperature },
      ),
    );
    await Promise.all(rows);
  }

  showCommand() {
    const { settings } = this.session;
    const labels = this.kind === "all" ? ["all"] : this.labels;
    const options = { "--count": this.kind === "all" ? 1 : this.count, "--out": "drawings.svg" };
    this.command.show(this.kind === "sweep" ? "" : commandOf("draw", settings.values, { labels, options }));
  }

  /** @param {string} key */
  onKey(key) {
    if (key !== "n") return false;
    this.session.settings.set({ seed: this.session.settings.values.seed + 1 });
    return true;
  }
}
