/**
 * How likely the beginning of a drawing is under many conditions: for guesses of its label, and for
 * the z of its endings.
 */
import { Breaks } from "./drawing.js";
import { mixtureOf, offsetLogDensity } from "./mixture.js";
import { GROUP } from "./products.js";

/** @typedef {import("./cells.js").Snapshot} Snapshot */
/** @typedef {import("./drawing.js").Pause} Pause */
/** @typedef {import("./network.js").Condition} Condition */
/** @typedef {import("./network.js").Group} Group */
/** @typedef {import("./network.js").Movement} Movement */
/** @typedef {import("./network.js").Network} Network */

// After each round of some movements, conditions are given up that are so many nats behind the best,
// and the worst of many, so that each round costs no more than the first.
// Measured with `quickdraw` on 60 unfinished drawings and 345 labels: 36% of the work of reading all to
// the end, the same best label for 59, shares within 0.01 for half of them and within 0.18 for 95%.
const MOVEMENTS_A_ROUND = 4;
const FAR_BEHIND = 10;
const READINGS = 1400;
const FEWEST = 24;

/**
 * A condition under which the beginning is read.
 *
 * @typedef {object} Reader
 * @property {number} place
 * @property {Condition} condition
 * @property {number} sum of the log densities so far
 * @property {Snapshot | null} snapshot of the state after the last round
 */

/**
 * The log density of a beginning under each condition; its last pen state is left open. Conditions
 * that fall far behind have a density of 0.
 *
 * @param {Network} network
 * @param {Condition[]} conditions
 * @param {Movement[]} prefix start token first
 * @param {Pause} pause
 */
export async function beginningLogDensities(network, conditions, prefix, pause) {
  /** @type {Reader[]} */
  let readers = conditions.map((condition, place) => ({ place, condition, sum: 0, snapshot: null }));
  const breaks = new Breaks(pause);
  const [group] = await network.takeGroups(1);
  try {
    for (let first = 0; first < prefix.length - 1; first += MOVEMENTS_A_ROUND) {
      for (let next = 0; next < readers.length; next += GROUP) {
        readRound(network, group, readers.slice(next, next + GROUP), prefix, first);
        await breaks.take();
      }
      readers.sort((a, b) => b.sum - a.sum);
      const worst = readers[0].sum - FAR_BEHIND;
      const most = READINGS / (first + MOVEMENTS_A_ROUND);
      readers = readers.filter(({ sum }, rank) => rank < FEWEST || (rank < most && sum > worst));
    }
  } finally {
    network.giveBack([group]);
  }
  const sums = new Array(conditions.length).fill(-Infinity);
  for (const { place, sum } of readers) sums[place] = sum;
  return sums;
}

/**
 * Reads the movements of a round, and adds the log density of each one's successor.
 *
 * @param {Network} network
 * @param {Group} group
 * @param {Reader[]} readers up to GROUP
 * @param {Movement[]} prefix
 * @param {number} first
 */
function readRound(network, group, readers, prefix, first) {
  readers.forEach(({ condition, snapshot }, slot) => {
    if (snapshot) network.cell.load(group, slot, snapshot);
    else network.start(group, slot, condition);
  });
  const stop = Math.min(first + MOVEMENTS_A_ROUND, prefix.length - 1);
  for (let step = first; step < stop; step += 1) {
    readers.forEach((_, slot) => network.feed(group, slot, prefix[step]));
    network.step(group, readers.length);
    const [dx, dy, pen] = prefix[step + 1];
    readers.forEach((reader, slot) => {
      const mixture = mixtureOf(network.outputs(group, slot), network.config.num_mixture);
      reader.sum += offsetLogDensity(mixture, dx, dy);
      if (step + 2 < prefix.length) reader.sum += Math.log(mixture.pens[pen]);
    });
  }
  readers.forEach((reader, slot) => (reader.snapshot = network.cell.save(group, slot)));
}
