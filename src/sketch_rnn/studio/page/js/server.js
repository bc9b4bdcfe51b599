/**
 * The backend that asks the local server.
 *
 * @import { Backend, OnPiece, Piece } from "./backend.js"
 */
import { BackendError, isAbort } from "./backend.js";

/** @returns {Backend} */
export function serverBackend() {
  return {
    isServer: true,
    models: () => getJson("api/models"),
    open: (name) => postJson("api/open", { model: name }),
    draw: (request, onPiece, signal) => stream("api/draw", request, onPiece, signal),
    morph: (request, onPiece, signal) => stream("api/morph", request, onPiece, signal),
    combine: (request, onPiece, signal) => stream("api/combine", request, onPiece, signal),
    vary: (request, onPiece, signal) => stream("api/vary", request, onPiece, signal),
    inside: (request, signal) => postJson("api/inside", request, signal),
    guess: (model, lines, signal) => postJson("api/guess", { model, lines }, signal),
    dataset: () => getJson("api/data"),
    drawings: (request, signal) => postJson("api/data", request, signal),
    map: (model, signal) => postJson("api/map", { model }, signal),
    read: readFile,
    gif: async (drawings, seconds, color) => {
      const response = await post("api/gif", { drawings, seconds, color });
      return response.blob();
    },
  };
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
async function getJson(path) {
  return (await asked(path, {})).json();
}

/**
 * @param {string} path
 * @param {object} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
async function postJson(path, body, signal) {
  return (await post(path, body, signal)).json();
}

/**
 * @param {string} path
 * @param {object} body
 * @param {AbortSignal} [signal]
 */
function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  return asked(path, { method: "POST", headers, body: JSON.stringify(body), signal });
}

/** @param {File} file */
async function readFile(file) {
  const headers = { "Content-Type": "application/octet-stream" };
  const path = `api/read?name=${encodeURIComponent(file.name)}`;
  const response = await asked(path, { method: "POST", headers, body: file });
  return response.json();
}

/**
 * @param {string} path
 * @param {RequestInit} init
 */
async function asked(path, init) {
  let response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new BackendError("the server does not answer; is `sketch-rnn studio` still running?");
  }
  if (!response.ok) throw new BackendError(await reasonOf(response));
  return response;
}

/** @param {Response} response */
async function reasonOf(response) {
  try {
    return String((await response.json()).error);
  } catch {
    return `the server answered ${response.status}`;
  }
}

/**
 * Reads server-sent events, one JSON object each.
 *
 * @param {string} path
 * @param {object} request
 * @param {OnPiece} onPiece
 * @param {AbortSignal} [signal]
 */
async function stream(path, request, onPiece, signal) {
  const response = await post(path, request, signal);
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    text += decoder.decode(value, { stream: !done });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) handle(event, onPiece);
    if (done) return;
  }
}

/**
 * @param {string} event
 * @param {OnPiece} onPiece
 */
function handle(event, onPiece) {
  if (!event.startsWith("data: ")) return;
  const value = JSON.parse(event.slice("data: ".length));
  if ("error" in value) throw new BackendError(value.error);
  for (const piece of value) onPiece(piece);
}
