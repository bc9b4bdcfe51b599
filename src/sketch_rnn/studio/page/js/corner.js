/**
 * One corner of a morph: a label, the drawing on the page, a drawing of a file, or one that the
 * model makes up.
 *
 * @import { Corner, Lines } from "./backend.js"
 * @import { Session } from "./session.js"
 */
import { select } from "./controls.js";
import { el, refill } from "./dom.js";
import { openButton } from "./files.js";
import { LabelField } from "./labels.js";

const FAVOURITES = ["cat", "pig", "rabbit", "fish"];
const NAMES = ["First", "Second", "Third", "Fourth"];

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
    /** @type {Lines} */
    this.lines = [];
    this.element = el("fieldset", { class: "corner" });
  }

  /** What the corner is; null if there is nothing yet. @returns {Corner | null} */
  get value() {
    if (this.kind === "label") return { label: this.label };
    if (this.kind === "seed") return { seed: this.seed };
    const lines = this.kind === "file" ? this.lines : this.session.drawing.lines;
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
    const { info, backend } = this.session;
    return {
      ...(info.labels.length > 1 ? { label: "a label" } : {}),
      ...(info.latent ? { seed: "made up" } : {}),
      ...(info.encoder ? { drawing: "my drawing" } : {}),
      ...(info.encoder && backend.read ? { file: "from a file" } : {}),
    };
  }

  show() {
    const kind = select("From", this.kinds(), this.kind, (value) => {
      this.kind = value;
      this.show();
      this.onChange();
    });
    refill(this.element, el("legend", {}, NAMES[this.number]), kind.element, this.detail());
  }

  detail() {
    if (this.kind === "label") return this.labelField();
    if (this.kind === "seed") return this.seedField();
    if (this.kind !== "file") return null;
    return openButton(this.session, (lines) => {
      this.lines = lines;
      this.onChange();
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
