/**
 * The square to draw on, by mouse, touch, pen or keyboard.
 *
 * @import { Line, Lines, Point } from "./backend.js"
 * @import { Drawing } from "./drawing.js"
 * @import { Look, Store } from "./settings.js"
 */
import { refill, setAttributes, svg } from "./dom.js";
import { SIDE, movedByArrow, pathOf, rounded, simplified } from "./geometry.js";
import { colours, paths, square, widthOf } from "./ink.js";

const TOLERANCE = 0.7;
const LEAST_DISTANCE = 0.5;
const TAP_DISTANCE = 4;
const TAP_MS = 350;
const HELP =
  "Drawing area. Draw with mouse, touch or pen. With the keyboard: arrow keys move the pen, " +
  "Enter puts it down and lifts it.";

export class Pad {
  /**
   * @param {Drawing} drawing
   * @param {Store<Look>} look
   * @param {{onTap: () => boolean, onBegin: () => void}} events onTap returns whether it used the
   *   tap; otherwise the tap draws a dot. onBegin is called when a stroke is no tap any more.
   */
  constructor(drawing, look, events) {
    this.drawing = drawing;
    this.look = look;
    this.events = events;
    /** @type {Line} the stroke that is being drawn */
    this.current = [];
    /** Whether the stroke is longer than a tap. */
    this.isLong = false;
    this.pointer = -1;
    this.began = 0;
    /** @type {Point} */
    this.cursor = [SIDE / 2, SIDE / 2];
    this.ink = svg("g");
    this.ghost = svg("g", { class: "ghost" });
    this.stroke = svg("g");
    this.cross = svg("g", { class: "cross" }, svg("path", { d: "M-9 0H9M0-9V9" }), svg("circle", { r: 3 }));
    this.element = square(HELP, SIDE, { class: "pad by-keys", tabindex: 0, role: "application" });
    this.element.append(this.ghost, this.ink, this.stroke, this.cross);
    this.listen();
    drawing.on(() => this.show());
    look.on(() => this.show());
    this.show();
  }

  listen() {
    const { element } = this;
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.up(event));
    element.addEventListener("pointercancel", (event) => this.cancel(event));
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("keyup", () => element.classList.add("by-keys"));
    element.addEventListener("blur", () => this.lift());
  }

  get isDrawing() {
    return this.current.length > 0;
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (this.pointer >= 0 || event.button !== 0) return;
    event.preventDefault();
    this.element.classList.remove("by-keys");
    this.element.focus({ preventScroll: true });
    this.lift();
    this.element.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.began = event.timeStamp;
    this.begin(this.pointOf(event));
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const part of events.length ? events : [event]) this.extend(this.pointOf(part));
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = -1;
    const isTap = !this.isLong && event.timeStamp - this.began < TAP_MS;
    if (isTap && this.events.onTap()) this.drop();
    else this.lift(isTap);
  }

  /** @param {PointerEvent} event */
  cancel(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = -1;
    this.drop();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    this.element.classList.add("by-keys");
    const place = movedByArrow(this.cursor, event);
    if (place) this.moveCursor(place);
    else if (event.key === "Enter") this.isDrawing ? this.lift() : this.begin([...this.cursor]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Point} place */
  moveCursor(place) {
    this.cursor = place;
    setAttributes(this.cross, { transform: `translate(${this.cursor})` });
    if (this.isDrawing) this.extend([...this.cursor]);
  }

  /** @param {Point} point */
  begin(point) {
    this.current = [point];
    this.isLong = false;
    this.cursor = point;
    this.showStroke();
  }

  /** @param {Point} point */
  extend(point) {
    if (distance(point, this.current[this.current.length - 1]) < LEAST_DISTANCE) return;
    this.current.push(point);
    this.showStroke();
    if (this.isLong || distance(point, this.current[0]) < TAP_DISTANCE) return;
    this.isLong = true;
    this.events.onBegin();
  }

  /** Ends the stroke and adds it to the drawing. @param {boolean} [isDot] */
  lift(isDot = false) {
    if (!this.isDrawing) return;
    const line = isDot ? [this.current[0]] : simplified(this.current, TOLERANCE);
    this.cursor = line[line.length - 1];
    setAttributes(this.cross, { transform: `translate(${this.cursor})` });
    this.drop();
    this.drawing.set([...this.drawing.lines, line]);
  }

  drop() {
    this.current = [];
    this.showStroke();
  }

  /** @param {MouseEvent} event @returns {Point} */
  pointOf(event) {
    const box = this.element.getBoundingClientRect();
    const side = Math.min(box.width, box.height) || 1;
    const x = ((event.clientX - box.left - (box.width - side) / 2) / side) * SIDE;
    const y = ((event.clientY - box.top - (box.height - side) / 2) / side) * SIDE;
    return [rounded(x), rounded(y)];
  }

  show() {
    refill(this.ink, ...paths(this.drawing.lines, this.look.values));
    this.showStroke();
  }

  showStroke() {
    const count = this.drawing.lines.length + 1;
    const ink = colours(count, this.look.values)[count - 1];
    const width = widthOf(this.look.values);
    const shape = { d: this.isDrawing ? pathOf(this.current) : "", stroke: ink, "stroke-width": width };
    refill(this.stroke, this.isDrawing && svg("path", { ...shape, class: "stroke" }));
    this.element.classList.toggle("drawing", this.isDrawing);
  }

  /** @param {Lines} lines of what the model would draw */
  showGhost(lines) {
    const width = widthOf(this.look.values);
    const shape = lines.map((line) => svg("path", { d: pathOf(line), "stroke-width": width, class: "stroke" }));
    refill(this.ghost, ...shape);
  }
}

/** @param {Point} a @param {Point} b */
function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
