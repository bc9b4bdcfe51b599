/**
 * What is set on the page: how drawings are made, in the address, and how they look, kept in the
 * browser.
 *
 * @import { Rule } from "./backend.js"
 *
 * @typedef {object} Settings
 * @property {string} tab
 * @property {string} model
 * @property {string} label empty for none
 * @property {boolean} guess whether the label is what the model takes the drawing for
 * @property {number} temperature
 * @property {Rule | ""} rule empty for the model's own
 * @property {number} strength of the label; -1 for the model's own
 * @property {number} seed
 * @property {number} add rows that an ending may have; 0 for as many as the model wants
 *
 * @typedef {object} Look
 * @property {"order" | "paper" | string} ink `order`: by the order of drawing; `paper`: the text's
 *   colour; or a colour
 * @property {number} width of lines in units of the page
 * @property {number} speed points a second; 0 shows drawings at once
 * @property {boolean} plotter plain black lines of one width
 */

/** @type {Settings} */
const DEFAULTS = {
  tab: "finish",
  model: "",
  label: "",
  guess: false,
  temperature: 0.4,
  rule: "",
  strength: -1,
  seed: 1,
  add: 0,
};
/** @type {Look} */
const LOOK = { ink: "order", width: 3, speed: 90, plotter: false };
const KEPT = "sketch-rnn-look";
/** @type {Record<string, [number, number]>} */
const RANGES = {
  temperature: [0, 10],
  strength: [-1, 10],
  seed: [0, Number.MAX_SAFE_INTEGER],
  add: [0, 1000],
  width: [0.5, 12],
  speed: [0, 1000],
};

/**
 * Values that tell listeners when they change.
 *
 * @template {object} T
 */
export class Store {
  /** @param {T} values */
  constructor(values) {
    /** @type {T} */
    this.values = values;
    /** @type {Set<(changed: Partial<T>) => void>} */
    this.listeners = new Set();
  }

  /** @param {Partial<T>} changes */
  set(changes) {
    const old = this.values;
    const entries = Object.entries(changes);
    const real = entries.filter(([name, value]) => /** @type {any} */ (old)[name] !== value);
    if (!real.length) return;
    this.values = { ...old, ...changes };
    this.tell(/** @type {Partial<T>} */ (Object.fromEntries(real)));
  }

  /** @param {Partial<T>} changed */
  tell(changed) {
    for (const listener of this.listeners) listener(changed);
  }

  /**
   * @param {(changed: Partial<T>) => void} listener
   * @param {(keyof T)[]} [names] that it is about
   */
  on(listener, names) {
    this.listeners.add((changed) => {
      if (!names || names.some((name) => name in changed)) listener(changed);
    });
  }
}

/**
 * The settings in an address after `#`, the defaults for those that are not there.
 *
 * @param {string} hash
 * @returns {{settings: Settings, drawing: string}} and the text of a drawing, see `packed`
 */
export function settingsOf(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    settings: /** @type {Settings} */ (checked(DEFAULTS, Object.fromEntries(given))),
    drawing: given.get("drawing") ?? "",
  };
}

/**
 * The part of an address after `#` that restores settings; those at their defaults are left out.
 *
 * @param {Settings} settings
 * @param {string} [drawing]
 */
export function hashOf(settings, drawing = "") {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    if (value !== /** @type {any} */ (DEFAULTS)[name]) parts.set(name, String(value));
  }
  if (drawing) parts.set("drawing", drawing);
  return `#${parts}`;
}

/** @returns {Store<Look>} how drawings look, as it was when the page was last used */
export function keptLook() {
  const store = new Store(readLook());
  store.on(() => {
    try {
      localStorage.setItem(KEPT, JSON.stringify(store.values));
    } catch {
      // A page on disk may have no storage: then the look lasts as long as the page.
    }
  });
  return store;
}

/** @returns {Look} */
function readLook() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return /** @type {Look} */ (checked(LOOK, kept));
  } catch {
    return { ...LOOK };
  }
}

/**
 * The defaults with those given values in place that may stand there.
 *
 * @param {Record<string, any>} defaults
 * @param {Record<string, any>} given
 */
function checked(defaults, given) {
  const values = { ...defaults };
  for (const name of Object.keys(defaults)) {
    if (!(name in given)) continue;
    const value = given[name];
    if (typeof defaults[name] === "number") {
      const [least, most] = RANGES[name];
      const number = Number(value);
      if (number >= least && number <= most) values[name] = number;
    } else if (typeof defaults[name] === "boolean") values[name] = value === true || value === "true";
    else if (typeof value === "string" && value.length < 300) values[name] = value;
  }
  return values;
}
