/**
 * Answers the page's requests with a network: what `answers.py` does on the server.
 */
import { BackendError } from "../backend.js";
import { beginningLogDensities } from "./density.js";
import { drawAll, latentNoise, readBeginning } from "./drawing.js";
import { fitDrawing } from "./fitting.js";
import { mixtureOf, offsetLogDensity, softmax } from "./mixture.js";
import { named } from "./cells.js";
import { Network } from "./network.js";
import { randomStream } from "./random.js";
import { readTensors } from "./weights.js";

/** @typedef {import("../backend.js").Corner} Corner */
/** @typedef {import("../backend.js").DrawRequest} DrawRequest */
/** @typedef {import("../backend.js").Guess} Guess */
/** @typedef {import("../backend.js").InsideRequest} InsideRequest */
/** @typedef {import("../backend.js").Lines} Lines */
/** @typedef {import("../backend.js").Manner} Manner */
/** @typedef {import("../backend.js").ModelInfo} ModelInfo */
/** @typedef {import("../backend.js").MorphRequest} MorphRequest */
/** @typedef {import("../backend.js").Piece} Piece */
/** @typedef {import("../backend.js").Step} Step */
/** @typedef {import("../backend.js").VaryRequest} VaryRequest */
/** @typedef {import("./drawing.js").Item} Item */
/** @typedef {import("./drawing.js").Pause} Pause */
/** @typedef {import("./drawing.js").Place} Place */
/** @typedef {import("./fitting.js").Fitted} Fitted */
/** @typedef {import("./network.js").Condition} Condition */
/** @typedef {import("./network.js").Movement} Movement */
/** @typedef {import("./weights.js").Header} Header */

/** @typedef {(pieces: Piece[]) => void} OnPieces */

const DEFAULT_TEMPERATURE = 0.4;
const NUM_GUESSES = 5;
const LIKELY_STREAM = 10 ** 6;
// As many candidates for z as this many multiplications can weigh, in about half a second.
const LIKELY_PRODUCTS = 2e9;
const [FEWEST_CANDIDATES, MOST_CANDIDATES] = [32, 1000];
const PENS = /** @type {const} */ (["down", "up", "end"]);
/** @type {Movement} */
const END = [0, 0, 2];

/** One model, ready to draw. */
export class Engine {
  /**
   * @param {Header} header
   * @param {string} weights base64
   * @param {boolean} [plain] do without WebAssembly
   */
  constructor(header, weights, plain = false) {
    this.header = header;
    this.network = new Network(header.config, readTensors(header, weights), plain);
  }

  /** @returns {ModelInfo} */
  info() {
    const { name, about, config, profile, habits } = this.header;
    return {
      name,
      about,
      labels: config.num_labels ? profile.labels : [],
      latent: config.conditional,
      encoder: config.conditional,
      cell: config.dec_model,
      units: config.dec_rnn_size,
      mixture: config.num_mixture,
      longest: profile.max_seq_len,
      size: profile.typical_size,
      rule: habits.temperature_rule,
      strength: habits.label_strength,
    };
  }

  /**
   * @param {DrawRequest} request
   * @param {OnPieces} onPieces
   * @param {Pause} pause
   */
  async draw(request, onPieces, pause) {
    const labels = request.labels?.length ? request.labels.map((name) => this.#drawnLabel(name, request)) : [null];
    const { lines, count, seed = 0 } = request;
    if (!lines?.length) {
      const items = labels.flatMap((label) => this.#items(count, seed, label));
      await this.#drawNew(items, request, onPieces, pause);
      return;
    }
    const limit = this.#limit(request);
    if (limit < 2) throw new BackendError(`limit=${limit} leaves no ending: the part counts`);
    const { continues = false } = request;
    const options = { part: true, continues, maxRows: limit - 1 };
    const fitted = fitDrawing(lines, this.header.profile, options);
    const prefix = this.#prefix(fitted);
    const items = [];
    for (const label of labels) {
      const latents = await this.#latents(request, fitted, prefix, label, pause);
      items.push(...latents.map((condition, number) => ({ number, condition })));
    }
    const [x, y] = fitted.end;
    const scale = this.header.profile.scale / fitted.factor;
    /** @type {Place} */
    const place = { x, y, scale, opening: continues ? "on" : "move" };
    const steps = Math.min(limit - fitted.movements.length, request.add ?? Infinity);
    const plan = { ...this.#manner(request, items), items, prefix, steps, place };
    await drawAll(this.network, plan, onPieces, pause);
  }

  /**
   * @param {MorphRequest} request
   * @param {OnPieces} onPieces
   * @param {Pause} pause
   */
  async morph(request, onPieces, pause) {
    const { corners, steps, path = "linear", seed = 0 } = request;
    const byLabel = corners.filter((corner) => "label" in corner).length;
    if (byLabel > 0 && byLabel < corners.length) {
      throw new BackendError("corners are either all labels or all drawings; change some of them");
    }
    const vectors = between(
      corners.map((corner) => this.#cornerVector(corner)),
      steps,
      path === "spherical",
    );
    const items = vectors.map((vector) => ({
      number: 0,
      condition:
        byLabel > 0
          ? this.#condition(seed, 0, this.#strong(vector, request))
          : { z: vector, label: null },
    }));
    await this.#drawNew(items, request, onPieces, pause);
  }

  /**
   * @param {VaryRequest} request
   * @param {OnPieces} onPieces
   * @param {Pause} pause
   */
  async vary(request, onPieces, pause) {
    const { lines, count, spread, seed = 0 } = request;
    const center = this.#encoded(fitDrawing(lines, this.header.profile));
    const items = Array.from({ length: count }, (_, number) => {
      const noise = latentNoise(seed, number, center.length);
      const z = center.map((value, place) => value + Math.fround(spread * noise[place]));
      return { number, condition: { z, label: null } };
    });
    await this.#drawNew(items, request, onPieces, pause);
  }

  /**
   * The distribution of each movement of a drawing.
   *
   * @param {InsideRequest} request
   * @param {Pause} pause
   * @returns {Promise<Step[]>}
   */
  async inside(request, pause) {
    const { lines, label, ended } = request;
    const { profile } = this.header;
    const fitted = fitDrawing(lines, profile, { part: !ended });
    const condition = this.#shown(fitted, label === undefined ? null : this.#drawnLabel(label, request));
    const { movements, factor } = fitted;
    const rows = [...movements, ...(ended ? [END] : [])];
    const size = profile.scale / factor;
    /** @type {[number, number]} */
    let from = [fitted.origin[0], fitted.origin[1]];
    let drew = profile.first_row === "line";
    /** @type {Step[]} */
    const steps = [];
    await this.#read(condition, [...this.#start(), ...rows], pause, (mixture, place) => {
      const [dx, dy, state] = rows[place];
      const pen = PENS[state];
      const density = pen === "end" ? 0 : offsetLogDensity(mixture, dx, dy) - 2 * log(profile.scale);
      /** @type {[number, number]} */
      const to = pen === "end" ? from : [from[0] + dx * size, from[1] + dy * size];
      steps.push({
        ...{ from, to, pen, drew: drew && pen !== "end" },
        pi: mixture.pi,
        mean: mixture.mean.map(([x, y]) => [x * size, y * size]),
        sigma: mixture.logSigma.map(([x, y]) => [exp(x) * size, exp(y) * size]),
        rho: mixture.atanhRho.map(Math.tanh),
        pens: mixture.pens,
        logp: log(mixture.pens[state]) + density,
      });
      [from, drew] = [to, pen === "down"];
    });
    return steps;
  }

  /**
   * The likeliest labels of a drawing that may be unfinished, all equally likely before.
   *
   * @param {Lines} lines
   * @param {Pause} pause
   * @returns {Promise<Guess[]>}
   */
  async guess(lines, pause) {
    const { labels } = this.header.profile;
    const fitted = fitDrawing(lines, this.header.profile, { part: true });
    const { z } = this.#shown(fitted, null);
    const conditions = labels.map((name) => ({ z, label: this.#label(name) }));
    const densities = await beginningLogDensities(this.network, conditions, this.#prefix(fitted), pause);
    const shares = softmax(densities);
    const guesses = labels.map((label, place) => ({ label, probability: shares[place] }));
    return guesses.sort((a, b) => b.probability - a.probability).slice(0, NUM_GUESSES);
  }

  /**
   * @param {Item[]} items
   * @param {Manner} request
   * @param {OnPieces} onPieces
   * @param {Pause} pause
   */
  async #drawNew(items, request, onPieces, pause) {
    const { scale, first_row: firstRow } = this.header.profile;
    /** @type {Place} */
    const place = { x: 0, y: 0, scale, opening: firstRow === "line" ? "origin" : "move" };
    const [prefix, steps] = [this.#start(), this.#limit(request)];
    const plan = { ...this.#manner(request, items), items, prefix, steps, place };
    await drawAll(this.network, plan, onPieces, pause);
  }

  /** @param {Manner} request @param {Item[]} items */
  #manner({ seed = 0, temperature = DEFAULT_TEMPERATURE, rule, candidates }, items) {
    const { habits } = this.header;
    const isLabelled = items.every((item) => item.condition.label);
    return {
      ...{ seed, temperature, rule: rule ?? habits.temperature_rule },
      candidates: isLabelled ? (candidates ?? habits.label_candidates) : 1,
    };
  }

  /** @param {Manner} request */
  #limit({ limit }) {
    return limit ?? this.header.profile.max_seq_len;
  }

  /**
   * @param {number} count
   * @param {number} seed
   * @param {Float32Array | null} label
   * @returns {Item[]}
   */
  #items(count, seed, label) {
    const shared = this.#condition(seed, 0, label);
    return Array.from({ length: count }, (_, number) => ({
      number,
      condition: shared.z ? this.#condition(seed, number, label) : shared,
    }));
  }

  /**
   * The condition of a new drawing, z from N(0, 1).
   *
   * @param {number} seed
   * @param {number} number
   * @param {Float32Array | null} label
   * @returns {Condition}
   */
  #condition(seed, number, label) {
    const { conditional, z_size: size } = this.header.config;
    return { z: conditional ? latentNoise(seed, number, size) : null, label };
  }

  /**
   * The conditions of the endings of a drawing.
   *
   * @param {DrawRequest} request
   * @param {Fitted} fitted
   * @param {Movement[]} prefix
   * @param {Float32Array | null} label
   * @param {Pause} pause
   * @returns {Promise<Condition[]>}
   */
  async #latents({ count, seed = 0, latent = "encode" }, fitted, prefix, label, pause) {
    const { conditional } = this.header.config;
    if (conditional && latent === "likely") {
      return this.#likely(count, seed, prefix, label, pause);
    }
    if (conditional && latent === "prior") {
      return this.#items(count, seed, label).map((item) => item.condition);
    }
    return new Array(count).fill(this.#shown(fitted, label));
  }

  /**
   * Latent vectors under which a drawing is likely to begin like this, by importance resampling; see
   * `likely_latents` in Python, which has the time to weigh 1,000 candidates always.
   *
   * @param {number} count
   * @param {number} seed
   * @param {Movement[]} prefix
   * @param {Float32Array | null} label
   * @param {Pause} pause
   */
  async #likely(count, seed, prefix, label, pause) {
    const products = this.network.cell.matrix.values.length * prefix.length;
    const affordable = Math.floor(LIKELY_PRODUCTS / products);
    const size = Math.min(Math.max(affordable, FEWEST_CANDIDATES), MOST_CANDIDATES);
    const candidates = Array.from({ length: size }, (_, number) =>
      this.#condition(seed, number, label),
    );
    const shares = softmax(await beginningLogDensities(this.network, candidates, prefix, pause));
    return Array.from({ length: count }, (_, number) => {
      let left = randomStream([seed, number, LIKELY_STREAM]).uniform();
      const chosen = shares.findIndex((share) => (left -= share) < 0);
      return candidates[chosen < 0 ? size - 1 : chosen];
    });
  }

  /**
   * Shows a drawing to the decoder, and hands over the distribution of each movement.
   *
   * @param {Condition} condition
   * @param {Movement[]} rows start token first
   * @param {Pause} pause
   * @param {(mixture: import("./mixture.js").Mixture, place: number) => void} onStep `place` is that
   *   of the movement after the start token
   */
  async #read(condition, rows, pause, onStep) {
    const { network } = this;
    const [group] = await network.takeGroups(1);
    try {
      await readBeginning(network, group, [condition], rows, pause, (place) =>
        onStep(mixtureOf(network.outputs(group, 0), network.config.num_mixture), place),
      );
    } finally {
      network.giveBack([group]);
    }
  }

  /** @returns {Movement[]} the first input */
  #start() {
    const [dx, dy, ...pens] = this.header.habits.start_token;
    return [[dx, dy, pens.indexOf(1)]];
  }

  /** @param {Fitted} fitted @returns {Movement[]} */
  #prefix(fitted) {
    return [...this.#start(), ...fitted.movements];
  }

  /**
   * The condition of a drawing that is shown.
   *
   * @param {Fitted} fitted
   * @param {Float32Array | null} label
   * @returns {Condition}
   */
  #shown(fitted, label) {
    return { z: this.network.encoder ? this.#encoded(fitted) : null, label };
  }

  /** @param {Fitted} fitted */
  #encoded(fitted) {
    const { encoder } = this.network;
    if (!encoder) throw new BackendError("this model has no encoder; choose labels");
    return encoder.posterior(fitted.movements).mean;
  }

  /** @param {string} name */
  #label(name) {
    const { config, profile } = this.header;
    const number = config.num_labels ? profile.labels.indexOf(name) : -1;
    if (number < 0) throw new BackendError(`this model has no label ${JSON.stringify(name)}`);
    const size = config.label_size;
    const vectors = named(this.network.tensors, "label_vectors");
    return vectors.slice(number * size, (number + 1) * size);
  }

  /** @param {string} name @param {{strength?: number}} request */
  #drawnLabel(name, request) {
    return this.#strong(this.#label(name), request);
  }

  /**
   * A label's vector with the strength that drawings take it with.
   *
   * @param {Float32Array} vector
   * @param {{strength?: number}} request
   */
  #strong(vector, { strength = this.header.habits.label_strength }) {
    return vector.map((value) => value * strength);
  }

  /** @param {Corner} corner */
  #cornerVector(corner) {
    if ("label" in corner) return this.#label(corner.label);
    const { conditional, z_size: size } = this.header.config;
    if (!conditional) throw new BackendError("this model has no z to morph; choose labels");
    if ("lines" in corner) return this.#encoded(fitDrawing(corner.lines, this.header.profile));
    if ("seed" in corner) return latentNoise(corner.seed, 0, size);
    if (corner.z.length !== size) throw new BackendError(`a z of this model has ${size} numbers`);
    return Float32Array.from(corner.z);
  }
}

const { exp, log } = Math;

/**
 * The vectors on the way between two corners, or in the grid of four, row after row.
 *
 * @param {Float32Array[]} corners
 * @param {number} steps along each side
 * @param {boolean} isArc along the arc that keeps the length, or along the line
 * @returns {Float32Array[]}
 */
export function between(corners, steps, isArc) {
  const way = (/** @type {Float32Array} */ start, /** @type {Float32Array} */ end) =>
    Array.from({ length: steps }, (_, step) => blended(start, end, step / (steps - 1), isArc));
  if (corners.length === 2) return way(corners[0], corners[1]);
  const left = way(corners[0], corners[2]);
  const right = way(corners[1], corners[3]);
  return left.flatMap((vector, row) => way(vector, right[row]));
}

/**
 * @param {Float32Array} start
 * @param {Float32Array} end
 * @param {number} share
 * @param {boolean} isArc White 2016, arXiv:1609.04468
 */
function blended(start, end, share, isArc) {
  const [from, to] = isArc ? arcShares(start, end, share) : [1 - share, share];
  return start.map((value, place) => from * value + to * end[place]);
}

/**
 * @param {Float32Array} start
 * @param {Float32Array} end
 * @param {number} share
 */
function arcShares(start, end, share) {
  const lengths = Math.hypot(...start) * Math.hypot(...end);
  const product = start.reduce((sum, value, place) => sum + value * end[place], 0);
  const angle = Math.acos(Math.min(Math.max(product / Math.max(lengths, 1e-30), -1), 1));
  const sine = Math.sin(angle);
  if (lengths === 0 || sine < 1e-4) return [1 - share, share];
  return [Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine];
}
