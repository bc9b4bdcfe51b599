/**
 * Random numbers, bit for bit those of `numpy.random.default_rng`: PCG64 (O'Neill 2014, XSL RR
 * 128/64) seeded by a seed sequence, so that a seed means the same drawing here and in Python.
 */

const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;
const PCG_MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

/**
 * A stream of random numbers.
 *
 * @typedef {object} Stream
 * @property {() => number} uniform double in [0, 1)
 * @property {() => number} uniform32 float32 in [0, 1)
 * @property {() => number} normal32 standard normal float32
 */

/**
 * The stream of these whole numbers of at least 0, as `default_rng([...entropy])`.
 *
 * @param {number[]} entropy
 * @returns {Stream}
 */
export function randomStream(entropy) {
  const words = seedWords(entropy.flatMap(wordsOf), 8);
  const [high, low, incrementHigh, incrementLow] = pairs(words);
  const increment = ((((incrementHigh << 64n) | incrementLow) << 1n) | 1n) & MASK_128;
  let state = (increment + ((high << 64n) | low)) & MASK_128;
  state = (state * PCG_MULTIPLIER + increment) & MASK_128;
  /** @type {number | null} */
  let spare = null;

  function next64() {
    state = (state * PCG_MULTIPLIER + increment) & MASK_128;
    const rotation = state >> 122n;
    const folded = ((state >> 64n) ^ state) & MASK_64;
    return ((folded >> rotation) | (folded << (64n - rotation))) & MASK_64;
  }

  function next32() {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const value = next64();
    spare = Number(value >> 32n);
    return Number(value & 0xffffffffn);
  }

  const uniform32 = () => (next32() >>> 8) / 2 ** 24;
  return {
    uniform: () => Number(next64() >> 11n) / 2 ** 53,
    uniform32,
    normal32: () => normalOf(next32, uniform32),
  };
}

/** @param {number} value */
function wordsOf(value) {
  const words = [value % 2 ** 32];
  for (let rest = Math.floor(value / 2 ** 32); rest > 0; rest = Math.floor(rest / 2 ** 32)) {
    words.push(rest % 2 ** 32);
  }
  return words;
}

/** @param {Uint32Array} words */
function pairs(words) {
  return [0, 2, 4, 6].map((place) => (BigInt(words[place + 1]) << 32n) | BigInt(words[place]));
}

/**
 * NumPy's `SeedSequence`: `count` well mixed 32-bit words from any number of them.
 *
 * @param {number[]} entropy
 * @param {number} count
 */
function seedWords(entropy, count) {
  const pool = new Uint32Array(4);
  const hash = hasher(0x43b0d7e5, 0x931e8875);
  pool.forEach((_, place) => {
    pool[place] = hash(place < entropy.length ? entropy[place] : 0);
  });
  for (let source = 0; source < 4; source += 1) {
    for (let target = 0; target < 4; target += 1) {
      if (source !== target) pool[target] = mixed(pool[target], hash(pool[source]));
    }
  }
  for (const word of entropy.slice(4)) {
    for (let target = 0; target < 4; target += 1) pool[target] = mixed(pool[target], hash(word));
  }
  const expand = hasher(0x8b51f9dd, 0x58f38ded);
  return Uint32Array.from({ length: count }, (_, place) => expand(pool[place % 4]));
}

/**
 * A hash of 32-bit words whose constant changes with every word.
 *
 * @param {number} constant
 * @param {number} multiplier
 */
function hasher(constant, multiplier) {
  let current = constant;
  return (/** @type {number} */ word) => {
    const value = word ^ current;
    current = Math.imul(current, multiplier);
    const product = Math.imul(value, current);
    return (product ^ (product >>> 16)) >>> 0;
  };
}

/**
 * @param {number} target
 * @param {number} word
 */
function mixed(target, word) {
  const value = (Math.imul(0xca01f9dd, target) - Math.imul(0x4973f715, word)) >>> 0;
  return (value ^ (value >>> 16)) >>> 0;
}

// The ziggurat of Marsaglia and Tsang 2000 with 256 layers: where its tail begins, a layer's area.
const TAIL = 3.6541528853610088;
const AREA = 0.00492867323399;
const { widths, heights, insides } = layers();

function layers() {
  const scale = 2 ** 23;
  const tables = {
    widths: new Float32Array(256),
    heights: new Float32Array(256),
    insides: new Float64Array(256),
  };
  let outer = TAIL;
  let height = Math.exp(-0.5 * outer * outer);
  tables.widths[0] = AREA / height / scale;
  tables.heights[0] = 1;
  tables.insides[0] = Math.floor(((outer * height) / AREA) * scale);
  tables.widths[255] = outer / scale;
  tables.heights[255] = height;
  for (let layer = 254; layer > 0; layer -= 1) {
    const inner = Math.sqrt(-2 * Math.log(AREA / outer + height));
    tables.insides[layer + 1] = Math.floor((inner / outer) * scale);
    tables.widths[layer] = inner / scale;
    height = Math.exp(-0.5 * inner * inner);
    tables.heights[layer] = height;
    outer = inner;
  }
  return tables;
}

/**
 * @param {() => number} next32
 * @param {() => number} uniform32
 */
function normalOf(next32, uniform32) {
  for (;;) {
    const bits = next32();
    const layer = bits & 0xff;
    const sign = (bits >>> 8) & 1 ? -1 : 1;
    const mantissa = bits >>> 9;
    const size = Math.fround(mantissa * widths[layer]);
    if (mantissa < insides[layer]) return sign * size;
    if (layer === 0) return (mantissa >>> 8) & 1 ? -tail(uniform32) : tail(uniform32);
    const height = (heights[layer - 1] - heights[layer]) * uniform32() + heights[layer];
    if (Math.fround(height) < Math.exp(-0.5 * size * size)) return sign * size;
  }
}

/** @param {() => number} uniform32 */
function tail(uniform32) {
  const { fround, log1p } = Math;
  for (;;) {
    const beyond = fround(-fround(1 / TAIL) * fround(log1p(-uniform32())));
    const other = fround(-log1p(-uniform32()));
    if (fround(other + other) > fround(beyond * beyond)) return fround(fround(TAIL) + beyond);
  }
}
