/**
 * Map: the z of drawings of the dataset in two dimensions. A place that is chosen is drawn.
 *
 * @import { LatentMap, Lines, Point } from "./backend.js"
 * @import { Session } from "./session.js"
 */
import { Cells } from "./cells.js";
import { mannerControls } from "./controls.js";
import { button, el, refill, setAttributes, svg } from "./dom.js";
import { placed } from "./files.js";
import { SIDE, centred, movedByArrow } from "./geometry.js";
import { isDark, paths, square, widthOf } from "./ink.js";
import { saveMenu } from "./save.js";
import { Turn } from "./session.js";

const MARGIN = 16;
const NUM_DRAWN = 6;
const MOST_NAMES = 24;
const CARD = 120;
const DWELL_MS = 150;
const HELP =
  "Map of the dataset. Click a place to draw what the model sees there. With the keyboard: arrow " +
  "keys move over the map, Enter draws.";

export class LatentMapPart {
  /**
   * @param {Session} session
   * @param {(lines: Lines) => void} onChoice
   */
  constructor(session, onChoice) {
    this.session = session;
    this.onChoice = onChoice;
    this.loading = new Turn();
    this.drawing = new Turn();
    this.looking = new Turn();
    /** @type {LatentMap | null} */
    this.map = null;
    /** The model that the map is of. */
    this.model = "";
    /** @type {Point[]} places of the drawings on the page */
    this.dots = [];
    this.unit = 1;
    /** @type {Point} */
    this.cursor = [SIDE / 2, SIDE / 2];
    this.nearest = -1;
    /** @type {Lines} the drawing of the dataset that is shown */
    this.shown = [];
    this.timer = 0;
    this.isActive = false;
    this.cells = new Cells(session, "Drawing of this place", onChoice);
    this.element = this.layout();
    session.onModel(() => this.refresh());
    session.settings.on(() => this.draw(), ["temperature", "rule", "seed"]);
    session.look.on(() => {
      this.paint();
      this.showCard();
    });
  }

  layout() {
    const { session } = this;
    const manner = mannerControls(session);
    this.points = svg("g", { class: "places" });
    this.ring = svg("circle", { r: 6 });
    this.tag = svg("text", { "text-anchor": "middle" });
    this.mark = svg("g", { class: "mark", visibility: "hidden" }, this.ring, this.tag);
    this.cross = svg("g", { class: "cross" }, svg("path", { d: "M-9 0H9M0-9V9" }), svg("circle", { r: 3 }));
    this.picture = square(HELP, SIDE, { class: "map", tabindex: 0, role: "application" });
    this.picture.append(this.points, this.cross, this.mark);
    this.listen(this.picture);
    this.status = el("p", { class: "status", role: "status" });
    this.spoken = el("span", { class: "hidden-text", role: "status" });
    this.card = svg("g");
    this.caption = el("span", { class: "caption" });
    const take = () => this.shown.length && this.onChoice(this.shown);
    this.cardButton = el("button", { type: "button", class: "cell", hidden: true, onclick: take }, square("The nearest drawing of the dataset", CARD, {}, this.card), this.caption);
    this.names = el("ul", { class: "names" });
    const more = () => session.settings.set({ seed: session.settings.values.seed + 1 });
    const details = el("details", {}, el("summary", {}, "More"), manner.rule, manner.seed);
    return el(
      "div",
      { class: "part mapped" },
      el("div", { class: "stage" }, el("div", { class: "sheet" }, this.picture, this.spoken), this.status, this.names),
      el(
        "div",
        { class: "panel" },
        el(
          "div",
          { class: "actions" },
          button("Others here", more, { icon: "another", key: "N", kind: "primary" }),
          saveMenu(session, () => this.cells.made, "map"),
        ),
        el("h2", {}, "Drawn at this place"),
        this.cells.element,
        el("h2", {}, "The nearest drawing of the dataset"),
        this.cardButton,
        manner.temperature,
        details,
      ),
    );
  }

  /** @param {SVGElement} picture */
  listen(picture) {
    picture.addEventListener("pointermove", (event) => this.look(this.placeOf(event)));
    picture.addEventListener("pointerleave", () => this.look(this.cursor));
    picture.addEventListener("click", (event) => this.choose(this.placeOf(event)));
    picture.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {boolean} isActive */
  activate(isActive) {
    this.isActive = isActive;
    if (isActive) this.refresh();
  }

  /** Loads the map, if another model is open than it was made for. */
  refresh() {
    const { info } = this.session;
    if (!this.isActive || !info || this.model === info.name) return;
    this.model = info.name;
    this.map = null;
    this.dots = [];
    this.nearest = -1;
    if (this.mark) setAttributes(this.mark, { visibility: "hidden" });
    this.cells.clear();
    this.shown = [];
    this.paint();
    this.showCard();
    const signal = this.loading.next();
    this.session.attempt(() => this.load(signal));
  }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const { session } = this;
    if (!session.info.encoder || !session.backend.map) {
      this.say("This model has no encoder, so it cannot place drawings: choose another model.");
      return;
    }
    this.say(`Encoding drawings of ${session.dataset?.name} …`);
    try {
      this.map = await session.backend.map(session.info.name, signal);
    } catch (error) {
      this.model = ""; // so that coming back tries again
      this.say("");
      throw error;
    }
    const reach = Math.max(...this.map.places.flat().map(Math.abs)) || 1;
    this.unit = (SIDE / 2 - MARGIN) / reach;
    this.dots = this.map.places.map(([x, y]) => [SIDE / 2 + x * this.unit, SIDE / 2 + y * this.unit]);
    this.cursor = [SIDE / 2, SIDE / 2];
    this.paint();
    this.choose(this.cursor);
    const share = Math.round(this.map.share * 100);
    this.say(
      `${this.map.numbers.length.toLocaleString("en")} drawings by their z. The two directions in which they differ most ` +
        `hold ${share}% of the variance; in the others, a place has the mean. Click a place to draw it. ${this.map.note}`,
    );
  }

  /** @param {string} text */
  say(text) {
    if (this.status) this.status.textContent = text;
  }

  /** Shows the dots, coloured by label, and the names of the labels. */
  paint() {
    if (!this.points || !this.names) return;
    const labels = this.map?.labels ?? [];
    const all = [...new Set(labels)].filter(Boolean).sort();
    const dots = this.dots.map(([x, y], n) => svg("circle", { cx: x, cy: y, r: 2.6, fill: colourOf(labels[n], all) }));
    refill(this.points, ...dots);
    const names = all.slice(0, MOST_NAMES).map((label) => {
      const dot = svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("circle", { cx: 5, cy: 5, r: 5, fill: colourOf(label, all) }));
      return el("li", {}, dot, label);
    });
    const rest = all.length - names.length;
    refill(this.names, ...names, rest > 0 && el("li", {}, `and ${rest} more`));
    this.names.hidden = !all.length;
  }

  /** @param {MouseEvent} event @returns {Point} */
  placeOf(event) {
    const box = /** @type {SVGElement} */ (this.picture).getBoundingClientRect();
    const at = (/** @type {number} */ value, /** @type {number} */ size) => Math.min(Math.max((value / (size || 1)) * SIDE, 0), SIDE);
    return [at(event.clientX - box.left, box.width), at(event.clientY - box.top, box.height)];
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = movedByArrow(this.cursor, event);
    if (place) this.moveTo(place);
    else if (event.key === "Enter") this.choose(this.cursor);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Point} place */
  moveTo(place) {
    this.cursor = place;
    if (this.cross) setAttributes(this.cross, { transform: `translate(${place})` });
    this.look(place);
  }

  /** @param {Point} place */
  choose(place) {
    this.moveTo(place);
    this.draw();
  }

  /** Draws what the model sees at the cursor. */
  draw() {
    const { map, session, unit, cursor } = this;
    if (!map || !this.isActive) return;
    const [x, y] = cursor.map((value) => (value - SIDE / 2) / unit);
    const z = map.mean.map((value, n) => value + x * map.axes[0][n] + y * map.axes[1][n]);
    const signal = this.drawing.next();
    this.cells.begin(NUM_DRAWN);
    session.attempt(() => session.combine([{ z }], [1], NUM_DRAWN, (piece) => this.cells.add(piece), signal));
  }

  /** Marks and names the drawing of the dataset that is nearest to a place. @param {Point} place */
  look(place) {
    const { map, ring, tag, mark, spoken } = this;
    if (!map || !ring || !tag || !mark || !spoken) return;
    const distances = this.dots.map(([x, y]) => Math.hypot(x - place[0], y - place[1]));
    const nearest = distances.indexOf(Math.min(...distances));
    if (nearest === this.nearest && this.shown.length) return;
    this.nearest = nearest;
    const [cx, cy] = this.dots[nearest];
    setAttributes(ring, { cx, cy });
    setAttributes(tag, { x: Math.min(Math.max(cx, MARGIN), SIDE - MARGIN), y: cy < 2 * MARGIN ? cy + 19 : cy - 11 });
    setAttributes(mark, { visibility: "visible" });
    tag.textContent = map.labels[nearest] || `drawing ${map.numbers[nearest]}`;
    spoken.textContent = `Nearest: ${tag.textContent}`;
    const signal = this.looking.next();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.session.attempt(() => this.fetchCard(map, nearest, signal)), DWELL_MS);
  }

  /** @param {LatentMap} map @param {number} nearest @param {AbortSignal} signal */
  async fetchCard(map, nearest, signal) {
    const [found] = (await this.session.backend.drawings?.({ numbers: [map.numbers[nearest]] }, signal)) ?? [];
    if (!found) return;
    this.shown = placed(found.lines);
    if (this.caption) this.caption.textContent = found.label || `drawing ${found.number}`;
    this.showCard();
  }

  showCard() {
    const { card, cardButton } = this;
    if (!card || !cardButton) return;
    cardButton.hidden = !this.shown.length;
    const look = this.session.look.values;
    refill(card, ...paths(centred(this.shown, CARD, 0.7), look, { width: widthOf(look) * 0.62 }));
  }

  /** @param {string} key */
  onKey(key) {
    if (key !== "n") return false;
    this.session.settings.set({ seed: this.session.settings.values.seed + 1 });
    return true;
  }
}

/**
 * A colour for a label; those of neighbours in the list are far apart.
 *
 * @param {string} label
 * @param {string[]} all
 */
function colourOf(label, all) {
  const place = all.indexOf(label);
  if (place < 0) return "var(--accent)";
  const hue = (250 + place * 137.5) % 360;
  return `hsl(${hue.toFixed(0)} 62% ${isDark() ? 68 : 46}%)`;
}
