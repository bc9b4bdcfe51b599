/**
 * The loop that draws: up to 16 drawings at once, in groups of 4, each a function of its condition
 * and its own random numbers, which are those of `generate/noise`.
 */
import { drawMostTelling, drawMovement, temperatureScales } from "./mixture.js";
import { GROUP } from "./products.js";
import { randomStream } from "./random.js";

/** @typedef {import("../backend.js").Piece} Piece */
/** @typedef {import("../backend.js").Rule} Rule */
/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./network.js").Group} Group */
/** @typedef {import("./network.js").Condition} Condition */
/** @typedef {import("./network.js").Movement} Movement */
/** @typedef {import("./cells.js").Snapshot} Snapshot */

/**
 * One drawing to be made.
 *
 * @typedef {object} Item
 * @property {number} number of its random numbers
 * @property {Condition} condition drawings that share one are begun once
 */

/**
 * @typedef {object} Plan
 * @property {Item[]} items
 * @property {number} seed
 * @property {number} temperature
 * @property {Rule} rule
 * @property {number} candidates for each movement; more than one only if all conditions have a label
 * @property {Movement[]} prefix what all begin with, start token first
 * @property {number} steps most movements of a drawing
 * @property {Place} place
 */

/**
 * Where drawings begin, in pixels.
 *
 * @typedef {object} Place
 * @property {number} x
 * @property {number} y
 * @property {number} scale pixels of a normalised unit
 * @property {"on" | "origin" | "move"} opening the first movement takes the last line `on`, draws from
 *   the `origin`, or is a `move` to the first point
 */

/** Waits while others work; throws if the request was cancelled. */
/** @typedef {() => Promise<void>} Pause */

const BLOCK_STEPS = 256;
const MOST_GROUPS = 4;
const WORK_MS = 12;

/**
 * The standard normal numbers for z of a drawing.
 *
 * @param {number} seed
 * @param {number} number of the drawing
 * @param {number} size
 */
export function latentNoise(seed, number, size) {
  const stream = randomStream([seed, number, 0]);
  return Float32Array.from({ length: size }, () => stream.normal32());
}

/**
 * The noise of a block of movements, four numbers each; see `drawMovement`.
 *
 * @param {number} seed
 * @param {number} number of the drawing
 * @param {number} block
 * @param {number} candidate
 */
function movementNoise(seed, number, block, candidate) {
  const stream = randomStream([seed, number, 1 + block, ...(candidate > 0 ? [candidate] : [])]);
  const noise = new Float32Array(4 * BLOCK_STEPS);
  const fill = (/** @type {number} */ first, /** @type {() => number} */ draw) => {
    for (let place = first; place < noise.length; place += 4) {
      noise[place] = draw();
      noise[place + 1] = draw();
    }
  };
  fill(0, stream.uniform32);
  fill(2, stream.normal32);
  return noise;
}

/** Lets others in after some milliseconds of work. */
export class Breaks {
  #started = performance.now();

  /** @param {Pause} pause */
  constructor(pause) {
    this.pause = pause;
  }

  get isDue() {
    return performance.now() - this.#started > WORK_MS;
  }

  /** Waits if a break is due. */
  async take() {
    if (!this.isDue) return;
    await this.pause();
    this.#started = performance.now();
  }
}

/** A drawing on its way, and its points that were not sent yet. */
class Drawing {
  /** Of each candidate. @type {Float32Array[]} */
  #noises = [];

  /**
   * @param {Plan} plan
   * @param {number} place among the plan's items
   */
  constructor(plan, place) {
    this.plan = plan;
    this.item = plan.items[place];
    this.steps = 0;
    this.x = plan.place.x;
    this.y = plan.place.y;
    this.isLifted = plan.place.opening === "move";
    /** @type {Piece} */
    this.piece = { drawing: place, points: [], end: "" };
    this.place = place;
  }

  /**
   * Draws a movement into `movement` and takes it.
   *
   * @param {Float32Array[]} outputs with its label and, if there are candidates, without
   * @param {import("./mixture.js").Scales} scales
   * @param {number} count of mixture components
   * @param {Float32Array} movement
   */
  draw([output, unlabelled], scales, count, movement) {
    const { plan, item, steps } = this;
    const step = steps % BLOCK_STEPS;
    if (step === 0) {
      this.#noises = Array.from({ length: plan.candidates }, (_, candidate) =>
        movementNoise(plan.seed, item.number, steps / BLOCK_STEPS, candidate),
      );
    }
    const [noise] = this.#noises;
    if (!unlabelled) drawMovement(output, scales, noise, 4 * step, count, movement);
    else drawMostTelling(output, unlabelled, scales, this.#noises, 4 * step, count, movement);
    this.#take(movement);
  }

  /** @param {Float32Array} movement */
  #take([dx, dy, pen]) {
    const { points } = this.piece;
    this.steps += 1;
    if (pen === 2) {
      this.piece.end = "model";
      return;
    }
    const { opening, scale } = this.plan.place;
    const isDot = dx === 0 && dy === 0 && pen === 1;
    if (this.steps === 1 && opening === "origin" && !isDot) points.push([this.x, this.y, 1]);
    const begins = this.isLifted || (this.steps === 1 && opening === "origin" && isDot);
    this.x += Math.fround(dx * Math.fround(scale));
    this.y += Math.fround(dy * Math.fround(scale));
    points.push([this.x, this.y, begins ? 1 : 0]);
    this.isLifted = pen === 1;
    if (this.steps === this.plan.steps) this.piece.end = "limit";
  }

  /** The points since the last piece. @returns {Piece} */
  takePiece() {
    const { piece } = this;
    this.piece = { drawing: this.place, points: [], end: "" };
    return piece;
  }
}

/** What draws one plan. */
class Session {
  /** @type {Group} */
  #reader = /** @type {any} */ (null);
  /** @type {Group[]} */
  #groups = [];
  /** @type {Drawing[]} */
  #drawings = [];
  /** @type {Map<Condition, Snapshot>} */
  #openings = new Map();
  /** @type {Map<Condition, Condition>} */
  #unlabelled = new Map();
  #movement = new Float32Array(3);
  #next = 0;

  /**
   * @param {Network} network
   * @param {Plan} plan
   * @param {Pause} pause
   */
  constructor(network, plan, pause) {
    this.network = network;
    this.plan = plan;
    this.pause = pause;
    this.scales = temperatureScales(plan.temperature, plan.rule);
    /** Slots of a drawing: with its label and, if there are candidates, without. */
    this.width = plan.candidates > 1 ? 2 : 1;
  }

  /** @param {(pieces: Piece[]) => void} onPieces */
  async run(onPieces) {
    const count = Math.min(MOST_GROUPS, Math.ceil((this.plan.items.length * this.width) / GROUP));
    const groups = await this.network.takeGroups(count + 1);
    [this.#reader, ...this.#groups] = groups;
    try {
      const breaks = new Breaks(this.pause);
      await this.#fill();
      while (this.#drawings.length > 0) {
        const pieces = this.#step();
        if (pieces.length > 0) onPieces(pieces);
        await this.#fill();
        if (!breaks.isDue) continue;
        onPieces(this.#drawings.map((drawing) => drawing.takePiece()).filter(hasPoints));
        await breaks.take();
      }
    } finally {
      this.network.giveBack(groups);
    }
  }

  /** Starts drawings while slots are free. */
  async #fill() {
    const { items, prefix } = this.plan;
    const most = (GROUP * this.#groups.length) / this.width;
    while (this.#next < items.length && this.#drawings.length < most) {
      const conditions = this.#conditions(items[this.#next]);
      if (prefix.length > 1 && !this.#openings.has(conditions[0])) await this.#open();
      this.#slots(this.#drawings.length).forEach(([group, slot], number) => {
        const opening = this.#openings.get(conditions[number]);
        if (opening) this.network.cell.load(group, slot, opening);
        else this.network.start(group, slot, conditions[number]);
        this.network.feed(group, slot, prefix[prefix.length - 1]);
      });
      this.#drawings.push(new Drawing(this.plan, this.#next));
      this.#next += 1;
    }
  }

  /** The conditions of a drawing's slots. @param {Item} item */
  #conditions({ condition }) {
    if (this.width === 1) return [condition];
    const unlabelled = this.#unlabelled.get(condition) ?? { ...condition, label: null };
    this.#unlabelled.set(condition, unlabelled);
    return [condition, unlabelled];
  }

  /** Reads the beginning under the next conditions, as many as go into a group. */
  async #open() {
    const { network, plan } = this;
    const ahead = plan.items.slice(this.#next).flatMap((item) => this.#conditions(item));
    const conditions = [...new Set(ahead)].slice(0, GROUP);
    await readBeginning(network, this.#reader, conditions, plan.prefix, this.pause);
    // Those before are not needed any more.
    this.#openings = new Map(
      conditions.map((condition, slot) => [condition, network.cell.save(this.#reader, slot)]),
    );
  }

  /**
   * Draws a movement of each drawing; returns the last pieces of those that ended.
   *
   * @returns {Piece[]}
   */
  #step() {
    const { network } = this;
    const used = this.#drawings.length * this.width;
    for (let first = 0; first < used; first += GROUP) {
      network.step(this.#groups[first / GROUP], Math.min(GROUP, used - first));
    }
    const { num_mixture: count } = network.config;
    this.#drawings.forEach((drawing, place) => {
      const slots = this.#slots(place);
      const outputs = slots.map(([group, slot]) => network.outputs(group, slot));
      drawing.draw(outputs, this.scales, count, this.#movement);
      slots.forEach(([group, slot]) => network.feed(group, slot, this.#movement));
    });
    return this.#removeEnded();
  }

  /** The last drawing takes the place of one that ended, so that groups stay full. */
  #removeEnded() {
    const pieces = [];
    for (let place = this.#drawings.length - 1; place >= 0; place -= 1) {
      const drawing = this.#drawings[place];
      if (drawing.piece.end === "") continue;
      pieces.push(drawing.takePiece());
      const last = this.#drawings.length - 1;
      if (place < last) {
        const free = this.#slots(place);
        this.#slots(last).forEach((slot, number) => this.network.cell.copy(...slot, ...free[number]));
        this.#drawings[place] = this.#drawings[last];
      }
      this.#drawings.pop();
    }
    return pieces;
  }

  /** Those of a drawing, which are of one group. @param {number} place @returns {[Group, number][]} */
  #slots(place) {
    const first = place * this.width;
    const group = this.#groups[Math.floor(first / GROUP)];
    return Array.from({ length: this.width }, (_, number) => [group, (first + number) % GROUP]);
  }
}

/** @param {Piece} piece */
const hasPoints = (piece) => piece.points.length > 0;

/**
 * Draws all drawings of a plan.
 *
 * @param {Network} network
 * @param {Plan} plan
 * @param {(pieces: Piece[]) => void} onPieces
 * @param {Pause} pause
 */
export async function drawAll(network, plan, onPieces, pause) {
  await new Session(network, plan, pause).run(onPieces);
}

/**
 * Starts drawings under these conditions and reads all movements of a beginning but the last.
 *
 * @param {Network} network
 * @param {Group} group
 * @param {Condition[]} conditions up to GROUP
 * @param {Movement[]} prefix
 * @param {Pause} pause
 * @param {(step: number) => void} [onStep] called with the outputs after each movement in place
 */
export async function readBeginning(network, group, conditions, prefix, pause, onStep) {
  const breaks = new Breaks(pause);
  conditions.forEach((condition, slot) => network.start(group, slot, condition));
  for (let step = 0; step < prefix.length - 1; step += 1) {
    conditions.forEach((_, slot) => network.feed(group, slot, prefix[step]));
    network.step(group, conditions.length, !onStep);
    onStep?.(step);
    await breaks.take();
  }
}
