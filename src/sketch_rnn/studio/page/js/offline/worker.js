/**
 * The worker's side of an exported page: takes calls, computes, and sends pieces as they come.
 *
 * Calls may overlap: each lets the others in after some milliseconds of work, which is also when it
 * notices that it was cancelled.
 */
import { BackendError } from "../backend.js";
import { Engine } from "./engine.js";

/** @typedef {import("./weights.js").Header} Header */
/** @typedef {"draw" | "morph" | "vary" | "inside" | "guess" | "open"} CallName */

/**
 * @typedef {{load: {header: Header, weights: string}}} Load the first message
 * @typedef {{id: number, name: CallName, request: any}} Call
 * @typedef {{cancel: number}} Cancel
 * @typedef {object} Answer
 * @property {number} id of the call
 * @property {import("../backend.js").Piece[]} [pieces] more may come
 * @property {any} [result] the last message of a call, undefined where pieces were the answer
 * @property {boolean} [done]
 * @property {string} [error] one line for the user, or of a fault of the program
 * @property {boolean} [isFault]
 */

/**
 * Serves calls that arrive as messages.
 *
 * @param {{onmessage: any, postMessage: (answer: Answer) => void}} scope of the worker
 */
export function serve(scope) {
  /** @type {Engine | null} */
  let engine = null;
  /** @type {Set<number>} */
  const running = new Set();

  /** @param {Call} call */
  async function answer({ id, name, request }) {
    running.add(id);
    const pause = async () => {
      await otherTasks();
      if (!running.has(id)) throw new Cancelled();
    };
    try {
      if (!engine) throw new Error("there is no model");
      const onPieces = (/** @type {any} */ pieces) => scope.postMessage({ id, pieces });
      const result = await called(engine, name, request, onPieces, pause);
      scope.postMessage({ id, done: true, result });
    } catch (error) {
      if (error instanceof Cancelled) return;
      const isFault = !(error instanceof BackendError);
      scope.postMessage({ id, done: true, error: String(/** @type {any} */ (error).message), isFault });
    } finally {
      running.delete(id);
    }
  }

  scope.onmessage = (/** @type {{data: Load | Call | Cancel}} */ { data }) => {
    if ("load" in data) engine = new Engine(data.load.header, data.load.weights);
    else if ("cancel" in data) running.delete(data.cancel);
    else answer(data);
  };
}

class Cancelled extends Error {}

/**
 * @param {Engine} engine
 * @param {CallName} name
 * @param {any} request
 * @param {(pieces: import("../backend.js").Piece[]) => void} onPieces
 * @param {() => Promise<void>} pause
 */
function called(engine, name, request, onPieces, pause) {
  if (name === "open") return engine.info();
  if (name === "inside") return engine.inside(request, pause);
  if (name === "guess") return engine.guess(request, pause);
  return engine[name](request, onPieces, pause);
}

/** Lets messages in; timers would wait 4 ms each. @returns {Promise<void>} */
function otherTasks() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
