/**
 * The backend of an exported page: asks a worker that computes the network, in the same file.
 *
 * @import { Backend, OnPiece } from "../backend.js"
 * @import { Header } from "./weights.js"
 * @import { Answer, CallName } from "./worker.js"
 */
import { BackendError } from "../backend.js";

/** @typedef {{onPiece?: OnPiece, resolve: (value: any) => void, reject: (error: Error) => void}} Waiting */

/**
 * @param {Header} header
 * @param {string} weights base64
 * @param {string} source JavaScript of the worker
 * @returns {Backend}
 */
export function offlineBackend(header, weights, source) {
  const call = caller(startedWorker(source), header, weights);
  const { name, about, config } = header;
  /** @type {Backend} */
  const backend = {
    isServer: false,
    models: async () => [{ name, about }],
    open: () => call("open", null),
    draw: (request, onPiece, signal) => call("draw", request, signal, onPiece),
    morph: (request, onPiece, signal) => call("morph", request, signal, onPiece),
    inside: (request, signal) => call("inside", request, signal),
  };
  if (config.conditional) {
    backend.vary = (request, onPiece, signal) => call("vary", request, signal, onPiece);
  }
  if (config.num_labels > 1) {
    backend.guess = (_, lines, signal) => call("guess", lines, signal);
  }
  return backend;
}

/** @param {string} source */
function startedWorker(source) {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return new Worker(address);
}

/**
 * A function that calls the worker, and gives up a call that is aborted.
 *
 * @param {Worker} worker
 * @param {Header} header
 * @param {string} weights
 */
function caller(worker, header, weights) {
  /** @type {Map<number, Waiting>} */
  const waiting = new Map();
  let last = 0;
  /** @type {Error | null} */
  let broken = null;
  worker.onmessage = (/** @type {MessageEvent<Answer>} */ { data }) => answered(data, waiting);
  worker.onerror = (event) => {
    event.preventDefault();
    const reason = event.message ?? "no worker";
    const error = new BackendError(`the model cannot be run in this browser: ${reason}`);
    broken = error;
    waiting.forEach(({ reject }) => reject(error));
    waiting.clear();
  };
  worker.postMessage({ load: { header, weights } });

  /**
   * @param {CallName} name
   * @param {any} request
   * @param {AbortSignal} [signal]
   * @param {OnPiece} [onPiece]
   * @returns {Promise<any>}
   */
  return (name, request, signal, onPiece) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted || broken) {
        reject(broken ?? aborted());
        return;
      }
      last += 1;
      const id = last;
      waiting.set(id, { onPiece, resolve, reject });
      signal?.addEventListener("abort", () => {
        if (!waiting.delete(id)) return;
        worker.postMessage({ cancel: id });
        reject(aborted());
      });
      worker.postMessage({ id, name, request });
    });
}

const aborted = () => new DOMException("cancelled", "AbortError");

/**
 * @param {Answer} answer
 * @param {Map<number, Waiting>} waiting
 */
function answered({ id, pieces, done, result, error, isFault }, waiting) {
  const call = waiting.get(id);
  if (!call) return; // It was aborted.
  pieces?.forEach((piece) => call.onPiece?.(piece));
  if (!done) return;
  waiting.delete(id);
  if (error === undefined) call.resolve(result);
  else call.reject(isFault ? new Error(error) : new BackendError(error));
}
