/**
 * Finish my drawing: each time the pen lifts, the model shows in pale ink how it would go on.
 *
 * @import { Guess, Lines } from "./backend.js"
 * @import { Session } from "./session.js"
 */
import { Cells } from "./cells.js";
import { commandOf } from "./command.js";
import { commandLine, labelControl, mannerControls, slider } from "./controls.js";
import { button, el, refill } from "./dom.js";
import { openButton } from "./files.js";
import { addPoints } from "./geometry.js";
import { Reveal } from "./ink.js";
import { Pad } from "./pad.js";
import { saveMenu } from "./save.js";
import { Turn } from "./session.js";

const NUM_ENDINGS = 12;
const MOST_ADDED = 200;
const IDLE = "Draw something. When you lift the pen, the model shows how it would go on.";

/**
 * A drawing with more points; neither is changed.
 *
 * @param {Lines} lines
 * @param {Lines} ending whose first line goes on from the last one, if it begins with its last point
 */
export function joined(lines, ending) {
  const last = lines[lines.length - 1]?.at(-1);
  const [first] = ending;
  const continues = last && first?.length > 1 && first[0][0] === last[0] && first[0][1] === last[1];
  if (!continues) return [...lines, ...ending];
  const whole = [...lines[lines.length - 1], ...first.slice(1)];
  return [...lines.slice(0, -1), whole, ...ending.slice(1)];
}

export class Finish {
  /** @param {Session} session */
  constructor(session) {
    this.session = session;
    this.turn = new Turn();
    this.endingsTurn = new Turn();
    /** @type {Reveal | null} what the model would draw */
    this.reveal = null;
    this.isWhole = false;
    this.isWanted = false;
    this.isEnded = false;
    this.isActive = false;
    /** @type {string} the label that the ending was asked for */
    this.asked = "";
    this.pad = new Pad(session.drawing, session.look, {
      onTap: () => this.take(),
      onBegin: () => this.drop(),
    });
    this.status = el("p", { class: "status", role: "status" }, IDLE);
    this.guesses = el("div", { class: "chips", role: "group", "aria-label": "What the model takes it for" });
    this.command = commandLine(session);
    this.endings = new Cells(session, "Ending", (lines) => this.choose(lines));
    this.endingsBox = el("section", { class: "endings", hidden: true }, el("h2", {}, "Pick an ending"), this.endings.element);
    this.element = this.layout();
    session.drawing.on(() => this.ask());
    session.settings.on(() => this.ask(), ["label", "guess", "temperature", "strength", "rule", "seed", "add"]);
    session.onModel(() => this.ask());
  }

  layout() {
    const { session } = this;
    const { drawing, settings } = session;
    const manner = mannerControls(session);
    const add = slider(
      "It may add",
      { min: 0, max: MOST_ADDED, step: 5, value: settings.values.add, show: (n) => (n ? `${n} points` : "all it wants") },
      (value) => settings.set({ add: value }),
    );
    this.takeButton = button("Take it", () => this.take(), { icon: "take", key: "Space", kind: "primary" });
    this.anotherButton = button("Another", () => this.another(), { icon: "another", key: "N" });
    this.undoButton = button("Undo", () => drawing.undo(), { icon: "undo", hideText: true, title: "Undo (Ctrl+Z)" });
    this.redoButton = button("Redo", () => drawing.redo(), { icon: "redo", hideText: true, title: "Redo (Ctrl+Shift+Z)" });
    const tools = el(
      "div",
      { class: "tools", role: "toolbar", "aria-label": "Drawing" },
      this.undoButton,
      this.redoButton,
      button("Clear", () => drawing.clear(), { icon: "clear", hideText: true, title: "Clear (X)" }),
      el("span", { class: "gap" }),
      openButton(session, (lines) => drawing.set(lines)),
      saveMenu(session, () => (drawing.lines.length ? [drawing.lines] : []), "drawing"),
    );
    this.endingsButton = button(`${NUM_ENDINGS} endings`, () => this.showEndings(), { icon: "grid", key: "E" });
    const actions = el("div", { class: "actions" }, this.takeButton, this.anotherButton, this.endingsButton);
    const details = el("details", {}, el("summary", {}, "More"), manner.strength, manner.rule, manner.seed, add.element);
    return el(
      "div",
      { class: "part finish" },
      el("div", { class: "stage" }, el("div", { class: "sheet" }, this.pad.element), tools, this.status),
      el("div", { class: "panel" }, actions, labelControl(session, true), this.guesses, manner.temperature, details, this.command.element),
      this.endingsBox,
    );
  }

  /** @param {boolean} isActive whether the part is shown */
  activate(isActive) {
    this.isActive = isActive;
    if (isActive) this.ask();
    else this.drop();
  }

  /** Asks how the drawing goes on. */
  ask() {
    const { drawing } = this.session;
    this.drop();
    this.endingsTurn.stop();
    this.endingsBox.hidden = true;
    this.showTools();
    if (!this.isActive || !this.session.info) return;
    if (!drawing.lines.length || drawing.isEnded) {
      refill(this.guesses);
      this.status.textContent = drawing.isEnded ? "Finished. Draw on, or save it." : IDLE;
      return;
    }
    const signal = this.turn.next();
    this.session.attempt(() => this.finish(drawing.lines, signal));
  }

  /** @param {Lines} lines @param {AbortSignal} signal */
  async finish(lines, signal) {
    const { session } = this;
    const { add, guess, label } = session.settings.values;
    this.asked = label;
    if (guess && session.info.labels.length) {
      const guesses = await session.guess(lines, signal);
      this.showGuesses(guesses);
      this.asked = guesses[0]?.label ?? "";
    } else refill(this.guesses);
    const reveal = new Reveal((shown) => this.pad.showGhost(shown), session.look.values.speed, lines.at(-1)?.at(-1));
    this.reveal = reveal;
    this.showTools();
    this.status.textContent = this.asked ? `Finishing it as ${this.asked} …` : "Finishing it …";
    const parts = { lines, labels: this.asked ? [this.asked] : [], ...(add ? { add } : {}) };
    /** @param {import("./backend.js").Piece} piece */
    const onPiece = (piece) => {
      reveal.add(piece);
      if (piece.end) this.isEnded = piece.end === "model";
    };
    await session.draw(parts, onPiece, signal).catch((error) => {
      if (!signal.aborted) this.status.textContent = "";
      throw error;
    });
    this.isWhole = true;
    this.showTools();
    const keys = matchMedia("(hover: none)").matches ? "A tap takes it." : "Space or a tap takes it, N shows another.";
    this.status.textContent = `${this.asked ? `As ${this.asked}. ` : ""}${keys}`;
    if (this.isWanted) this.take();
  }

  showTools() {
    const { drawing, settings } = this.session;
    const { takeButton, anotherButton, endingsButton, undoButton, redoButton } = this;
    const has = drawing.lines.length > 0;
    if (takeButton) takeButton.disabled = !this.reveal;
    if (anotherButton) anotherButton.disabled = !has || drawing.isEnded;
    if (endingsButton) endingsButton.disabled = !has;
    if (undoButton) undoButton.disabled = !drawing.past.length;
    if (redoButton) redoButton.disabled = !drawing.future.length;
    const labels = this.asked ? [this.asked] : [];
    const text = commandOf("complete", settings.values, { files: ["drawing.json"], labels, options: this.latentOption() });
    this.command.show(has ? text : "");
  }

  /** @returns {Record<string, string | number>} */
  latentOption() {
    return { "--count": 1, ...(this.session.info?.latent ? { "--latent": "encode" } : {}) };
  }

  /** @param {Guess[]} guesses */
  showGuesses(guesses) {
    const chip = (/** @type {Guess} */ { label, probability }) =>
      button(`${label} ${Math.round(probability * 100)}%`, () => this.session.settings.set({ label, guess: false }));
    refill(this.guesses, ...guesses.map(chip));
  }

  /** Takes the ending, as soon as it is whole; returns whether there is one. */
  take() {
    const { reveal } = this;
    this.isWanted = Boolean(reveal);
    if (!reveal || !this.isWhole) return this.isWanted;
    const all = reveal.lines.map((line) => [...line]);
    addPoints(all, reveal.waiting, reveal.last);
    const { drawing } = this.session;
    if (all.length) drawing.set(joined(drawing.lines, all), this.isEnded);
    return true;
  }

  another() {
    const { settings } = this.session;
    if (this.session.drawing.lines.length && !this.session.drawing.isEnded) {
      settings.set({ seed: settings.values.seed + 1 });
    }
  }

  /** Forgets the ending. */
  drop() {
    this.turn.stop();
    this.reveal?.stop();
    this.reveal = null;
    this.isWhole = false;
    this.isWanted = false;
    this.isEnded = false;
    this.pad.showGhost([]);
  }

  showEndings() {
    const { session } = this;
    const { lines } = session.drawing;
    if (!lines.length) return;
    const { add } = session.settings.values;
    this.endingsBox.hidden = false;
    this.endings.begin(NUM_ENDINGS, { given: lines });
    this.endingsBox.scrollIntoView({ block: "nearest", behavior: "smooth" });
    const parts = { lines, count: NUM_ENDINGS, labels: this.asked ? [this.asked] : [], ...(add ? { add } : {}) };
    const signal = this.endingsTurn.next();
    session.attempt(() => session.draw(parts, (piece) => this.endings.add(piece), signal));
  }

  /** @param {Lines} lines */
  choose(lines) {
    this.session.drawing.set(lines, true);
    this.pad.element.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  /** @param {string} key @returns {boolean} whether it was used */
  onKey(key) {
    if (key === " ") this.take();
    else if (key === "n") this.another();
    else if (key === "e") this.showEndings();
    else if (key === "x") this.session.drawing.clear();
    else return false;
    return true;
  }
}
