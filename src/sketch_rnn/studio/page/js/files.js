/**
 * Files of drawings into the page.
 *
 * @import { Lines } from "./backend.js"
 * @import { Session } from "./session.js"
 */
import { chooseOne } from "./cells.js";
import { button, el } from "./dom.js";
import { SIDE, centred, numPoints, simplified } from "./geometry.js";

const SUFFIXES = ".svg,.svgz,.json,.ndjson,.jsonl,.npz,.npy,.csv,.gz";
const MOST_POINTS = 2000;

/**
 * @param {Session} session
 * @param {(lines: Lines) => void} onDrawing
 */
export function openButton(session, onDrawing) {
  if (!session.backend.read) return null;
  const input = el("input", {
    type: "file",
    accept: SUFFIXES,
    hidden: true,
    "aria-label": "File of drawings",
    onchange: () => {
      const file = input.files?.[0];
      if (file) openFile(session, file, onDrawing);
      input.value = "";
    },
  });
  const look = { icon: /** @type {const} */ ("open"), title: "Open a file: SVG, JSON, ndjson, npz (or drop it here)" };
  return el("span", { class: "opener" }, input, button("Open", () => input.click(), look));
}

/**
 * @param {Session} session
 * @param {File} file
 * @param {(lines: Lines) => void} onDrawing
 */
function openFile(session, file, onDrawing) {
  return session.attempt(async () => {
    const { read } = session.backend;
    if (!read) return;
    const { drawings, note } = await read(file);
    if (note) session.say(note);
    const title = `${file.name}: ${drawings.length} drawings`;
    const chosen = drawings.length > 1 ? await chooseOne(session, drawings, title) : drawings[0];
    if (chosen) onDrawing(placed(chosen));
  });
}

/** How often the user has looked for a drawing: each time others are shown. */
let looks = 0;
const SHOWN_OF_DATA = 48;

/**
 * Lets the user choose among drawings of the dataset, picked at random.
 *
 * @param {Session} session
 * @returns {Promise<Lines | null>} null if none was chosen
 */
export async function chosenOfData(session) {
  const drawings = (await session.backend.drawings?.({ count: SHOWN_OF_DATA, seed: looks++ })) ?? [];
  const title = `${session.dataset?.name}: some of ${session.dataset?.count.toLocaleString("en")} drawings`;
  const chosen = await chooseOne(session, drawings.map(({ lines }) => lines), title, drawings.map(({ label }) => label));
  return chosen && placed(chosen);
}

/** The drawing in the middle of the page, with no more points than can be sent. @param {Lines} lines */
export function placed(lines) {
  let made = centred(lines, SIDE, 0.7);
  for (let tolerance = 0.5; numPoints(made) > MOST_POINTS && tolerance < SIDE; tolerance *= 2) {
    const limit = tolerance;
    made = made.map((line) => simplified(line, limit));
  }
  return made;
}

/**
 * Opens files that are dropped anywhere on the page.
 *
 * @param {Session} session
 * @param {(lines: Lines) => void} onDrawing
 */
export function acceptDrops(session, onDrawing) {
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) openFile(session, file, onDrawing);
  });
}
