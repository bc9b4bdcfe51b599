/**
 * Drawings out of the page: files, the clipboard.
 *
 * @import { Lines } from "./backend.js"
 * @import { Session } from "./session.js"
 * @import { Look } from "./settings.js"
 */
import { button, el } from "./dom.js";
import { SIDE, centred, numPoints, pathOf, scaled } from "./geometry.js";
import { colours, widthOf } from "./ink.js";

const PIXELS = 1600;
const CELL = 200;
const GIF_SECONDS = [2, 12];

/**
 * A picture of one drawing, or of several in rows, on its own: SVG.
 *
 * @param {Lines[]} drawings
 * @param {Look} look
 * @param {number} [columns]
 */
function svgText(drawings, look, columns = Math.ceil(Math.sqrt(drawings.length))) {
  const cell = drawings.length > 1 ? CELL : SIDE;
  const width = drawings.length > 1 ? widthOf(look) * 0.6 : widthOf(look);
  const rows = Math.ceil(drawings.length / columns);
  const size = `${columns * cell} ${rows * cell}`;
  const paper = look.plotter ? "" : `<rect width="100%" height="100%" fill="#ffffff"/>`;
  const shapes = drawings.map((lines, n) => {
    const placed = drawings.length > 1 ? centred(lines, cell) : lines;
    const [x, y] = [(n % columns) * cell, Math.floor(n / columns) * cell];
    const inks = colours(placed.length, look, false);
    const paths = placed.map((line, k) => `<path stroke="${inks[k]}" d="${pathOf(line)}"/>`);
    return `<g transform="translate(${x} ${y})">${paths.join("")}</g>`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" ` +
    `width="${columns * cell}" height="${rows * cell}">${paper}<g fill="none" stroke-width="${width}" ` +
    `stroke-linecap="round" stroke-linejoin="round">${shapes.join("")}</g></svg>\n`
  );
}

/**
 * Drawings as `sketch-rnn` reads them, in the model's pixels.
 *
 * @param {Session} session
 * @param {Lines[]} drawings
 */
function jsonText(session, drawings) {
  return JSON.stringify(drawings.map((lines) => ({ polylines: session.toModel(lines) })));
}

/** @param {string} text of an SVG @returns {Promise<Blob>} */
async function png(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  const image = new Image();
  image.src = address;
  await image.decode();
  URL.revokeObjectURL(address);
  const factor = PIXELS / Math.max(image.width, image.height);
  const canvas = el("canvas", { width: image.width * factor, height: image.height * factor });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large"))));
  });
}

/** @param {Blob} content @param {string} name */
function download(content, name) {
  const address = URL.createObjectURL(content);
  const link = el("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/**
 * A menu that saves and copies drawings.
 *
 * @param {Session} session
 * @param {() => Lines[]} drawings
 * @param {string} name of files, without suffix
 */
export function saveMenu(session, drawings, name) {
  const { look, backend } = session;
  const svgNow = () => svgText(drawings(), look.values);
  const blob = (/** @type {string} */ text, /** @type {string} */ type) => new Blob([text], { type });
  const item = (/** @type {string} */ text, /** @type {() => Promise<void> | void} */ action) =>
    button(text, () => {
      menu.open = false;
      session.attempt(async () => {
        if (!drawings().length) throw new Error("there is nothing to save yet");
        await action();
      });
    });
  const items = [
    item("SVG", () => download(blob(svgNow(), "image/svg+xml"), `${name}.svg`)),
    item("PNG", async () => download(await png(svgNow()), `${name}.png`)),
    backend.gif && item("GIF", async () => download(await gif(session, drawings()), `${name}.gif`)),
    item("JSON", () => download(blob(jsonText(session, drawings()), "application/json"), `${name}.json`)),
    el("hr"),
    item("Copy SVG", () => copyText(session, svgNow(), "SVG")),
    item("Copy picture", async () => {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": png(svgNow()) })]);
      session.say("copied the picture");
    }),
  ];
  const menu = popup("Save", "save", items);
  return menu;
}

/**
 * @param {Session} session
 * @param {Lines[]} drawings
 */
function gif(session, drawings) {
  const { look, backend } = session;
  const most = Math.max(...drawings.map(numPoints));
  const [least, longest] = GIF_SECONDS;
  const seconds = Math.min(Math.max(most / (look.values.speed || 90), least), longest);
  const colour = look.values.ink === "order" && !look.values.plotter ? null : colours(1, look.values, false)[0];
  const flat = drawings.map((lines) => scaled(lines, 1));
  return /** @type {NonNullable<typeof backend.gif>} */ (backend.gif)(flat, seconds, colour);
}

/**
 * @param {Session} session
 * @param {string} text
 * @param {string} what
 */
export async function copyText(session, text, what) {
  await navigator.clipboard.writeText(text);
  session.say(`copied: ${what}`);
}

/**
 * A button that opens a small menu; it closes when the focus leaves it.
 *
 * @param {string} text
 * @param {"save" | "look"} picture
 * @param {(Node | null | undefined | false)[]} items
 */
export function popup(text, picture, items) {
  const menu = el("details", { class: "popup" });
  const summary = button(text, () => {}, { icon: picture });
  menu.append(el("summary", { class: "button" }, ...summary.childNodes), el("div", { class: "menu" }, ...items));
  menu.addEventListener("focusout", (event) => {
    if (!menu.contains(/** @type {Node | null} */ (event.relatedTarget)) && event.relatedTarget) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
  return menu;
}
