/**
 * The drawing that all parts of the page share, with its past.
 *
 * @import { Lines } from "./backend.js"
 */
const MOST_KEPT = 300;

export class Drawing {
  constructor() {
    /** @type {Lines} never changed in place */
    this.lines = [];
    /** Whether the model has ended it, so that there is nothing to finish. */
    this.isEnded = false;
    /** @type {{lines: Lines, isEnded: boolean}[]} */
    this.past = [];
    /** @type {{lines: Lines, isEnded: boolean}[]} */
    this.future = [];
    /** @type {Set<() => void>} */
    this.listeners = new Set();
  }

  /** @param {() => void} listener called after every change */
  on(listener) {
    this.listeners.add(listener);
  }

  /** @param {Lines} lines @param {boolean} [isEnded] */
  set(lines, isEnded = false) {
    this.past.push(this.state());
    this.past.splice(0, this.past.length - MOST_KEPT);
    this.future = [];
    this.become({ lines, isEnded });
  }

  undo() {
    this.go(this.past, this.future);
  }

  redo() {
    this.go(this.future, this.past);
  }

  clear() {
    if (this.lines.length) this.set([]);
  }

  state() {
    return { lines: this.lines, isEnded: this.isEnded };
  }

  /** @param {{lines: Lines, isEnded: boolean}[]} from @param {{lines: Lines, isEnded: boolean}[]} to */
  go(from, to) {
    const next = from.pop();
    if (!next) return;
    to.push(this.state());
    this.become(next);
  }

  /** @param {{lines: Lines, isEnded: boolean}} state */
  become(state) {
    this.lines = state.lines;
    this.isEnded = state.isEnded;
    for (const listener of this.listeners) listener();
  }
}
