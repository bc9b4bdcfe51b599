/**
 * A field in which one of many labels is found by typing.
 *
 * @typedef {{value: string, text: string}} Choice
 */
import { el, refill } from "./dom.js";

const MOST_SHOWN = 60;
let lists = 0;

export class LabelField {
  /**
   * @param {string} name of the field
   * @param {(value: string) => void} onChoice
   */
  constructor(name, onChoice) {
    this.onChoice = onChoice;
    /** @type {Choice[]} */
    this.choices = [];
    this.value = "";
    this.active = -1;
    const id = `labels-${++lists}`;
    this.list = el("ul", { id, role: "listbox", "aria-label": name, hidden: true });
    this.input = el("input", {
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      "aria-expanded": "false",
      "aria-controls": id,
      "aria-autocomplete": "list",
      oninput: () => this.open(this.input.value),
      onfocus: () => this.input.select(),
      onclick: () => this.open(""),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
      onblur: () => this.close(),
    });
    this.element = el("label", { class: "field labels" }, el("span", {}, name), this.input, this.list);
  }

  /** @param {Choice[]} choices @param {string} value */
  fill(choices, value) {
    this.choices = choices;
    this.show(value);
  }

  /** @param {string} value */
  show(value) {
    this.value = value;
    this.input.value = this.choices.find((choice) => choice.value === value)?.text ?? value;
  }

  /** @param {string} typed */
  open(typed) {
    this.found = matching(this.choices, typed).slice(0, MOST_SHOWN);
    refill(this.list, ...this.found.map((choice, place) => this.option(choice, place)));
    this.list.hidden = !this.found.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.mark(typed && this.found.length ? 0 : -1);
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(-1);
    this.show(this.value);
  }

  /** @param {Choice} choice @param {number} place */
  option(choice, place) {
    const id = `${this.list.id}-${place}`;
    const choose = (/** @type {Event} */ event) => {
      event.preventDefault(); // so that the field keeps the focus
      this.choose(choice);
    };
    const selected = String(choice.value === this.value);
    return el("li", { id, role: "option", "aria-selected": selected, onmousedown: choose }, choice.text);
  }

  /** @param {Choice} choice */
  choose(choice) {
    this.value = choice.value;
    this.close();
    this.onChoice(choice.value);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    /** @type {Choice[]} */
    const found = this.found ?? [];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (this.list.hidden) this.open("");
      else this.mark(this.active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && found[this.active]) this.choose(found[this.active]);
    else if (event.key === "Escape" && !this.list.hidden) this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} place of the choice that Enter takes */
  mark(place) {
    const options = [...this.list.children];
    this.active = options.length && place >= -1 ? place % options.length : -1;
    for (const [n, option] of options.entries()) option.classList.toggle("active", n === this.active);
    const active = options[this.active];
    if (active) {
      this.input.setAttribute("aria-activedescendant", active.id);
      active.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }
}

/**
 * The choices that contain what was typed: those that begin with it first, then those with a word
 * that does.
 *
 * @param {Choice[]} choices
 * @param {string} typed
 */
function matching(choices, typed) {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return choices;
  const rank = (/** @type {Choice} */ choice) => {
    const text = choice.text.toLowerCase();
    if (text.startsWith(wanted)) return 0;
    return text.includes(` ${wanted}`) || text.includes(`-${wanted}`) ? 1 : text.includes(wanted) ? 2 : 3;
  };
  const ranked = choices.map((choice) => ({ choice, rank: rank(choice) }));
  const kept = ranked.filter((item) => item.rank < 3);
  return kept.sort((a, b) => a.rank - b.rank).map((item) => item.choice);
}
