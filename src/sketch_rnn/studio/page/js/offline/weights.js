/**
 * A model as an exported page carries it: a header in JSON, and all weights as 16-bit floating point
 * numbers, little-endian, in base64.
 *
 * @typedef {object} Config the settings of `ModelConfig` that drawing needs
 * @property {"lstm" | "layer_norm"} dec_model
 * @property {number} dec_rnn_size
 * @property {"lstm" | "layer_norm"} enc_model
 * @property {number} enc_rnn_size
 * @property {number} z_size
 * @property {number} num_mixture
 * @property {boolean} conditional
 * @property {number} num_labels
 * @property {number} label_size
 *
 * @typedef {object} Profile of its data, as `DataProfile`
 * @property {number} scale pixels of a normalised unit
 * @property {number} max_seq_len
 * @property {"move" | "line"} first_row
 * @property {number} typical_size
 * @property {number} typical_spacing
 * @property {[number, number]} typical_corner
 * @property {string[]} labels
 *
 * @typedef {object} Habits as `DrawingHabits`
 * @property {import("../backend.js").Rule} temperature_rule
 * @property {number[]} start_token
 * @property {number} label_strength
 * @property {number} label_candidates
 *
 * @typedef {object} Header
 * @property {number} format
 * @property {string} name
 * @property {string} about
 * @property {Config} config
 * @property {Profile} profile
 * @property {Habits} habits
 * @property {[string, number[]][]} tensors name and shape of each, in the order of the weights
 */

const FORMAT = 1;

/** @typedef {Map<string, Float32Array>} Tensors by name, row after row */

/**
 * The weights as 32-bit numbers.
 *
 * @param {Header} header
 * @param {string} text base64
 * @returns {Tensors}
 */
export function readTensors(header, text) {
  if (header.format !== FORMAT) throw new Error(`a model of format ${header.format}, not ${FORMAT}`);
  const halves = halvesOf(text);
  const tensors = new Map();
  let place = 0;
  for (const [name, shape] of header.tensors) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (place + size > halves.length) throw new Error("the weights are cut off");
    tensors.set(name, floatsOf(halves.subarray(place, place + size)));
    place += size;
  }
  return tensors;
}

/** @param {string} text */
function halvesOf(text) {
  const letters = atob(text);
  const halves = new Uint16Array(letters.length >> 1);
  for (let place = 0; place < halves.length; place += 1) {
    halves[place] = letters.charCodeAt(2 * place) | (letters.charCodeAt(2 * place + 1) << 8);
  }
  return halves;
}

/** @param {Uint16Array} halves */
function floatsOf(halves) {
  const bits = new Uint32Array(halves.length);
  halves.forEach((half, place) => {
    bits[place] = floatBits(half);
  });
  return new Float32Array(bits.buffer);
}

/**
 * The 32 bits of a 16-bit floating point number: a sign, 5 bits of exponent, 10 of fraction.
 *
 * @param {number} half
 */
function floatBits(half) {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Below the smallest normal number of 16 bits, but a normal one of 32: fraction * 2^-24.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
