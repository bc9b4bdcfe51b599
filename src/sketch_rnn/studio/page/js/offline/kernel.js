/**
 * The WebAssembly module that multiplies, put together byte by byte: names stand for opcodes, and
 * nothing is compiled from text.
 */

// WebAssembly Core Specification 2.0, section 5: binary format.
const I32 = 0x7f;
const V128 = 0x7b;
const EMPTY_BLOCK = 0x40;
const LOOP = 0x03;
const END = 0x0b;
const BR_IF = 0x0d;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const I32_CONST = 0x41;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const V128_LOAD = [0xfd, 0x00];
const V128_LOAD32_SPLAT = [0xfd, 0x09];
const V128_STORE = [0xfd, 0x0b];
const F32X4_ADD = [0xfd, 0xe4, 0x01];
const F32X4_MUL = [0xfd, 0xe6, 0x01];

// The kernel's parameters, then its other locals.
const [X, W, Y, ROWS, PANELS, STRIDE] = [0, 1, 2, 3, 4, 5];
const [ROW, VALUES, OUTPUT] = [6, 7, 8];
const [LEFT, RIGHT, SPLAT, SUMS] = [9, 10, 11, 12];
const UNROLL = 4;

/**
 * A module with the functions `product1` to `productN` of the signature `Kernel`, which add to y,
 * and the imported memory `page.memory`. Addresses are in bytes.
 *
 * @param {number} group N, the most vectors
 */
export function productModule(group) {
  const counts = Array.from({ length: group }, (_, place) => place + 1);
  const type = [0x60, ...vector(Array(6).fill([I32])), 0];
  const memory = [...name("page"), ...name("memory"), 0x02, 0x00, ...unsigned(1)];
  const exported = counts.map((count, place) => [...name(`product${count}`), 0x00, place]);
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([type])),
    ...section(2, vector([memory])),
    ...section(3, vector(counts.map(() => [0]))),
    ...section(7, vector(exported)),
    ...section(10, vector(counts.map((count) => sized(product(count))))),
  ]);
}

/**
 * The body of the function for `count` vectors.
 *
 * @param {number} count
 */
function product(count) {
  const vectors = Array.from({ length: count }, (_, place) => place);
  const locals = vector([
    [...unsigned(3), I32],
    [...unsigned(3 + 2 * count), V128],
  ]);
  const rows = Array.from({ length: UNROLL }, (_, row) => row);
  return [
    ...locals,
    ...[LOOP, EMPTY_BLOCK],
    ...outputs(vectors, (sum, offset) => [
      ...[LOCAL_GET, OUTPUT, ...V128_LOAD, 2, offset, LOCAL_SET, sum],
    ]),
    ...[LOCAL_GET, X, LOCAL_SET, VALUES, LOCAL_GET, ROWS, LOCAL_SET, ROW],
    ...[LOOP, EMPTY_BLOCK],
    ...rows.flatMap((row) => productRow(row, vectors)),
    ...increased(W, 32 * UNROLL),
    ...increased(VALUES, 16 * UNROLL),
    ...[LOCAL_GET, ROW, I32_CONST, UNROLL, I32_SUB, LOCAL_TEE, ROW, BR_IF, 0, END],
    ...outputs(vectors, (sum, offset) => [
      ...[LOCAL_GET, OUTPUT, LOCAL_GET, sum, ...V128_STORE, 2, offset],
    ]),
    ...increased(Y, 32),
    ...[LOCAL_GET, PANELS, I32_CONST, 1, I32_SUB, LOCAL_TEE, PANELS, BR_IF, 0, END],
    END,
  ];
}

/**
 * Adds one row of a panel times a number of each vector to the sums.
 *
 * @param {number} row
 * @param {number[]} vectors
 */
function productRow(row, vectors) {
  const added = (/** @type {number} */ sum, /** @type {number} */ half) => [
    ...[LOCAL_GET, sum, LOCAL_GET, SPLAT, LOCAL_GET, half, ...F32X4_MUL, ...F32X4_ADD],
    ...[LOCAL_SET, sum],
  ];
  return [
    ...[LOCAL_GET, W, ...V128_LOAD, 2, ...unsigned(32 * row), LOCAL_SET, LEFT],
    ...[LOCAL_GET, W, ...V128_LOAD, 2, ...unsigned(32 * row + 16), LOCAL_SET, RIGHT],
    ...vectors.flatMap((place) => [
      ...[LOCAL_GET, VALUES, ...V128_LOAD32_SPLAT, 2, ...unsigned(16 * row + 4 * place)],
      ...[LOCAL_SET, SPLAT],
      ...added(SUMS + 2 * place, LEFT),
      ...added(SUMS + 2 * place + 1, RIGHT),
    ]),
  ];
}

/**
 * Code for each half of each vector's 8 outputs, with OUTPUT at their address.
 *
 * @param {number[]} vectors
 * @param {(sum: number, offset: number) => number[]} code
 */
function outputs(vectors, code) {
  return [
    ...[LOCAL_GET, Y, LOCAL_SET, OUTPUT],
    ...vectors.flatMap((place) => [
      ...code(SUMS + 2 * place, 0),
      ...code(SUMS + 2 * place + 1, 16),
      ...[LOCAL_GET, OUTPUT, LOCAL_GET, STRIDE, I32_ADD, LOCAL_SET, OUTPUT],
    ]),
  ];
}

/** @param {number} local @param {number} amount */
function increased(local, amount) {
  return [LOCAL_GET, local, I32_CONST, ...signed(amount), I32_ADD, LOCAL_SET, local];
}

/** @param {number} id @param {number[]} content */
const section = (id, content) => [id, ...sized(content)];

/** @param {number[]} content */
const sized = (content) => [...unsigned(content.length), ...content];

/** @param {number[][]} items */
const vector = (items) => [...unsigned(items.length), ...items.flat()];

/** @param {string} text */
const name = (text) => sized(Array.from(text, (letter) => letter.charCodeAt(0)));

/** LEB128. @param {number} value */
function unsigned(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** LEB128 of a number of at least 0 that may be read as signed. @param {number} value */
function signed(value) {
  const bytes = unsigned(value);
  const last = bytes[bytes.length - 1];
  return last < 0x40 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0];
}
