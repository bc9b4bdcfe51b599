/** What runs in an exported page. */
import { start } from "../page.js";
import { offlineBackend } from "./browser.js";

/** @param {string} id */
const text = (id) => /** @type {HTMLElement} */ (document.getElementById(id)).textContent ?? "";

const header = JSON.parse(text("model"));
const backend = offlineBackend(header, text("weights"), text("worker"));
/** @type {("finish" | "gallery" | "morph" | "inside")[]} */
const sections = ["finish", "gallery", "morph", "inside"];
const canMorph = header.config.conditional || header.config.num_labels > 1;
start(backend, { sections: sections.filter((section) => section !== "morph" || canMorph) });
