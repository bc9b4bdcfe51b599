/**
 * The network: an encoder from a drawing to z, and the decoder that draws, for groups of up to 4
 * drawings at once. Units are normalised; a movement is dx, dy and the pen's state.
 */
import { addRows, Cell, named, tanh } from "./cells.js";
import { GROUP, matrixShape, Memory } from "./products.js";

/** @typedef {import("./cells.js").Group} CellGroup */
/** @typedef {import("./weights.js").Config} Config */
/** @typedef {import("./weights.js").Tensors} Tensors */
/** @typedef {[number, number, number]} Movement dx, dy; pen 0 down, 1 lifted, 2 ended, -1 none */
/** @typedef {{z: Float32Array | null, label: Float32Array | null}} Condition */

/**
 * Up to 4 drawings that advance together.
 *
 * @typedef {CellGroup & {outputs: Float32Array}} Group `outputs` is `(GROUP, outputSize)`
 */

/** The most groups there are at once. */
const NUM_GROUPS = 16;
const MAX_LOG_VAR = 30;

export class Network {
  /** @type {Group[]} */
  #free = [];
  /** @type {{count: number, resolve: (groups: Group[]) => void}[]} */
  #waiting = [];

  /**
   * @param {Config} config
   * @param {Tensors} tensors
   * @param {boolean} [plain] do without WebAssembly
   */
  constructor(config, tensors, plain = false) {
    const { dec_rnn_size: hidden, conditional, enc_rnn_size: units } = config;
    const outputs = matrixShape(hidden, 3 + 6 * config.num_mixture);
    const perGroup = Cell.groupFloats(hidden) + GROUP * (outputs.columns + 4);
    const encoder = conditional ? 2 * (Cell.floats(units) + Cell.groupFloats(units)) : 0;
    const floats = Cell.floats(hidden) + outputs.rows * outputs.columns + NUM_GROUPS * perGroup;
    const memory = new Memory(floats + encoder + 64, plain);
    this.memory = memory;
    this.config = config;
    this.tensors = tensors;
    this.cell = new Cell(memory, tensors, "decoder.cell", config.dec_model, hidden);
    this.outputBias = named(tensors, "decoder.output.bias");
    const weight = transposed(named(tensors, "decoder.output.weight"), hidden);
    this.output = memory.matrix([weight], this.outputBias.length);
    this.encoder = conditional ? new Encoder(memory, config, tensors) : null;
    this.#free = Array.from({ length: NUM_GROUPS }, () => ({
      ...this.cell.newGroup(),
      outputs: memory.floats(GROUP * this.output.columns),
    }));
  }

  /**
   * Free groups; waits until there are so many.
   *
   * @param {number} count
   * @returns {Promise<Group[]>}
   */
  takeGroups(count) {
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve });
      this.#serve();
    });
  }

  /** @param {Group[]} groups */
  giveBack(groups) {
    this.#free.push(...groups);
    this.#serve();
  }

  #serve() {
    while (this.#waiting.length > 0 && this.#waiting[0].count <= this.#free.length) {
      const [{ count, resolve }] = this.#waiting.splice(0, 1);
      resolve(this.#free.splice(0, count));
    }
  }

  /**
   * Starts a drawing in a slot of a group.
   *
   * @param {Group} group
   * @param {number} slot
   * @param {Condition} condition
   */
  start(group, slot, condition) {
    const { config, cell, tensors } = this;
    const label = config.num_labels ? (condition.label ?? new Float32Array(config.label_size)) : [];
    const z = condition.z ?? [];
    cell.clear(group, slot, Float32Array.from([...z, ...label]));
    if (!condition.z) return;
    const state = linear(tensors, "decoder.initial_state", condition.z).map(tanh);
    const { hidden } = cell;
    // An lstm's state vector is [cell, hidden], the others' [hidden, cell].
    const [cellPart, hiddenPart] = cell.kind === "lstm" ? [0, hidden] : [hidden, 0];
    group.cell.set(state.subarray(cellPart, cellPart + hidden), hidden * slot);
    for (let unit = 0; unit < hidden; unit += 1) {
      group.x[GROUP * unit + slot] = state[hiddenPart + unit];
    }
  }

  /**
   * @param {Group} group
   * @param {number} slot
   * @param {ArrayLike<number>} movement
   */
  feed(group, slot, movement) {
    this.cell.feed(group, slot, movement[0], movement[1], movement[2]);
  }

  /**
   * Takes the first `count` drawings of a group one movement further.
   *
   * @param {Group} group
   * @param {number} count
   * @param {boolean} [silent] leave the outputs as they are
   */
  step(group, count, silent = false) {
    this.cell.step(group, count);
    if (silent) return;
    for (let slot = 0; slot < count; slot += 1) {
      group.outputs.set(this.outputBias, this.output.columns * slot);
    }
    this.memory.addProduct(group.x, this.output, group.outputs, count);
  }

  /**
   * A drawing's distribution of the next movement; see `mixture.js`.
   *
   * @param {Group} group
   * @param {number} slot
   */
  outputs(group, slot) {
    const first = this.output.columns * slot;
    return group.outputs.subarray(first, first + this.outputBias.length);
  }
}

/** Reads a drawing forwards and backwards (Ha & Eck 2017, eq. 1 and 2). */
class Encoder {
  /**
   * @param {Memory} memory
   * @param {Config} config
   * @param {Tensors} tensors
   */
  constructor(memory, config, tensors) {
    const { enc_model: kind, enc_rnn_size: units } = config;
    this.tensors = tensors;
    this.directions = ["encoder.forward_cell", "encoder.backward_cell"].map((name) => {
      const cell = new Cell(memory, tensors, name, kind, units);
      return { cell, group: cell.newGroup() };
    });
  }

  /**
   * The mean of z, and the logarithm of its variance.
   *
   * @param {Movement[]} movements without start token
   */
  posterior(movements) {
    const [forward, backward] = this.directions;
    const ahead = lastOutput(forward, movements);
    const summary = Float32Array.from([...ahead, ...lastOutput(backward, movements.slice().reverse())]);
    const logVar = linear(this.tensors, "encoder.log_var", summary);
    return {
      mean: linear(this.tensors, "encoder.mean", summary),
      logVar: logVar.map((value) => Math.min(Math.max(value, -MAX_LOG_VAR), MAX_LOG_VAR)),
    };
  }
}

/**
 * @param {{cell: Cell, group: CellGroup}} direction
 * @param {Movement[]} movements
 */
function lastOutput({ cell, group }, movements) {
  cell.clear(group, 0, new Float32Array(0));
  for (const [dx, dy, pen] of movements) {
    cell.feed(group, 0, dx, dy, pen);
    cell.step(group, 1);
  }
  return Float32Array.from({ length: cell.hidden }, (_, unit) => group.x[GROUP * unit]);
}

/**
 * A linear layer, whose weight is `(outputs, inputs)`.
 *
 * @param {Tensors} tensors
 * @param {string} name
 * @param {Float32Array} x
 */
function linear(tensors, name, x) {
  const result = Float32Array.from(named(tensors, `${name}.bias`));
  addRows(x, transposed(named(tensors, `${name}.weight`), x.length), result);
  return result;
}

/** @param {Float32Array} matrix @param {number} width */
function transposed(matrix, width) {
  const height = matrix.length / width;
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      result[column * height + row] = matrix[row * width + column];
    }
  }
  return result;
}
