/**
 * Makes elements.
 *
 * @typedef {Node | string | null | undefined | false} Child
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with attributes and children; an attribute `onclick` and the like is a listener.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...present(children));
  return element;
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = /** @type {any} */ (document.createElementNS(SVG, tag));
  setAttributes(element, attributes);
  element.append(...present(children));
  return element;
}

/**
 * @param {Element} element
 * @param {Record<string, any>} attributes a value of null or false leaves the attribute out
 */
export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === null || value === false || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** @param {Child[]} children */
function present(children) {
  return /** @type {(Node | string)[]} */ (children.filter((child) => child || child === ""));
}

const ICONS = {
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  clear: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  open: "M3 19V6h6l2 3h10v10zM3 12h18",
  save: "M12 3v12m-5-5 5 5 5-5M4 20h16",
  take: "m5 12 5 5L20 7",
  another: "M20 11a8 8 0 1 0-2 6M20 4v7h-7",
  grid: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  play: "M7 4v16l13-8z",
  pause: "M7 4v16M17 4v16",
  link: "M10 14a5 5 0 0 0 7 0l3-3a5 5 0 0 0-7-7l-1 1M14 10a5 5 0 0 0-7 0l-3 3a5 5 0 0 0 7 7l1-1",
  inside: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  pen: "m4 20 1-5L16 4l4 4L9 19zM13 7l4 4",
  close: "M5 5l14 14M19 5 5 19",
  look: "M4 6h10M18 6h2M4 12h4M12 12h8M4 18h12M20 18h0M14 4v4M8 10v4M16 16v4",
};

/**
 * @typedef {keyof typeof ICONS} IconName
 * @param {IconName} name
 */
export function icon(name) {
  const shape = svg("path", { d: ICONS[name] });
  return svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, shape);
}

/**
 * @param {string} text
 * @param {() => void} action
 * @param {{icon?: IconName, key?: string, kind?: string, hideText?: boolean, title?: string}} [look]
 */
export function button(text, action, look = {}) {
  const label = el("span", { class: look.hideText ? "hidden-text" : null }, text);
  const title = look.title ?? (look.key ? `${text} (${look.key})` : look.hideText ? text : null);
  return el(
    "button",
    { type: "button", class: look.kind ?? null, onclick: action, title },
    look.icon ? icon(look.icon) : null,
    label,
    look.key && !look.hideText ? el("kbd", { "aria-hidden": "true" }, look.key) : null,
  );
}

/**
 * @param {Element} element
 * @param {...Child} children
 */
export function refill(element, ...children) {
  element.replaceChildren(...present(children));
}

export const prefersLessMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
