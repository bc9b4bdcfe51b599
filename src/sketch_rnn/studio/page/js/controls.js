/**
 * The controls that several parts of the page have.
 *
 * @import { Session } from "./session.js"
 * @import { Settings } from "./settings.js"
 */
import { button, el, refill } from "./dom.js";
import { LabelField } from "./labels.js";
import { copyText, popup } from "./save.js";

const INKS = { order: "in order", paper: "plain", "#27356e": "indigo", "#c2410c": "orange", "#15803d": "green", "#be185d": "pink" };
const RULES = {
  "": "the model's own",
  paper: "paper: offsets and pen",
  offsets: "offsets only: more drawings end",
  original: "original: Python of 2017",
  js: "js: Magenta.js",
};
const STRONGEST = 3;
const ANYTHING = "";
const GUESS = "?";

/**
 * A slider with its value beside it.
 *
 * @param {string} name
 * @param {{min: number, max: number, step: number, value: number, show?: (value: number) => string, hint?: string}} range
 * @param {(value: number) => void} onChange
 */
export function slider(name, range, onChange) {
  const shown = range.show ?? ((value) => String(value));
  const output = el("output", {}, shown(range.value));
  const input = el("input", {
    type: "range",
    "aria-label": name,
    min: range.min,
    max: range.max,
    step: range.step,
    value: range.value,
    oninput: () => {
      show(Number(input.value));
      onChange(Number(input.value));
    },
  });
  const show = (/** @type {number} */ value) => {
    input.value = String(value);
    output.textContent = shown(value);
    input.setAttribute("aria-valuetext", shown(value));
  };
  show(range.value);
  const element = el("label", { class: "field slider", title: range.hint }, el("span", {}, name), output, input);
  return { element, input, show };
}

/**
 * @param {string} name
 * @param {Record<string, string>} options text by value
 * @param {string} value
 * @param {(value: string) => void} onChange
 */
export function select(name, options, value, onChange) {
  const items = Object.entries(options).map(([key, text]) => el("option", { value: key }, text));
  const input = el("select", { "aria-label": name, onchange: () => onChange(input.value) }, ...items);
  input.value = value;
  return { element: el("label", { class: "field" }, el("span", {}, name), input), input };
}

/**
 * Temperature, strength of the label, rule and seed.
 *
 * @param {Session} session
 */
export function mannerControls(session) {
  const { settings } = session;
  const temperature = slider(
    "Temperature",
    {
      ...{ min: 0, max: 1.5, step: 0.05, value: settings.values.temperature },
      show: (value) => value.toFixed(2),
      hint: "0 takes the likeliest movements, 1 varies as much as the drawings it learned from",
    },
    (value) => settings.set({ temperature: value }),
  );
  const rule = select("Temperature acts on", RULES, settings.values.rule, (value) =>
    settings.set({ rule: /** @type {Settings["rule"]} */ (value) }),
  );
  const seed = el("input", {
    ...{ type: "number", min: 0, step: 1, value: settings.values.seed, inputmode: "numeric" },
    onchange: () => settings.set({ seed: Math.max(Math.floor(Number(seed.value)) || 0, 0) }),
  });
  const own = () => session.info?.strength ?? 1;
  const strength = slider(
    "Label strength",
    {
      ...{ min: 0, max: STRONGEST, step: 0.05, value: own() },
      show: (value) => value.toFixed(2),
      hint: "Above 1, drawings show their label more clearly and vary less; 0 leaves it out",
    },
    (value) => settings.set({ strength: value === own() ? -1 : value }),
  );
  const showStrength = () => {
    const { strength: chosen } = settings.values;
    strength.show(chosen < 0 ? own() : chosen);
    strength.element.hidden = !session.info?.labels.length;
  };
  session.onModel(showStrength);
  settings.on(() => {
    showStrength();
    temperature.show(settings.values.temperature);
    rule.input.value = settings.values.rule;
    seed.value = String(settings.values.seed);
  });
  return {
    temperature: temperature.element,
    strength: strength.element,
    rule: rule.element,
    seed: el("label", { class: "field seed" }, el("span", {}, "Seed"), seed),
  };
}

/**
 * What to draw: a label of the model, with `anything` and, where the part can, `guess`.
 *
 * @param {Session} session
 * @param {boolean} canGuess
 */
export function labelControl(session, canGuess) {
  const { settings } = session;
  const field = new LabelField("Label", (value) => {
    settings.set(value === GUESS ? { guess: true, label: "" } : { guess: false, label: value });
  });
  const fill = () => {
    const { labels } = session.info;
    const extra = [{ value: ANYTHING, text: "anything" }];
    if (canGuess && session.backend.guess) extra.push({ value: GUESS, text: "guess from the drawing" });
    const { guess, label } = settings.values;
    field.fill([...extra, ...labels.map((text) => ({ value: text, text }))], guess && canGuess ? GUESS : label);
    field.element.hidden = !labels.length;
  };
  session.onModel(fill);
  settings.on(fill, ["label", "guess"]);
  return field.element;
}

/** How drawings look. @param {Session} session */
export function lookMenu(session) {
  const { look } = session;
  const ink = select("Ink", INKS, look.values.ink, (value) => look.set({ ink: value }));
  const width = slider("Line width", { min: 1, max: 8, step: 0.5, value: look.values.width }, (value) =>
    look.set({ width: value }),
  );
  const speed = slider(
    "Speed",
    { min: 0, max: 400, step: 10, value: look.values.speed, show: (value) => (value ? `${value} points/s` : "at once") },
    (value) => look.set({ speed: value }),
  );
  const plotter = el("input", {
    type: "checkbox",
    checked: look.values.plotter,
    onchange: () => look.set({ plotter: plotter.checked }),
  });
  const check = el("label", { class: "field check" }, plotter, el("span", {}, "Plain black, for plotters"));
  return popup("Look", "look", [ink.element, width.element, speed.element, check]);
}

/**
 * A line that shows a command, and copies it.
 *
 * @param {Session} session
 */
export function commandLine(session) {
  const code = el("code", { tabindex: 0 });
  const copy = button("Copy", () => copyText(session, code.textContent ?? "", "the command"));
  const element = el("div", { class: "command" }, el("span", { class: "prompt", "aria-hidden": "true" }, "$"), code, copy);
  return {
    element,
    show: (/** @type {string} */ text) => {
      refill(code, ...text.split(/(?= )/).map((word) => el("span", {}, word)));
      element.hidden = !text || !session.backend.isServer;
    },
  };
}

/**
 * A row of buttons of which one is on.
 *
 * @param {string} name
 * @param {Record<string, string>} choices text by value
 * @param {string} value
 * @param {(value: string) => void} onChange
 */
export function segments(name, choices, value, onChange) {
  const element = el("div", { class: "segments", role: "group", "aria-label": name });
  const show = (/** @type {string} */ chosen) => {
    for (const item of element.children) {
      item.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (item).dataset.value === chosen));
    }
  };
  const items = Object.entries(choices).map(([key, text]) => {
    const item = button(text, () => {
      show(key);
      onChange(key);
    });
    item.dataset.value = key;
    return item;
  });
  refill(element, ...items);
  show(value);
  return { element, show };
}
