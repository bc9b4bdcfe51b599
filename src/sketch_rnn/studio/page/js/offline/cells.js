/**
 * The recurrent cells, for groups of up to 4 drawings: the equations of `model/cells`.
 *
 * Gates are in the order i, j, f, o, and the forget bias is added outside the weights.
 */
import { GROUP, matrixShape } from "./products.js";

/** @typedef {import("./products.js").Memory} Memory */
/** @typedef {import("./weights.js").Tensors} Tensors */
/** @typedef {"lstm" | "layer_norm"} CellName */

/** Numbers of one movement: dx, dy and the pen's state. */
const STROKE = 5;
const FORGET_BIAS = 1;
const NORM_EPSILON = 1e-3;

/**
 * What a cell remembers of a group of drawings, and where it computes.
 *
 * @typedef {object} Group
 * @property {Float32Array} x hidden output and next movement: number i of drawing b is at
 *   `GROUP * i + b`, the movement from row `strokeRow`
 * @property {Float32Array} cell `(GROUP, hidden)`
 * @property {Float32Array} context `(GROUP, columns)` what stays the same in the gates
 * @property {Float32Array} gates `(GROUP, columns)`
 */

/**
 * One drawing's share of a group.
 *
 * @typedef {object} Snapshot
 * @property {Float32Array} x
 * @property {Float32Array} cell
 * @property {Float32Array} context
 */

/** @param {number} x */
const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** @param {number} x */
export const tanh = (x) => 1 - 2 / (Math.exp(2 * x) + 1);

/** One cell with its weights. */
export class Cell {
  /**
   * @param {Memory} memory
   * @param {Tensors} tensors
   * @param {string} name of the cell among the tensors
   * @param {CellName} kind
   * @param {number} hidden units
   */
  constructor(memory, tensors, name, kind, hidden) {
    const get = (/** @type {string} */ part) => named(tensors, `${name}.${part}`);
    this.memory = memory;
    this.kind = kind;
    this.hidden = hidden;
    this.strokeRow = matrixShape(hidden, 1).rows;
    const [input, recurrent, width] = [get("input_weight"), get("recurrent_weight"), 4 * hidden];
    const gap = new Float32Array((this.strokeRow - hidden) * width);
    const strokes = input.subarray(0, STROKE * width);
    this.matrix = memory.matrix([recurrent, gap, strokes], width);
    this.staticWeight = input.slice(STROKE * width);
    this.bias = kind === "lstm" ? get("bias") : null;
    this.gateNorm = kind === "lstm" ? null : norm(get, "gate_norm");
    this.cellNorm = kind === "lstm" ? null : norm(get, "cell_norm");
  }

  /** Numbers of memory that a cell takes. @param {number} hidden */
  static floats(hidden) {
    const shape = matrixShape(matrixShape(hidden, 1).rows + STROKE, 4 * hidden);
    return shape.rows * shape.columns;
  }

  /** Numbers of memory that a group takes, arrays aligned. @param {number} hidden */
  static groupFloats(hidden) {
    return GROUP * (14 * hidden + 64);
  }

  /** @returns {Group} */
  newGroup() {
    const { memory, matrix, hidden } = this;
    return {
      x: memory.floats(GROUP * matrix.rows),
      cell: memory.floats(GROUP * hidden),
      context: memory.floats(GROUP * matrix.columns),
      gates: memory.floats(GROUP * matrix.columns),
    };
  }

  /**
   * Forgets a drawing's state, and sets what stays the same in its gates.
   *
   * @param {Group} group
   * @param {number} slot
   * @param {Float32Array} fixed the inputs after the movement: z and label side by side
   */
  clear(group, slot, fixed) {
    const { hidden, matrix, staticWeight, bias } = this;
    for (let row = 0; row < matrix.rows; row += 1) group.x[GROUP * row + slot] = 0;
    group.cell.fill(0, hidden * slot, hidden * (slot + 1));
    const first = matrix.columns * slot;
    const context = group.context.subarray(first, first + 4 * hidden);
    if (bias) context.set(bias);
    else context.fill(0);
    addRows(fixed, staticWeight, context);
  }

  /**
   * What a drawing has in a slot.
   *
   * @param {Group} group
   * @param {number} slot
   * @returns {Snapshot}
   */
  save(group, slot) {
    const { hidden, matrix } = this;
    const x = new Float32Array(matrix.rows);
    for (let row = 0; row < matrix.rows; row += 1) x[row] = group.x[GROUP * row + slot];
    const cell = group.cell.slice(hidden * slot, hidden * (slot + 1));
    const { columns } = matrix;
    return { x, cell, context: group.context.slice(columns * slot, columns * (slot + 1)) };
  }

  /**
   * @param {Group} group
   * @param {number} slot
   * @param {Snapshot} snapshot
   */
  load(group, slot, { x, cell, context }) {
    for (let row = 0; row < x.length; row += 1) group.x[GROUP * row + slot] = x[row];
    group.cell.set(cell, this.hidden * slot);
    group.context.set(context, this.matrix.columns * slot);
  }

  /**
   * @param {Group} from
   * @param {number} source
   * @param {Group} to
   * @param {number} target
   */
  copy(from, source, to, target) {
    this.load(to, target, this.save(from, source));
  }

  /**
   * Sets the movement that a drawing is fed next.
   *
   * @param {Group} group
   * @param {number} slot
   * @param {number} dx
   * @param {number} dy
   * @param {number} pen 0 down, 1 lifted, 2 ended; -1 for none of them
   */
  feed(group, slot, dx, dy, pen) {
    const place = GROUP * this.strokeRow + slot;
    group.x[place] = dx;
    group.x[place + GROUP] = dy;
    for (let state = 0; state < 3; state += 1) {
      group.x[place + GROUP * (2 + state)] = state === pen ? 1 : 0;
    }
  }

  /**
   * Takes the first `count` drawings of a group one step further.
   *
   * @param {Group} group
   * @param {number} count
   */
  step(group, count) {
    const { columns } = this.matrix;
    for (let place = 0; place < columns * count; place += 1) {
      group.gates[place] = group.context[place];
    }
    this.memory.addProduct(group.x, this.matrix, group.gates, count);
    for (let slot = 0; slot < count; slot += 1) {
      if (this.kind === "lstm") this.#update(group, slot);
      else this.#updateNormalised(group, slot);
    }
  }

  /** @param {Group} group @param {number} slot */
  #update({ x, cell, gates }, slot) {
    const { hidden } = this;
    const [write, memory] = [this.matrix.columns * slot, hidden * slot];
    for (let unit = 0; unit < hidden; unit += 1) {
      const value = newCell(gates, write + unit, hidden, cell[memory + unit]);
      cell[memory + unit] = value;
      x[GROUP * unit + slot] = tanh(value) * sigmoid(gates[write + 3 * hidden + unit]);
    }
  }

  /** @param {Group} group @param {number} slot */
  #updateNormalised({ x, cell, gates }, slot) {
    const { hidden, gateNorm, cellNorm } = this;
    if (!gateNorm || !cellNorm) return;
    const [write, memory] = [this.matrix.columns * slot, hidden * slot];
    for (let gate = 0; gate < 4; gate += 1) {
      normalise(gates, write + gate * hidden, gates, gateNorm, gate * hidden, hidden);
    }
    for (let unit = 0; unit < hidden; unit += 1) {
      cell[memory + unit] = newCell(gates, write + unit, hidden, cell[memory + unit]);
    }
    // The candidate's place is free by now.
    normalise(cell, memory, gates, cellNorm, 0, hidden, write + hidden);
    for (let unit = 0; unit < hidden; unit += 1) {
      const open = sigmoid(gates[write + 3 * hidden + unit]);
      x[GROUP * unit + slot] = tanh(gates[write + hidden + unit]) * open;
    }
  }
}

/**
 * Adds the vector times the matrix, stored row after row, to the sums.
 *
 * @param {Float32Array} vector
 * @param {Float32Array} matrix
 * @param {Float32Array} sums
 */
export function addRows(vector, matrix, sums) {
  const width = sums.length;
  vector.forEach((value, row) => {
    if (value === 0) return;
    const first = row * width;
    for (let place = 0; place < width; place += 1) sums[place] += value * matrix[first + place];
  });
}

/** @param {Tensors} tensors @param {string} name */
export function named(tensors, name) {
  const values = tensors.get(name);
  if (!values) throw new Error(`the model has no ${name}`);
  return values;
}

/**
 * @param {(part: string) => Float32Array} get
 * @param {string} name
 */
const norm = (get, name) => ({ weight: get(`${name}.weight`), bias: get(`${name}.bias`) });

/**
 * @param {Float32Array} gates
 * @param {number} place of the unit's input gate
 * @param {number} hidden
 * @param {number} old
 */
function newCell(gates, place, hidden, old) {
  const candidate = tanh(gates[place + hidden]);
  const kept = old * sigmoid(gates[place + 2 * hidden] + FORGET_BIAS);
  return kept + sigmoid(gates[place]) * candidate;
}

/**
 * Layer normalisation (arXiv:1607.06450) of one group of units.
 *
 * @param {Float32Array} values
 * @param {number} start of the group in `values`
 * @param {Float32Array} results may be `values`
 * @param {{weight: Float32Array, bias: Float32Array}} parameters
 * @param {number} first of the group's parameters
 * @param {number} size
 * @param {number} [target] of the group in `results`, by default `start`
 */
function normalise(values, start, results, parameters, first, size, target = start) {
  let sum = 0;
  for (let unit = 0; unit < size; unit += 1) sum += values[start + unit];
  const mean = sum / size;
  let squares = 0;
  for (let unit = 0; unit < size; unit += 1) squares += (values[start + unit] - mean) ** 2;
  const factor = 1 / Math.sqrt(squares / size + NORM_EPSILON);
  const { weight, bias } = parameters;
  for (let unit = 0; unit < size; unit += 1) {
    const normal = (values[start + unit] - mean) * factor;
    results[target + unit] = normal * weight[first + unit] + bias[first + unit];
  }
}
