/**
 * How unsure a model is of a movement.
 *
 * @import { Step } from "./backend.js"
 */
const NUM_POINTS = 48;
const LOG_2PI = Math.log(2 * Math.PI);

/** Numbers of a normal distribution, spread evenly over it (Box-Muller on a Kronecker sequence). */
const NORMALS = Array.from({ length: NUM_POINTS }, (_, n) => {
  const [u, v] = [(0.5 + n * 0.7548776662466927) % 1, (0.5 + n * 0.5698402909980532) % 1];
  const radius = Math.sqrt(-2 * Math.log(1 - u * 0.9999));
  return [radius * Math.cos(2 * Math.PI * v), radius * Math.sin(2 * Math.PI * v)];
});

/**
 * The entropy of the next movement in nats: that of the pen's state, and the differential entropy
 * of the offset in page units, estimated from points of each component.
 *
 * @param {Step} step
 */
export function entropyOf(step) {
  const pen = step.pens.reduce((sum, share) => sum - (share > 0 ? share * Math.log(share) : 0), 0);
  let offset = 0;
  step.pi.forEach((weight, n) => {
    if (weight < 1e-3) return;
    const [mx, my] = step.mean[n];
    const [sx, sy] = step.sigma[n].map((value) => Math.max(value, 1e-3));
    const other = Math.sqrt(1 - step.rho[n] ** 2);
    const logs = NORMALS.map(([a, b]) => logDensity(step, mx + sx * a, my + sy * (step.rho[n] * a + other * b)));
    offset -= (weight * logs.reduce((sum, value) => sum + value, 0)) / NUM_POINTS;
  });
  return pen + offset;
}

/**
 * The log density of an offset.
 *
 * @param {Step} step
 * @param {number} x
 * @param {number} y
 */
function logDensity(step, x, y) {
  const logs = step.pi.map((weight, n) => {
    const [sx, sy] = step.sigma[n].map((value) => Math.max(value, 1e-3));
    const [a, b] = [(x - step.mean[n][0]) / sx, (y - step.mean[n][1]) / sy];
    const rest = Math.max(1 - step.rho[n] ** 2, 1e-6);
    const square = (a * a + b * b - 2 * step.rho[n] * a * b) / rest;
    return Math.log(weight + 1e-30) - square / 2 - LOG_2PI - Math.log(sx * sy) - Math.log(rest) / 2;
  });
  const top = Math.max(...logs);
  return top + Math.log(logs.reduce((sum, value) => sum + Math.exp(value - top), 0));
}
