/**
 * Products of a few vectors with a large matrix, which is what drawing spends its time on.
 *
 * A matrix is stored in panels of 8 columns, row after row, so that it is read once from start to
 * end for up to 4 vectors. A WebAssembly kernel with 128-bit vectors multiplies where the browser
 * has it, and a plain loop elsewhere; both sum in float32 or better.
 */
import { productModule } from "./kernel.js";

/** Vectors that one pass over a matrix multiplies: the width of a group. */
export const GROUP = 4;
const PANEL = 8;
const ROW_MULTIPLE = 4;
const PAGE_BYTES = 65536;

/**
 * @typedef {object} Matrix `rows` and `columns` are the padded sizes
 * @property {Float32Array} values
 * @property {number} rows
 * @property {number} columns
 */

/** @typedef {(x: number, w: number, y: number, rows: number, panels: number, stride: number) => void} Kernel */

/** @param {number} value @param {number} multiple */
const upTo = (value, multiple) => Math.ceil(value / multiple) * multiple;

/** @param {number} rows @param {number} columns */
export function matrixShape(rows, columns) {
  return { rows: upTo(rows, ROW_MULTIPLE), columns: upTo(columns, PANEL) };
}

/** Arrays in one piece of memory, and the products between them. */
export class Memory {
  #buffer;
  /** @type {Kernel[] | null} */
  #kernels = null;
  #used = 0;

  /**
   * @param {number} floats how many numbers will be asked for
   * @param {boolean} [plain] do without WebAssembly
   */
  constructor(floats, plain = false) {
    const pages = Math.ceil((4 * floats) / PAGE_BYTES) + 1;
    const compiled = plain ? null : compiledKernels(pages);
    this.#kernels = compiled && compiled.kernels;
    this.#buffer = compiled ? compiled.buffer : new ArrayBuffer(pages * PAGE_BYTES);
  }

  /** Whether the WebAssembly kernel runs. */
  get isCompiled() {
    return this.#kernels !== null;
  }

  /**
   * An array of zeros.
   *
   * @param {number} length
   */
  floats(length) {
    const array = new Float32Array(this.#buffer, this.#used, length);
    this.#used += 16 * Math.ceil(length / 4);
    return array;
  }

  /**
   * The matrix of several parts, one above the other, each `(rows, columns)` row after row.
   *
   * @param {Float32Array[]} parts
   * @param {number} columns
   * @returns {Matrix}
   */
  matrix(parts, columns) {
    const rows = parts.reduce((sum, part) => sum + part.length / columns, 0);
    const shape = matrixShape(rows, columns);
    const values = this.floats(shape.rows * shape.columns);
    let row = 0;
    for (const part of parts) {
      for (let start = 0; start < part.length; start += columns, row += 1) {
        for (let column = 0; column < columns; column += 1) {
          const panel = Math.floor(column / PANEL);
          values[(panel * shape.rows + row) * PANEL + (column % PANEL)] = part[start + column];
        }
      }
    }
    return { values, ...shape };
  }

  /**
   * Adds `x` times the matrix to `y`, for the first `count` vectors of a group.
   *
   * @param {Float32Array} x number i of vector b is `x[GROUP * i + b]`
   * @param {Matrix} matrix
   * @param {Float32Array} y number j of vector b is `y[matrix.columns * b + j]`
   * @param {number} count 1 to GROUP
   */
  addProduct(x, matrix, y, count) {
    const { values, rows, columns } = matrix;
    if (this.#kernels === null) {
      addPlainProduct(x, values, y, rows, columns, count);
      return;
    }
    const kernel = this.#kernels[count - 1];
    const panels = columns / PANEL;
    kernel(x.byteOffset, values.byteOffset, y.byteOffset, rows, panels, 4 * columns);
  }
}

/** @param {number} pages */
function compiledKernels(pages) {
  try {
    const memory = new WebAssembly.Memory({ initial: pages });
    const module = new WebAssembly.Module(productModule(GROUP));
    const { exports } = new WebAssembly.Instance(module, { page: { memory } });
    const kernels = Array.from({ length: GROUP }, (_, place) => exports[`product${place + 1}`]);
    return { kernels: /** @type {Kernel[]} */ (kernels), buffer: memory.buffer };
  } catch {
    return null; // No WebAssembly, none with vectors, or forbidden.
  }
}

/**
 * @param {Float32Array} x
 * @param {Float32Array} weights
 * @param {Float32Array} y
 * @param {number} rows
 * @param {number} columns
 * @param {number} count
 */
function addPlainProduct(x, weights, y, rows, columns, count) {
  for (let first = 0; first < columns; first += PANEL) {
    for (let vector = 0; vector < count; vector += 1) {
      const target = columns * vector + first;
      let a = y[target];
      let b = y[target + 1];
      let c = y[target + 2];
      let d = y[target + 3];
      let e = y[target + 4];
      let f = y[target + 5];
      let g = y[target + 6];
      let h = y[target + 7];
      let place = first * rows;
      for (let row = 0; row < rows; row += 1) {
        const value = x[GROUP * row + vector];
        a += value * weights[place];
        b += value * weights[place + 1];
        c += value * weights[place + 2];
        d += value * weights[place + 3];
        e += value * weights[place + 4];
        f += value * weights[place + 5];
        g += value * weights[place + 6];
        h += value * weights[place + 7];
        place += PANEL;
      }
      y[target] = a;
      y[target + 1] = b;
      y[target + 2] = c;
      y[target + 3] = d;
      y[target + 4] = e;
      y[target + 5] = f;
      y[target + 6] = g;
      y[target + 7] = h;
    }
  }
}
