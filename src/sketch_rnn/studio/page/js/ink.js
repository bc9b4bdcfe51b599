/**
 * Drawings as SVG.
 *
 * @import { Lines, Piece, Point } from "./backend.js"
 * @import { Look } from "./settings.js"
 */
import { prefersLessMotion, refill, svg } from "./dom.js";
import { addPoints, numPoints, pathOf } from "./geometry.js";

/** Indigo to amber in equal steps of lightness, as the package's pictures have it. */
const ORDER = ["#27356e", "#493e88", "#6e459b", "#964aa0", "#bb5192", "#da5d7b", "#ed7061", "#f58847", "#f4a437"];
const ORDER_IN_THE_DARK = ["#8f9dea", "#a894ec", "#c490e6", "#dd90d8", "#ee94c1", "#f79ca6", "#f9aa8d", "#f9bd7a", "#f7d277"];

/**
 * Colours of lines in the order of drawing.
 *
 * @param {number} count
 * @param {Look} look
 * @param {boolean} [dark]
 * @returns {string[]}
 */
export function colours(count, look, dark = isDark()) {
  if (look.plotter) return Array(count).fill(dark ? "#ffffff" : "#000000");
  if (look.ink === "paper") return Array(count).fill(dark ? "#eceae4" : "#1f2430");
  if (look.ink !== "order") return Array(count).fill(look.ink);
  const ramp = dark ? ORDER_IN_THE_DARK : ORDER;
  const last = Math.max(count - 1, 1);
  return Array.from({ length: count }, (_, n) => mixed(ramp, n / last));
}

/** @param {string[]} ramp @param {number} share */
function mixed(ramp, share) {
  const at = Math.min(share * (ramp.length - 1), ramp.length - 1.001);
  const [low, high] = [ramp[Math.floor(at)], ramp[Math.floor(at) + 1]].map((color) =>
    [1, 3, 5].map((place) => parseInt(color.slice(place, place + 2), 16)),
  );
  const part = at % 1;
  const channels = low.map((value, n) => Math.round(value + (high[n] - value) * part));
  return `#${channels.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

export function isDark() {
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** @param {Look} look */
export function widthOf(look) {
  return look.plotter ? 1.5 : look.width;
}

/**
 * Paths of a drawing.
 *
 * @param {Lines} lines
 * @param {Look} look
 * @param {{dark?: boolean, width?: number}} [how]
 */
export function paths(lines, look, how = {}) {
  const inks = colours(lines.length, look, how.dark);
  const width = how.width ?? widthOf(look);
  return lines.map((line, n) =>
    svg("path", {
      d: pathOf(line),
      fill: "none",
      stroke: inks[n],
      "stroke-width": width,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
    }),
  );
}

/**
 * A drawing that appears point by point at a steady speed, however its points arrive.
 *
 * `onShow` is called with what is to be seen, at most once a frame.
 */
export class Reveal {
  /**
   * @param {(lines: Lines) => void} onShow
   * @param {number} speed points a second, 0 for at once
   * @param {Point} [last] where the first line goes on from
   */
  constructor(onShow, speed, last) {
    this.onShow = onShow;
    this.speed = prefersLessMotion() ? 0 : speed;
    this.last = last;
    /** @type {Piece["points"]} */
    this.waiting = [];
    /** @type {Lines} */
    this.lines = [];
    this.frame = 0;
    this.begin = 0;
    this.credit = 0;
  }

  /** @param {Piece} piece */
  add(piece) {
    this.waiting.push(...piece.points);
    if (!this.frame) this.frame = requestAnimationFrame((now) => this.step(now, now));
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }

  /** @param {number} now @param {number} before in milliseconds */
  step(now, before) {
    this.credit += this.speed ? ((now - before) / 1000) * this.speed : Infinity;
    const count = Math.min(Math.max(Math.floor(this.credit), 0), this.waiting.length);
    this.credit = this.speed ? this.credit - count : 0;
    if (count) {
      addPoints(this.lines, this.waiting.splice(0, count), this.last);
      this.onShow(this.lines);
    }
    if (this.waiting.length) this.frame = requestAnimationFrame((next) => this.step(next, now));
    else {
      this.frame = 0;
      this.credit = Math.min(this.credit, 1);
    }
  }
}

/**
 * Replays a drawing in a group of an SVG.
 *
 * @param {SVGGElement} group
 * @param {Lines} lines
 * @param {Look} look
 */
export function replay(group, lines, look) {
  refill(group, ...paths(lines, look));
  if (!look.speed || prefersLessMotion()) return;
  const total = numPoints(lines);
  const milliseconds = (1000 * total) / look.speed;
  let before = 0;
  for (const [n, path] of [...group.children].entries()) {
    const share = lines[n].length / total;
    const timing = { duration: share * milliseconds, delay: before * milliseconds, fill: "backwards" };
    path.setAttribute("pathLength", "1");
    const hidden = { strokeDasharray: "0 2", opacity: 0 };
    path.animate(
      [hidden, { strokeDasharray: "0 2", opacity: 1, offset: 0.001 }, { strokeDasharray: "1 2", opacity: 1 }],
      /** @type {KeyframeAnimationOptions} */ (timing),
    );
    before += share;
  }
}

/**
 * An SVG of a square of the page.
 *
 * @param {string} label for those who do not see it
 * @param {number} side
 * @param {Record<string, any>} [attributes]
 * @param {...Node} children
 */
export function square(label, side, attributes = {}, ...children) {
  const shown = { viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": label };
  return svg("svg", { ...shown, ...attributes }, ...children);
}
