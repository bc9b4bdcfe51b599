/**
 * One corner of a morph: a label, the drawing on the page, a drawing of a file or of the dataset, or
 * one that the model makes up.
 *
 * @import { Corner, Lines } from "./backend.js"
 * @import { Session } from "./session.js"
 */
import { select } from "./controls.js";
import { button, el, refill } from "./dom.js";
import { chosenOfData, openButton, placed } from "./files.js";
import { centred } from "./geometry.js";
import { paths, square } from "./ink.js";
import { LabelField } from "./labels.js";

const MINI = 40;
const FAVOURITES = ["cat", "pig", "rabbit", "fish"];
export const ORDER = ["First", "Second", "Third", "Fourth"];

export class CornerField {
  /**
   * @param {Session} session
   * @param {number} number
   * @param {() => void} onChange
   */
  constructor(session, number, onChange) {
    this.session = session;
    this.number = number;
    this.onChange = onChange;
    this.kind = "seed";
    this.label = "";
    this.seed = number + 1;
    /** @type {Lines} of a file or of the dataset */
    this.lines = [];
    this.legend = el("legend", {}, ORDER[number]);
    this.picture = square("The drawing of this corner", MINI, { class: "mini" });
    this.element = el("fieldset", { class: "corner" });
    session.drawing.on(() => this.showPicture());
    session.look.on(() => this.showPicture());
  }

  /** What the corner is; null if there is nothing yet. @returns {Corner | null} */
  get value() {
    if (this.kind === "label") return { label: this.label };
    if (this.kind === "seed") return { seed: this.seed };
    const lines = this.kind === "drawing" ? this.session.drawing.lines : this.lines;
    return lines.length ? { lines } : null;
  }

  changeModel() {
    const { info } = this.session;
    if (!info.labels.includes(this.label)) {
      const favourites = FAVOURITES.filter((name) => info.labels.includes(name));
      this.label = [...favourites, ...info.labels][this.number] ?? info.labels[0] ?? "";
    }
    if (!(this.kind in this.kinds())) this.kind = info.labels.length > 1 ? "label" : "seed";
    if (info.encoder && this.number === 0 && this.session.drawing.lines.length) this.kind = "drawing";
    this.show();
  }

  /** @returns {Record<string, string>} */
  kinds() {
    const { info, backend, dataset } = this.session;
    return {
      ...(info.labels.length > 1 ? { label: "a label" } : {}),
      ...(info.latent ? { seed: "made up" } : {}),
      ...(info.encoder ? { drawing: "my drawing" } : {}),
      ...(info.encoder && backend.read ? { file: "a file" } : {}),
      ...(info.encoder && dataset ? { data: "data" } : {}),
    };
  }

  show() {
    const kind = select("From", this.kinds(), this.kind, (value) => {
      this.kind = value;
      this.lines = [];
      this.show();
      this.onChange();
      if (value === "data") this.takeFirst();
    });
    refill(this.element, this.legend, kind.element, this.detail(), this.picture);
    this.showPicture();
  }

  /** Shows the drawing, if the corner is one. */
  showPicture() {
    const { value } = this;
    const lines = value && "lines" in value ? value.lines : [];
    this.picture.toggleAttribute("hidden", !lines.length);
    this.element.classList.toggle("pictured", this.kind === "drawing" || this.kind === "file" || this.kind === "data");
    refill(this.picture, ...paths(centred(lines, MINI, 0.9), this.session.look.values, { width: 1.2 }));
  }

  /** Takes the drawing of a file or of the dataset. @param {Lines} lines */
  take(lines) {
    this.lines = lines;
    this.showPicture();
    this.onChange();
  }

  detail() {
    if (this.kind === "label") return this.labelField();
    if (this.kind === "seed") return this.seedField();
    if (this.kind === "file") return openButton(this.session, (lines) => this.take(lines));
    if (this.kind !== "data") return null;
    const { session } = this;
    const choose = async () => {
      const lines = await chosenOfData(session);
      if (lines) this.take(lines);
    };
    return button("Choose", () => session.attempt(choose), { title: "Choose a drawing of the dataset" });
  }

  /** Takes a drawing of the dataset, until another is chosen. */
  takeFirst() {
    const { session } = this;
    session.attempt(async () => {
      const [first] = (await session.backend.drawings?.({ count: 1, seed: this.number })) ?? [];
      if (!first || this.kind !== "data" || this.lines.length) return;
      this.take(placed(first.lines));
    });
  }

  labelField() {
    const field = new LabelField("Label", (value) => {
      this.label = value;
      this.onChange();
    });
    field.fill(
      this.session.info.labels.map((text) => ({ value: text, text })),
      this.label,
    );
    return field.element;
  }

  seedField() {
    const input = el("input", {
      ...{ type: "number", min: 0, step: 1, value: this.seed },
      onchange: () => {
        this.seed = Math.max(Math.floor(Number(input.value)) || 0, 0);
        this.onChange();
      },
    });
    return el("label", { class: "field" }, el("span", {}, "Seed"), input);
  }
}
