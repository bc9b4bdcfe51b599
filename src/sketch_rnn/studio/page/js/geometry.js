/**
 * Lines as numbers: boxes, simplification, path data and a short text for links.
 *
 * @import { Line, Lines, Piece, Point } from "./backend.js"
 *
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box
 */

/** Side of the square that drawings are made on, in units of the page. */
export const SIDE = 400;

const STEP = 4;
const BIG_STEP = 20;
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {Lines} lines @returns {Box} */
export function boxOf(lines) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const line of lines) {
    for (const [x, y] of line) {
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y);
    }
  }
  return lines.some((line) => line.length) ? box : { left: 0, top: 0, right: 0, bottom: 0 };
}

/**
 * @param {Lines} lines
 * @param {number} factor
 * @param {number} [dx] added after scaling
 * @param {number} [dy]
 * @returns {Lines}
 */
export function scaled(lines, factor, dx = 0, dy = 0) {
  return lines.map((line) => line.map(([x, y]) => [rounded(x * factor + dx), rounded(y * factor + dy)]));
}

/**
 * Where an arrow key moves a cursor in the square; nothing for other keys.
 *
 * @param {Point} place
 * @param {KeyboardEvent} event with shift, it goes farther
 * @returns {Point | undefined}
 */
export function movedByArrow([x, y], { key, shiftKey }) {
  const way = ARROWS[key];
  if (!way) return undefined;
  const step = shiftKey ? BIG_STEP : STEP;
  const inside = (/** @type {number} */ value) => Math.min(Math.max(value, 0), SIDE);
  return [inside(x + way[0] * step), inside(y + way[1] * step)];
}

/** @param {number} value */
export function rounded(value) {
  return Math.round(value * 100) / 100;
}

/**
 * The drawing in the middle of a square, with its shape kept.
 *
 * @param {Lines} lines
 * @param {number} [side]
 * @param {number} [share] of the square that its longer side takes
 */
export function centred(lines, side = SIDE, share = 0.8) {
  const box = boxOf(lines);
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  const factor = (side * share) / (Math.max(width, height) || side);
  const dx = side / 2 - ((box.left + box.right) / 2) * factor;
  const dy = side / 2 - ((box.top + box.bottom) / 2) * factor;
  return scaled(lines, factor, dx, dy);
}

/**
 * A line without the points that Douglas and Peucker drop (1973); its ends stay. As `lines.py` does
 * it, which the exported page must equal.
 *
 * @param {Line} line
 * @param {number} tolerance
 * @returns {Line}
 */
export function simplified(line, tolerance) {
  const kept = new Array(line.length).fill(false);
  kept[0] = kept[line.length - 1] = true;
  const spans = [[0, line.length - 1]];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [first, last] = span;
    let [farthest, distance] = [-1, -1];
    for (let place = first + 1; place < last; place += 1) {
      const found = distanceToSegment(line[place], line[first], line[last]);
      if (found > distance) [farthest, distance] = [place, found];
    }
    if (distance <= tolerance) continue;
    kept[farthest] = true;
    spans.push([first, farthest], [farthest, last]);
  }
  return line.filter((_, place) => kept[place]);
}

/** @param {Point} point @param {Point} start @param {Point} end */
function distanceToSegment([x, y], start, end) {
  const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
  const squared = dx * dx + dy * dy;
  const share = squared ? ((x - start[0]) * dx + (y - start[1]) * dy) / squared : 0;
  if (share <= 0) return Math.hypot(x - start[0], y - start[1]);
  if (share >= 1) return Math.hypot(x - end[0], y - end[1]);
  return Math.abs((start[1] - y) * dx - (start[0] - x) * dy) / Math.sqrt(squared);
}

/** SVG path data of one line; a dot becomes a line of no length. @param {Line} line */
export function pathOf(line) {
  const points = line.length > 1 ? line : [line[0], line[0]];
  return `M${points.map(([x, y]) => `${rounded(x)} ${rounded(y)}`).join("L")}`;
}

/**
 * Adds the points of a piece to lines; the lines are changed.
 *
 * @param {Lines} lines
 * @param {Piece["points"]} points
 * @param {Point | undefined} [last] where the first point goes on from, if it begins no line
 */
export function addPoints(lines, points, last) {
  for (const [x, y, begins] of points) {
    if (begins) lines.push([[x, y]]);
    else if (lines.length) lines[lines.length - 1].push([x, y]);
    else lines.push(last ? [last, [x, y]] : [[x, y]]);
  }
}

/** @param {Lines} lines */
export function numPoints(lines) {
  return lines.reduce((sum, line) => sum + line.length, 0);
}

/** A drawing as a short text of letters for a link, to a whole unit. @param {Lines} lines */
export function packed(lines) {
  let [x, y] = [0, 0];
  const pack = (/** @type {Point} */ point) => {
    const [nextX, nextY] = point.map(Math.round);
    const text = `${digits(nextX - x)}.${digits(nextY - y)}`;
    [x, y] = [nextX, nextY];
    return text;
  };
  return lines.map((line) => line.map(pack).join("_")).join("~");
}

/** @param {string} text @returns {Lines} empty if the text is no drawing */
export function unpacked(text) {
  let [x, y] = [0, 0];
  const lines = text.split("~").map((line) =>
    line.split("_").map((pair) => {
      const [dx, dy] = pair.split(".").map((number) => parseInt(number, 36));
      [x, y] = [x + dx, y + dy];
      return /** @type {Point} */ ([x, y]);
    }),
  );
  const isDrawing = lines.flat(2).every((value) => Math.abs(value) < 1e5);
  return isDrawing ? lines : [];
}

/** @param {number} value */
function digits(value) {
  return value.toString(36);
}
