/**
 * What the parts of the page share. It speaks to the backend in units of the page.
 *
 * @import { Backend, Corner, DataInfo, DrawParts, Lines, ModelInfo, ModelName, OnPiece, Piece, Step } from "./backend.js"
 * @import { Look, Settings } from "./settings.js"
 */
import { isAbort } from "./backend.js";
import { Drawing } from "./drawing.js";
import { SIDE, rounded, scaled } from "./geometry.js";
import { Store } from "./settings.js";

/** Side of the page's square in sizes of a typical drawing of the model. */
const ROOM = 1.5;

export class Session {
  /**
   * @param {Backend} backend
   * @param {ModelName[]} models
   * @param {DataInfo | null} dataset that drawings can be taken from
   * @param {Store<Settings>} settings
   * @param {Store<Look>} look
   * @param {(text: string) => void} say shows a line to the user
   */
  constructor(backend, models, dataset, settings, look, say) {
    this.backend = backend;
    this.models = models;
    this.dataset = dataset;
    this.settings = settings;
    this.look = look;
    this.say = say;
    this.drawing = new Drawing();
    /** @type {ModelInfo} */
    this.info = /** @type {any} */ (null);
    /** @type {Set<() => void>} */
    this.modelListeners = new Set();
  }

  /** @param {() => void} listener called when another model was opened */
  onModel(listener) {
    this.modelListeners.add(listener);
  }

  /** @param {string} name */
  async open(name) {
    this.info = await this.backend.open(name);
    const { label } = this.settings.values;
    const isKnown = !label || this.info.labels.includes(label);
    this.settings.set({ model: name, label: isKnown ? label : "" });
    for (const listener of this.modelListeners) listener();
  }

  /** Pixels of the model in a unit of the page. */
  get scale() {
    return this.info.size ? (ROOM * this.info.size) / SIDE : 1;
  }

  /** How drawings are made, as the settings say. */
  get manner() {
    const { temperature, rule, seed } = this.settings.values;
    return { model: this.info.name, temperature, seed, ...(rule ? { rule } : {}) };
  }

  /**
   * The strength of the label, if one is set and there is a label.
   *
   * @param {boolean} hasLabel
   */
  strengthOf(hasLabel) {
    const { strength } = this.settings.values;
    return hasLabel && strength >= 0 ? { strength } : {};
  }

  /** @param {Lines} lines of the page @returns {Lines} in the model's pixels */
  toModel(lines) {
    return scaled(lines, this.scale);
  }

  /**
   * @param {Partial<DrawParts>} parts
   * @param {OnPiece} onPiece
   * @param {AbortSignal} signal
   * @param {object} [changes] of the manner
   */
  async draw(parts, onPiece, signal, changes = {}) {
    const lines = parts.lines && this.toModel(parts.lines);
    const strength = this.strengthOf(Boolean(parts.labels?.length));
    const request = { count: 1, ...this.manner, ...strength, ...parts, ...(lines ? { lines } : {}), ...changes };
    await this.backend.draw(request, this.inPage(onPiece), signal);
  }

  /**
   * @param {Corner[]} corners with lines of the page
   * @param {number} steps
   * @param {OnPiece} onPiece
   * @param {AbortSignal} signal
   */
  async morph(corners, steps, onPiece, signal) {
    const request = { ...this.manner, ...this.cornersOf(corners), steps };
    await this.backend.morph(request, this.inPage(onPiece), signal);
  }

  /**
   * Drawings of a weighted sum of corners.
   *
   * @param {Corner[]} corners with lines of the page
   * @param {number[]} weights
   * @param {number} count
   * @param {OnPiece} onPiece
   * @param {AbortSignal} signal
   */
  async combine(corners, weights, count, onPiece, signal) {
    const request = { ...this.manner, ...this.cornersOf(corners), weights, count };
    await this.backend.combine?.(request, this.inPage(onPiece), signal);
  }

  /** @param {Corner[]} corners with lines of the page */
  cornersOf(corners) {
    const own = corners.map((corner) => ("lines" in corner ? { lines: this.toModel(corner.lines) } : corner));
    return { corners: own, ...this.strengthOf(corners.some((corner) => "label" in corner)) };
  }

  /**
   * @param {Lines} lines
   * @param {number} count
   * @param {number} spread
   * @param {OnPiece} onPiece
   * @param {AbortSignal} signal
   */
  async vary(lines, count, spread, onPiece, signal) {
    const request = { ...this.manner, lines: this.toModel(lines), count, spread };
    await this.backend.vary?.(request, this.inPage(onPiece), signal);
  }

  /** @param {Lines} lines @param {AbortSignal} signal */
  async guess(lines, signal) {
    return (await this.backend.guess?.(this.info.name, this.toModel(lines), signal)) ?? [];
  }

  /**
   * @param {Lines} lines
   * @param {boolean} ended
   * @param {AbortSignal} signal
   * @returns {Promise<Step[]>}
   */
  async inside(lines, ended, signal) {
    const { label } = this.settings.values;
    const shown = label ? { label, ...this.strengthOf(true) } : {};
    const request = { model: this.info.name, lines: this.toModel(lines), ended, ...shown };
    const steps = await this.backend.inside(request, signal);
    const size = 1 / this.scale;
    const all = (/** @type {[number, number][]} */ points) => scaled([points], size)[0];
    return steps.map((step) => ({
      ...step,
      from: all([step.from])[0],
      to: all([step.to])[0],
      mean: all(step.mean),
      sigma: all(step.sigma),
    }));
  }

  /** @param {OnPiece} onPiece @returns {OnPiece} */
  inPage(onPiece) {
    const size = 1 / this.scale;
    return (piece) => {
      const points = piece.points.map(([x, y, begins]) => [rounded(x * size), rounded(y * size), begins]);
      onPiece(/** @type {Piece} */ ({ ...piece, points }));
    };
  }

  /**
   * Runs something that may fail; a failure is shown, an abort is not.
   *
   * @param {() => Promise<void>} work
   */
  async attempt(work) {
    try {
      await work();
    } catch (error) {
      if (isAbort(error)) return;
      this.say(error instanceof Error ? error.message : String(error));
    }
  }
}

/** One piece of work at a time: a new one stops the one before. */
export class Turn {
  constructor() {
    this.controller = new AbortController();
  }

  /** Stops what runs, and returns the signal of what runs next. */
  next() {
    this.stop();
    this.controller = new AbortController();
    return this.controller.signal;
  }

  stop() {
    this.controller.abort();
  }
}
