/**
 * Puts the page together.
 *
 * @import { Backend } from "./backend.js"
 *
 * @typedef {"finish" | "gallery" | "morph" | "map" | "inside"} Section
 * @typedef {object} PageOptions
 * @property {Section[]} sections the tabs that are shown, in order; the map only with a dataset
 * @property {string} [model] the model that is opened first; default: the first of `models()`
 */
import { lookMenu, select } from "./controls.js";
import { button, el, refill } from "./dom.js";
import { acceptDrops, placed } from "./files.js";
import { Finish } from "./finish.js";
import { Gallery } from "./gallery.js";
import { packed, unpacked } from "./geometry.js";
import { Inside } from "./inside.js";
import { LatentMapPart } from "./map.js";
import { Morph } from "./morph.js";
import { copyText } from "./save.js";
import { Session } from "./session.js";
import { Store, hashOf, keptLook, settingsOf } from "./settings.js";

const NAMES = { finish: "Finish my drawing", gallery: "Gallery", morph: "Morph", map: "Map", inside: "Inside" };
const LONGEST_LINK = 6000;
const SHOWN_MS = 6000;

/**
 * @typedef {object} Part
 * @property {HTMLElement} element
 * @property {(isActive: boolean) => void} activate
 * @property {(key: string) => boolean} onKey
 */

/**
 * @param {Backend} backend
 * @param {PageOptions} options
 */
export async function start(backend, options) {
  const app = /** @type {HTMLElement} */ (document.getElementById("app"));
  const message = el("div", { class: "message", role: "alert" });
  const say = speaker(message);
  try {
    const models = await backend.models();
    const { settings, drawing } = settingsOf(location.hash);
    const dataset = (await backend.dataset?.()) ?? null;
    const session = new Session(backend, models, dataset?.count ? dataset : null, new Store(settings), keptLook(), say);
    const page = new Page(session, options);
    refill(app, ...page.elements, message);
    const names = models.map((model) => model.name);
    const wanted = names.includes(settings.model) ? settings.model : (options.model ?? names[0]);
    await session.attempt(() => session.open(wanted));
    const lines = drawing ? unpacked(drawing) : [];
    if (lines.length) session.drawing.become({ lines, isEnded: false });
    page.show(settings.tab);
    document.documentElement.dataset.ready = "true";
  } catch (error) {
    refill(app, el("p", { class: "failure" }, error instanceof Error ? error.message : String(error)));
  }
}

/** @param {HTMLElement} element */
function speaker(element) {
  let timer = 0;
  return (/** @type {string} */ text) => {
    element.textContent = text;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (element.textContent = ""), SHOWN_MS);
  };
}

class Page {
  /**
   * @param {Session} session
   * @param {PageOptions} options
   */
  constructor(session, options) {
    this.session = session;
    this.sections = options.sections.filter((name) => name !== "map" || session.dataset);
    const goOn = (/** @type {import("./backend.js").Lines} */ lines) => {
      session.drawing.set(placed(lines), true);
      this.show("finish");
    };
    /** @type {Record<Section, () => Part>} */
    const makers = {
      finish: () => new Finish(session),
      gallery: () => new Gallery(session, goOn),
      morph: () => new Morph(session, goOn),
      map: () => new LatentMapPart(session, goOn),
      inside: () => new Inside(session),
    };
    /** @type {[Section, Part][]} */
    this.parts = this.sections.map((name) => [name, makers[name]()]);
    this.tabs = this.parts.map(([name]) => this.tab(name));
    this.elements = [this.header(), el("main", {}, ...this.parts.map(([name, part]) => this.panel(name, part)))];
    this.listen();
  }

  header() {
    const { session } = this;
    const names = Object.fromEntries(session.models.map(({ name }) => [name, name]));
    const model = select("Model", names, session.settings.values.model, (name) => session.attempt(() => session.open(name)));
    const about = el("p", { class: "about" });
    session.onModel(() => {
      model.input.value = session.info.name;
      about.textContent = session.info.about;
      document.title = `${session.info.name}: sketch-rnn studio`;
    });
    model.element.hidden = session.models.length < 2;
    const link = button("Link", () => this.copyLink(), { icon: "link", title: "Copy a link to what is shown" });
    const tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the studio" }, ...this.tabs);
    return el(
      "header",
      {},
      el("h1", {}, el("span", { class: "brand" }, "sketch-rnn "), el("em", {}, "studio")),
      tabs,
      el("div", { class: "right" }, model.element, lookMenu(session), link),
      about,
    );
  }

  /** @param {Section} name */
  tab(name) {
    const attributes = { role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}` };
    const [first, ...rest] = NAMES[name].split(" ");
    const wide = rest.length > 0 && el("span", { class: "wide" }, ` ${rest.join(" ")}`);
    return el("button", { ...attributes, type: "button", onclick: () => this.show(name) }, first, wide);
  }

  /** @param {Section} name @param {Part} part */
  panel(name, part) {
    return el("section", { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}` }, part.element);
  }

  /** @param {string} wanted */
  show(wanted) {
    const name = this.sections.find((section) => section === wanted) ?? this.sections[0];
    this.parts.forEach(([section, part], n) => {
      const isShown = section === name;
      setTab(this.tabs[n], isShown);
      const panel = /** @type {HTMLElement} */ (part.element.parentElement);
      panel.hidden = !isShown;
      part.activate(isShown);
    });
    this.session.settings.set({ tab: name });
    this.remember();
  }

  listen() {
    const { session } = this;
    session.settings.on(() => this.remember());
    session.drawing.on(() => this.remember());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      session.look.tell({}); // colours differ in the dark
    });
    document.addEventListener("keydown", (event) => this.key(event));
    acceptDrops(session, (lines) => {
      session.drawing.set(lines);
      this.show("finish");
    });
    for (const [n, tab] of this.tabs.entries()) {
      tab.addEventListener("keydown", (event) => {
        const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!way) return;
        const next = (n + way + this.tabs.length) % this.tabs.length;
        this.show(this.sections[next]);
        this.tabs[next].focus();
      });
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const { drawing, settings } = this.session;
    if (target.closest("input, select, textarea, dialog")) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      event.shiftKey ? drawing.redo() : drawing.undo();
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && target.closest("button, summary, a")) return;
    const part = this.parts.find(([name]) => name === settings.values.tab)?.[1];
    if (part?.onKey(event.key.toLowerCase())) event.preventDefault();
  }

  /** Puts the settings into the address. */
  remember() {
    if (!this.session.info) return;
    history.replaceState(null, "", hashOf(this.session.settings.values));
  }

  copyLink() {
    const { drawing, settings } = this.session;
    const whole = hashOf(settings.values, packed(drawing.lines));
    const hash = whole.length < LONGEST_LINK ? whole : hashOf(settings.values);
    const address = location.href.replace(/#.*/, "") + hash;
    this.session.attempt(() => copyText(this.session, address, "the link"));
  }
}

/** @param {HTMLElement} tab @param {boolean} isShown */
function setTab(tab, isShown) {
  tab.setAttribute("aria-selected", String(isShown));
  tab.tabIndex = isShown ? 0 : -1;
}
