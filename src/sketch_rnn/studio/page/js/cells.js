/**
 * Many drawings side by side, each shown when it is whole.
 *
 * @import { Lines, Piece } from "./backend.js"
 * @import { Session } from "./session.js"
 */
import { el, refill, svg } from "./dom.js";
import { addPoints, centred } from "./geometry.js";
import { replay, square, widthOf } from "./ink.js";

const CELL = 120;
const THIN = 0.62;

export class Cells {
  /**
   * @param {Session} session
   * @param {string} name of the group of drawings
   * @param {(lines: Lines, number: number) => void} onChoice
   */
  constructor(session, name, onChoice) {
    this.session = session;
    this.name = name;
    this.onChoice = onChoice;
    /** @type {Lines[]} what has come so far */
    this.drawings = [];
    /** @type {boolean[]} */
    this.whole = [];
    /** @type {string[]} */
    this.titles = [];
    this.element = el("div", { class: "cells", role: "group", "aria-label": name });
    session.look.on(() => this.repaint());
  }

  /**
   * @param {number} count
   * @param {{titles?: string[], showTitles?: boolean, columns?: number, given?: Lines}} [how] `given`
   *   is the part that all drawings begin with
   */
  begin(count, how = {}) {
    const given = how.given ?? [];
    this.drawings = Array.from({ length: count }, () => given.map((line) => [...line]));
    this.whole = Array(count).fill(false);
    this.titles = how.titles ?? [];
    this.element.style.setProperty("--columns", how.columns ? String(how.columns) : "auto-fill");
    this.element.classList.toggle("fixed", Boolean(how.columns));
    refill(this.element, ...this.drawings.map((_, number) => this.cell(number, Boolean(how.showTitles))));
  }

  clear() {
    this.begin(0);
  }

  /** @param {number} number @param {boolean} showTitle */
  cell(number, showTitle) {
    const title = this.titles[number] || `${this.name} ${number + 1}`;
    const choose = () => this.whole[number] && this.onChoice(this.drawings[number], number);
    const picture = square(title, CELL, {}, svg("g"));
    const caption = showTitle && el("span", { class: "caption" }, title);
    return el("button", { type: "button", class: "cell waiting", onclick: choose, title }, picture, caption);
  }

  /** @param {Piece} piece */
  add(piece) {
    const lines = this.drawings[piece.drawing];
    if (!lines) return;
    addPoints(lines, piece.points);
    if (piece.end) {
      this.whole[piece.drawing] = true;
      this.paint(piece.drawing);
    }
  }

  /** @param {number} number @param {boolean} [still] */
  paint(number, still = false) {
    const cell = this.element.children[number];
    const group = /** @type {SVGGElement | null} */ (cell?.querySelector("svg > g"));
    if (!cell || !group) return;
    cell.classList.remove("waiting");
    cell.classList.toggle("empty", !this.drawings[number].length);
    const look = { ...this.session.look.values, width: widthOf(this.session.look.values) * THIN };
    replay(group, centred(this.drawings[number], CELL, 0.78), still ? { ...look, speed: 0 } : look);
  }

  repaint() {
    this.whole.forEach((isWhole, number) => isWhole && this.paint(number, true));
  }

  /** The whole drawings. */
  get made() {
    return this.drawings.filter((lines, number) => this.whole[number] && lines.length);
  }
}

/**
 * Lets the user choose one of several drawings.
 *
 * @param {Session} session
 * @param {Lines[]} drawings
 * @param {string} title
 * @param {string[]} [names] of the drawings
 * @returns {Promise<Lines | null>} null if none was chosen
 */
export function chooseOne(session, drawings, title, names = []) {
  return new Promise((resolve) => {
    const cells = new Cells(session, "Drawing", (lines) => close(lines));
    const dialog = el(
      "dialog",
      { class: "choice", "aria-label": title, oncancel: () => close(null) },
      el("h2", {}, title),
      cells.element,
      el("button", { type: "button", onclick: () => close(null) }, "Cancel"),
    );
    const close = (/** @type {Lines | null} */ lines) => {
      dialog.close(); // which gives the focus back
      dialog.remove();
      resolve(lines);
    };
    document.body.append(dialog);
    cells.begin(drawings.length, { titles: names });
    cells.drawings = drawings;
    drawings.forEach((_, number) => {
      cells.whole[number] = true;
      cells.paint(number, true);
    });
    dialog.showModal();
  });
}
