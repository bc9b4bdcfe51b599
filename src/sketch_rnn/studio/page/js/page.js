/**
 * Puts the page together.
 *
 * @import { Backend } from "./backend.js"
 *
 * @typedef {"finish" | "gallery" | "morph" | "inside"} Section
 * @typedef {object} PageOptions
 * @property {Section[]} sections the tabs that are shown, in order
 * @property {string} [model] the model that is opened first; default: the first of `models()`
 */

/**
 * @param {Backend} backend
 * @param {PageOptions} options
 */
export async function start(backend, options) {
  const [first] = await backend.models();
  const info = await backend.open(options.model ?? first.name);
  document.title = `${info.name}: sketch-rnn studio`;
}
