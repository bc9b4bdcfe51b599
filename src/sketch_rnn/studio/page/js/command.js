/**
 * The command line that makes the same drawings.
 *
 * @import { Settings } from "./settings.js"
 */

/** @param {string} text @returns {string} quoted for a shell if need be */
function quoted(text) {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * @param {string} verb of `sketch-rnn`
 * @param {Settings} settings
 * @param {{files?: string[], labels?: string[], options?: Record<string, string | number>}} parts
 */
export function commandOf(verb, settings, parts = {}) {
  const words = ["sketch-rnn", verb, settings.model, ...(parts.files ?? [])];
  const labels = parts.labels ?? [];
  for (const label of labels) words.push("--label", label);
  if (labels.length && settings.strength >= 0) words.push("--label-strength", String(settings.strength));
  for (const [name, value] of Object.entries(parts.options ?? {})) words.push(name, String(value));
  words.push("--temperature", String(settings.temperature));
  if (settings.rule) words.push("--temperature-rule", settings.rule);
  words.push("--seed", String(settings.seed));
  return words.map(quoted).join(" ");
}
