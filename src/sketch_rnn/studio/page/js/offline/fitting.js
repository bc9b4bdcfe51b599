/**
 * Drawings from elsewhere, brought to the size, place and density that a model knows: the rules of
 * `generate/fitting` and `generate/density`.
 */
import { BackendError } from "../backend.js";
import { boxOf, simplified } from "../geometry.js";

/** @typedef {import("../backend.js").Point} Point */
/** @typedef {import("../backend.js").Line} Line */
/** @typedef {import("../backend.js").Lines} Lines */
/** @typedef {import("./network.js").Movement} Movement */
/** @typedef {import("./weights.js").Profile} Profile */

const SIZE_RATIO = 1.6;
const PART_RATIO = 4;
const PLACE_MARGIN = 0.5;
const MUCH_DENSER = 0.5;
const FAR_SPARSER = 8;
const PIECE = 4;
const TOLERANCES = [0.00125, 0.0025, 0.005, 0.01, 0.02];
const ROUGH_TOLERANCES = [0.03, 0.04, 0.06, 0.08, 0.12, 0.16];

/**
 * @typedef {object} Fitted a drawing as the model sees it
 * @property {Movement[]} movements normalised, without start token
 * @property {number} factor the model's pixels per own pixel
 * @property {Point} origin where the model's origin is, in own pixels
 * @property {Point} end where the pen is in the end, in own pixels
 */

/**
 * @param {Lines} lines
 * @param {Profile} profile
 * @param {{part?: boolean, continues?: boolean, maxRows?: number}} [options] `part` for an unfinished
 *   drawing, `continues` where its last line may go on
 * @returns {Fitted}
 */
export function fitDrawing(lines, profile, { part = false, continues = false, maxRows } = {}) {
  const own = asSketch(lines.filter((line) => line.length > 0));
  if (own.length === 0) throw new BackendError("the drawing is empty: nothing was drawn");
  const limit = maxRows ?? profile.max_seq_len;
  const factor = sizeFactor(own, profile, part);
  const origin = originOf(own, profile, factor);
  const moved = asSketch(
    own.map((line) => line.map(([x, y]) => [(x - origin[0]) * factor, (y - origin[1]) * factor])),
  );
  const fitted = withDensity(moved, profile.typical_spacing, limit);
  const movements = movementsOf(fitted, profile, continues);
  if (movements.length > limit) {
    throw new BackendError(
      `the drawing has ${movements.length} rows in ${fitted.length} lines, but the model can take ` +
        `${limit}; simplify it`,
    );
  }
  const last = own[own.length - 1];
  return { movements, factor, origin, end: last[last.length - 1] };
}

/**
 * The lines as a drawing of float32 offsets has them.
 *
 * @param {Lines} lines
 * @returns {Lines}
 */
function asSketch(lines) {
  let [x, y] = [0, 0];
  let [lastX, lastY] = [0, 0];
  return lines.map((line) =>
    line.map((point) => {
      x += Math.fround(point[0] - lastX);
      y += Math.fround(point[1] - lastY);
      [lastX, lastY] = point;
      return /** @type {Point} */ ([x, y]);
    }),
  );
}

/**
 * @param {Lines} lines
 * @param {Profile} profile
 * @param {boolean} continues
 * @returns {Movement[]}
 */
function movementsOf(lines, profile, continues) {
  let [lastX, lastY] = [0, 0];
  /** @type {Movement[]} */
  const movements = [];
  lines.forEach((line, number) => {
    line.forEach(([x, y], place) => {
      const [dx, dy] = [Math.fround(x - lastX), Math.fround(y - lastY)];
      [lastX, lastY] = [x, y];
      // Where row 0 is a line, the pen is down at the origin, which only a dot says with a row.
      const isOrigin = number === 0 && place === 0 && profile.first_row === "line";
      if (isOrigin && line.length > 1) return;
      const scale = Math.fround(profile.scale);
      const pen = place === line.length - 1 ? 1 : 0;
      movements.push([Math.fround(dx / scale), Math.fround(dy / scale), pen]);
    });
  });
  if (continues) movements[movements.length - 1][2] = 0;
  return movements;
}

/**
 * @param {Lines} lines
 * @param {Profile} profile
 * @param {boolean} part
 */
function sizeFactor(lines, profile, part) {
  const [size, typical] = [sizeOf(lines), profile.typical_size];
  if (!size || !typical) return 1;
  const smallest = typical / (part ? PART_RATIO : SIZE_RATIO);
  return smallest <= size && size <= typical * SIZE_RATIO ? 1 : typical / size;
}

/**
 * Where the model's origin is, in own pixels. Where row 0 is a line, drawings begin there; elsewhere a
 * drawing stays in its place if that is a usual one, or is moved to the usual corner.
 *
 * @param {Lines} lines
 * @param {Profile} profile
 * @param {number} factor
 * @returns {Point}
 */
function originOf(lines, profile, factor) {
  if (profile.first_row === "line") return lines[0][0];
  const box = boxOf(lines);
  const [left, top] = profile.typical_corner;
  if (factor === 1 && isInPlace(box, profile)) return [0, 0];
  return [box.left - left / factor, box.top - top / factor];
}

/**
 * @param {{left: number, top: number, right: number, bottom: number}} box
 * @param {Profile} profile
 */
function isInPlace(box, { typical_size: typical, typical_corner: [left, top] }) {
  if (!typical) return true;
  const margin = typical * PLACE_MARGIN;
  const insideX = left - margin <= box.left && box.right <= left + typical + margin;
  return insideX && top - margin <= box.top && box.bottom <= top + typical + margin;
}

/** The longer side of the lines' box. @param {Lines} lines */
function sizeOf(lines) {
  const { left, top, right, bottom } = boxOf(lines);
  return Math.max(right - left, bottom - top);
}

/**
 * The lines with fewer or more points, where they are far from the model's density.
 *
 * @param {Lines} lines
 * @param {number} typical median segment of the model's data; 0 where unknown
 * @param {number} maxRows
 */
function withDensity(lines, typical, maxRows) {
  let fitted = lines;
  if (typical && spacing(fitted) < MUCH_DENSER * typical) {
    fitted = simplifiedUntil(
      lines,
      TOLERANCES,
      (candidate) => spacing(candidate) >= MUCH_DENSER * typical,
    );
  }
  if (typical && spacing(fitted) > FAR_SPARSER * typical) {
    fitted = divided(fitted, PIECE * typical, maxRows);
  }
  if (fitted.flat().length > maxRows) {
    const tolerances = [...TOLERANCES, ...ROUGH_TOLERANCES];
    fitted = simplifiedUntil(lines, tolerances, (candidate) => candidate.flat().length <= maxRows);
  }
  return fitted;
}

/**
 * @param {Lines} lines
 * @param {number[]} tolerances as shares of the drawing's longer side
 * @param {(lines: Lines) => boolean} isEnough
 */
function simplifiedUntil(lines, tolerances, isEnough) {
  const size = sizeOf(lines);
  let candidate = lines;
  for (const tolerance of tolerances) {
    candidate = lines.map((line) => simplified(line, tolerance * size));
    if (isEnough(candidate)) break;
  }
  return candidate;
}

/**
 * The lines with every segment cut into equal parts of at most `piece`.
 *
 * @param {Lines} lines
 * @param {number} piece
 * @param {number} maxRows
 */
function divided(lines, piece, maxRows) {
  for (let longest = piece; ; longest *= 2) {
    const candidate = lines.map((line) => dividedLine(line, longest));
    const count = candidate.flat().length;
    if (count <= maxRows || count === lines.flat().length) return candidate;
  }
}

/**
 * @param {Line} line
 * @param {number} piece
 * @returns {Line}
 */
function dividedLine(line, piece) {
  return line.flatMap(([x, y], place) => {
    if (place === 0) return [[x, y]];
    const [fromX, fromY] = line[place - 1];
    const parts = Math.max(Math.ceil(Math.hypot(x - fromX, y - fromY) / piece), 1);
    return Array.from({ length: parts }, (_, part) => {
      const share = (part + 1) / parts;
      /** @type {Point} */
      const cut = share === 1 ? [x, y] : [fromX + (x - fromX) * share, fromY + (y - fromY) * share];
      return cut;
    });
  });
}

/** The median length of a segment; for dots alone NaN. @param {Lines} lines */
function spacing(lines) {
  const lengths = lines.flatMap((line) =>
    line.slice(1).map(([x, y], place) => Math.hypot(x - line[place][0], y - line[place][1])),
  );
  lengths.sort((a, b) => a - b);
  const middle = lengths.length / 2;
  return (lengths[Math.floor(middle)] + lengths[Math.ceil(middle) - 1]) / 2;
}
