/**
 * The distribution of the next movement, read from the decoder's output, and draws from it: the
 * equations of `model/mixture`.
 *
 * An output is `3 + 6M` numbers: three pen logits, then M each of pi logits, mu_x, mu_y, log sigma_x,
 * log sigma_y and atanh rho. Offsets are normalised.
 */

/** @typedef {import("../backend.js").Rule} Rule */

// Beyond these the density over- or underflows; trained models stay far inside.
const MAX_ATANH_RHO = 7;
const MAX_LOG_SIGMA = 20;

/** A factor on sigma, and divisors of the logits of components and pen. */
/** @typedef {{sigma: number, components: number, pen: number, greedy: boolean}} Scales */

/**
 * The effect of a temperature under a rule; see `temperature_scales` in Python.
 *
 * @param {number} temperature
 * @param {Rule} rule
 * @returns {Scales}
 */
export function temperatureScales(temperature, rule) {
  const half = 0.5 + 0.5 * temperature;
  const root = Math.sqrt(temperature);
  const rules = {
    paper: { sigma: root, components: temperature, pen: temperature },
    original: { sigma: temperature, components: temperature, pen: temperature },
    js: { sigma: root, components: half, pen: half },
    offsets: { sigma: root, components: temperature, pen: 1 },
  };
  const scales = rules[rule];
  return { ...scales, greedy: temperature === 0 || scales.components < 1e-9 };
}

/**
 * The random numbers of one movement: uniform for component and pen, normal for dx and dy.
 *
 * @typedef {[number, number, number, number]} Noise
 */

/**
 * Draws a movement, the likeliest one where the scales are greedy.
 *
 * @param {Float32Array} output
 * @param {Scales} scales
 * @param {ArrayLike<number>} noise of many movements
 * @param {number} place of this movement's four numbers
 * @param {number} count M
 * @param {Float32Array} movement gets dx, dy and the pen: 0 down, 1 lifted, 2 ended
 */
export function drawMovement(output, scales, noise, place, count, movement) {
  const { greedy } = scales;
  const component = greedy
    ? largest(output, 3, count)
    : pick(output, 3, count, scales.components, noise[place]);
  movement[2] = greedy ? largest(output, 0, 3) : pick(output, 0, 3, scales.pen, noise[place + 1]);
  const first = 3 + component;
  const [meanX, meanY] = [output[first + count], output[first + 2 * count]];
  if (greedy) {
    movement[0] = meanX;
    movement[1] = meanY;
    return;
  }
  const sigmaX = Math.exp(clamped(output[first + 3 * count], MAX_LOG_SIGMA)) * scales.sigma;
  const sigmaY = Math.exp(clamped(output[first + 4 * count], MAX_LOG_SIGMA)) * scales.sigma;
  const size = clamped(output[first + 5 * count], MAX_ATANH_RHO);
  // sqrt(1 - rho^2) = 1 / cosh(atanh rho), which stays exact where rho rounds to 1.
  const [normalX, other] = [noise[place + 2], noise[place + 3]];
  movement[0] = meanX + sigmaX * normalX;
  movement[1] = meanY + sigmaY * (Math.tanh(size) * normalX + other / Math.cosh(size));
}

/**
 * Draws a movement for each series of random numbers and takes the one that tells most of the label;
 * see `most_telling` in Python.
 *
 * @param {Float32Array} labelled output
 * @param {Float32Array} unlabelled output of the same drawing without its label
 * @param {Scales} scales
 * @param {Float32Array[]} noises as `drawMovement` takes them
 * @param {number} place
 * @param {number} count M
 * @param {Float32Array} movement
 */
export function drawMostTelling(labelled, unlabelled, scales, noises, place, count, movement) {
  const [mixture, other] = [mixtureOf(labelled, count), mixtureOf(unlabelled, count)];
  const candidate = new Float32Array(3);
  let most = 0;
  noises.forEach((noise, number) => {
    drawMovement(labelled, scales, noise, place, count, candidate);
    const [dx, dy] = candidate;
    const told = offsetLogDensity(mixture, dx, dy) - offsetLogDensity(other, dx, dy);
    if (number > 0 && !(told > most)) return;
    most = told;
    movement.set(candidate);
  });
}

/** @param {number} value @param {number} limit */
const clamped = (value, limit) => Math.min(Math.max(value, -limit), limit);

/**
 * @param {Float32Array} values
 * @param {number} first
 * @param {number} count
 */
function largest(values, first, count) {
  let best = 0;
  for (let place = 1; place < count; place += 1) {
    if (values[first + place] > values[first + best]) best = place;
  }
  return best;
}

/**
 * The class that a uniform number picks from logits, by inverting the cumulative sum.
 *
 * @param {Float32Array} values
 * @param {number} first
 * @param {number} count
 * @param {number} divisor of the logits
 * @param {number} uniform
 */
function pick(values, first, count, divisor, uniform) {
  const top = values[first + largest(values, first, count)];
  let total = 0;
  for (let place = 0; place < count; place += 1) {
    total += Math.exp((values[first + place] - top) / divisor);
  }
  let sum = 0;
  for (let place = 0; place < count - 1; place += 1) {
    sum += Math.exp((values[first + place] - top) / divisor);
    if (uniform < sum / total) return place;
  }
  return count - 1;
}

/**
 * The parameters of one distribution, in normalised units.
 *
 * @typedef {object} Mixture
 * @property {number[]} pi
 * @property {[number, number][]} mean
 * @property {[number, number][]} logSigma
 * @property {number[]} atanhRho
 * @property {[number, number, number]} pens probabilities of down, lifted and ended
 */

/**
 * @param {Float32Array} output
 * @param {number} count M
 * @returns {Mixture}
 */
export function mixtureOf(output, count) {
  const part = (/** @type {number} */ number) =>
    Array.from(output.subarray(3 + number * count, 3 + (number + 1) * count));
  const [pi, meanX, meanY, logX, logY, atanhRho] = [0, 1, 2, 3, 4, 5].map(part);
  const pens = softmax(Array.from(output.subarray(0, 3)));
  return {
    pi: softmax(pi),
    mean: meanX.map((x, place) => [x, meanY[place]]),
    logSigma: logX.map((x, place) => [
      clamped(x, MAX_LOG_SIGMA),
      clamped(logY[place], MAX_LOG_SIGMA),
    ]),
    atanhRho: atanhRho.map((value) => clamped(value, MAX_ATANH_RHO)),
    pens: [pens[0], pens[1], pens[2]],
  };
}

/** @param {number[]} logits */
export function softmax(logits) {
  const top = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/**
 * The log density of an offset (Graves 2013, eq. 24-26).
 *
 * @param {Mixture} mixture
 * @param {number} dx
 * @param {number} dy
 */
export function offsetLogDensity({ pi, mean, logSigma, atanhRho }, dx, dy) {
  const terms = pi.map((weight, place) => {
    const [logX, logY] = logSigma[place];
    const x = (dx - mean[place][0]) * Math.exp(-logX);
    const y = (dy - mean[place][1]) * Math.exp(-logY);
    // As in Python: eq. 25 as printed loses all digits for rho near 1.
    const size = Math.abs(atanhRho[place]);
    const logRest = -2 * (size + Math.log1p(Math.exp(-2 * size)) - Math.LN2);
    const ratio = Math.exp(2 * atanhRho[place]);
    const distance = (1 + 1 / ratio) * (x + y) ** 2 + (1 + ratio) * (x - y) ** 2;
    const logDensity = -distance / 8 - Math.log(2 * Math.PI) - logX - logY - logRest / 2;
    return Math.log(weight) + logDensity;
  });
  const top = Math.max(...terms);
  if (top === -Infinity) return top;
  return top + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - top), 0));
}
