// A reader of the JavaScript model format, written from its description: feeds movements to a
// model from its initial state and prints the distributions after each.
import { readFileSync } from "node:fs";

const { model, z, movements } = JSON.parse(readFileSync(0, "utf8"));
const [info, dimensions, texts] = JSON.parse(readFileSync(model, "utf8"));
const arrays = texts.map((text, i) => {
  const bytes = Buffer.from(text, "base64");
  const count = bytes.length / 2;
  if (count !== dimensions[i].reduce((a, b) => a * b)) throw new Error("wrong size");
  return Float32Array.from({ length: count }, (_, k) => (bytes.readInt16LE(2 * k) * 10) / 32767);
});
const isGen = info.mode === 2 || info.mode === "gen";
const [outputW, outputB, inputW, recurrentW, bias] = arrays.slice(-5);
const size = bias.length / 4;

// Adds the row vector times the matrix, stored row by row.
function addProduct(sums, vector, matrix) {
  const width = sums.length;
  vector.forEach((value, row) => {
    for (let k = 0; k < width; k += 1) sums[k] += value * matrix[row * width + k];
  });
  return sums;
}
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softmax = (values) => {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((value) => value / total);
};

let c = new Array(size).fill(0);
let h = new Array(size).fill(0);
if (!isGen) {
  const [w, b] = arrays.slice(10, 12);
  const state = addProduct(Array.from(b), z, w).map(Math.tanh);
  c = state.slice(0, size);
  h = state.slice(size);
}
const distributions = movements.map((movement) => {
  const gates = addProduct(Array.from(bias), isGen ? movement : [...movement, ...z], inputW);
  addProduct(gates, h, recurrentW);
  c = c.map((old, k) => {
    const [write, candidate, forget] = [0, 1, 2].map((gate) => gates[gate * size + k]);
    return old * sigmoid(forget + 1) + sigmoid(write) * Math.tanh(candidate);
  });
  h = c.map((memory, k) => Math.tanh(memory) * sigmoid(gates[3 * size + k]));
  const out = addProduct(Array.from(outputB), h, outputW);
  const part = (number) => out.slice(3 + 20 * number, 23 + 20 * number);
  return {
    pen: softmax(out.slice(0, 3)),
    pi: softmax(part(0)),
    mean_x: part(1),
    mean_y: part(2),
    sigma_x: part(3).map(Math.exp),
    sigma_y: part(4).map(Math.exp),
    rho: part(5).map(Math.tanh),
  };
});
console.log(JSON.stringify({ info, distributions }));
