/**
 * The contract between the page and whatever runs a model: `server.js` asks the local server, and
 * an exported page computes in the browser.
 *
 * Drawings are lines of points in pixels, y downwards, at any place and of any size: the backend
 * brings them to the size, place and density that the model knows, and answers in the pixels it was
 * given. Modules of the page use named imports and exports only, so that they can be joined into one
 * script.
 *
 * @typedef {[number, number]} Point
 * @typedef {Point[]} Line one pen-down run of points; one point is a dot
 * @typedef {Line[]} Lines one drawing
 *
 * @typedef {object} ModelName
 * @property {string} name
 * @property {string} about what it draws, in a few words
 *
 * @typedef {object} ModelInfo
 * @property {string} name
 * @property {string} about
 * @property {string[]} labels what can be asked for; empty for a model without labels
 * @property {boolean} latent whether its drawings depend on a z
 * @property {boolean} encoder whether it can turn a drawing into its z (morph drawings, variations)
 * @property {string} cell lstm, layer_norm or hyper
 * @property {number} units of the decoder
 * @property {number} mixture number of components
 * @property {number} longest rows of the longest drawing that it was trained on
 * @property {number} size longer side of a typical drawing in its pixels
 * @property {Rule} rule how its library applies a temperature
 * @property {number} strength factor on the vector of a label, if none is asked for
 *
 * @typedef {"paper" | "original" | "js" | "offsets"} Rule
 *
 * @typedef {object} Manner how drawings are made; a value that is left out is the backend's default
 * @property {string} model
 * @property {number} [temperature] 0 takes the likeliest movements, 1 varies as the data does
 * @property {Rule} [rule] default: the model's own
 * @property {number} [seed]
 * @property {number} [limit] rows after which a drawing is cut off
 * @property {number} [strength] factor on the vector of a label, which there must be then; above 1,
 *   drawings show it more clearly and vary less; default: the model's own
 * @property {number} [candidates] for each movement, of which the one that tells most of the label is
 *   taken; default: the model's own
 *
 * @typedef {object} DrawParts
 * @property {number} count drawings, of each label if there are labels
 * @property {string[]} [labels]
 * @property {Lines} [lines] the drawing that all begin with, for `Finish my drawing`
 * @property {boolean} [continues] whether the last line may go on
 * @property {number} [add] rows that an ending may have at most
 * @property {"encode" | "likely" | "prior"} [latent] where the z of an ending comes from
 * @typedef {Manner & DrawParts} DrawRequest
 *
 * @typedef {{label: string} | {lines: Lines} | {z: number[]} | {seed: number}} Corner
 *   a label's vector (models with labels), the z of a drawing (models with an encoder), or a z drawn
 *   from N(0, 1) by a seed (models with a z)
 *
 * @typedef {object} MorphParts
 * @property {Corner[]} corners two, or four: top left, top right, bottom left, bottom right
 * @property {number} steps drawings along each side, both ends included; at least 2
 * @property {"linear" | "spherical"} [path] default: linear
 * @typedef {Manner & MorphParts} MorphRequest drawings come in rows, all with the same random numbers
 *
 * @typedef {object} CombineParts
 * @property {Corner[]} corners one to four
 * @property {number[]} weights a factor for each corner, such as 1, -1, 1
 * @property {number} count drawings of the sum
 * @typedef {Manner & CombineParts} CombineRequest drawings of a weighted sum of corners
 *
 * @typedef {object} VaryParts
 * @property {Lines} lines
 * @property {number} count
 * @property {number} spread standard deviations from the drawing's z; 0 is the drawing redrawn
 * @typedef {Manner & VaryParts} VaryRequest
 *
 * @typedef {object} Piece some more points of one drawing
 * @property {number} drawing counted from 0; with labels, all drawings of the first label come first
 * @property {[number, number, 0 | 1][]} points x, y, and 1 where a new line begins at this point; a
 *   first point with 0 continues the last line of the given drawing
 * @property {"" | "model" | "limit"} end who ended the drawing: the model itself, or the limit;
 *   empty while it goes on. The last piece of a drawing may have no points.
 *
 * @typedef {(piece: Piece) => void} OnPiece
 *
 * @typedef {object} Step the distribution of one movement at temperature 1, in the drawing's pixels
 * @property {Point} from where the pen is before the movement
 * @property {Point} to where it went; same as `from` at the end of the drawing
 * @property {"down" | "up" | "end"} pen what the pen does after the movement
 * @property {boolean} drew whether the pen was down during the movement
 * @property {number[]} pi weight of each component
 * @property {Point[]} mean centre of each as an offset from `from`
 * @property {Point[]} sigma
 * @property {number[]} rho
 * @property {[number, number, number]} pens probabilities of down, up and end
 * @property {number} logp natural logarithm of the movement's density
 *
 * @typedef {object} InsideRequest
 * @property {string} model
 * @property {string} [label]
 * @property {number} [strength] as in `Manner`
 * @property {Lines} lines the drawing to be replayed
 * @property {boolean} ended whether it is finished, so that the last step is its end
 *
 * @typedef {{label: string, probability: number}} Guess
 *
 * @typedef {object} DataInfo
 * @property {string} name empty if no dataset is open
 * @property {number} count of its training drawings
 *
 * @typedef {{count: number, seed: number} | {numbers: number[]}} DataRequest
 * @typedef {{number: number, label: string, lines: Lines}} DataDrawing label is empty without labels
 *
 * @typedef {object} LatentMap the z of drawings of the dataset, in the plane along which they differ
 *   most: the place (x, y) stands for z = mean + x axes[0] + y axes[1]
 * @property {number[]} numbers of the drawings in the dataset
 * @property {string[]} labels of the drawings, empty without labels
 * @property {Point[]} places of the drawings
 * @property {number[]} mean
 * @property {[number[], number[]]} axes
 * @property {number} share of the variance of z that the plane shows
 * @property {string} note what was left out
 *
 * @typedef {object} Backend
 * @property {boolean} isServer whether there is a `sketch-rnn` command behind it
 * @property {() => Promise<ModelName[]>} models
 * @property {(name: string) => Promise<ModelInfo>} open loads a model
 * @property {(request: DrawRequest, onPiece: OnPiece, signal?: AbortSignal) => Promise<void>} draw
 * @property {(request: MorphRequest, onPiece: OnPiece, signal?: AbortSignal) => Promise<void>} morph
 * @property {(request: CombineRequest, onPiece: OnPiece, signal?: AbortSignal) => Promise<void>} [combine]
 * @property {(request: VaryRequest, onPiece: OnPiece, signal?: AbortSignal) => Promise<void>} [vary]
 * @property {(request: InsideRequest, signal?: AbortSignal) => Promise<Step[]>} inside
 * @property {(model: string, lines: Lines, signal?: AbortSignal) => Promise<Guess[]>} [guess]
 *   the likeliest labels, the likeliest first
 * @property {(file: File) => Promise<{drawings: Lines[], note: string}>} [read]
 *   the drawings of a file: SVG, JSON, ndjson, npz
 * @property {() => Promise<DataInfo>} [dataset] the dataset that is open
 * @property {(request: DataRequest, signal?: AbortSignal) => Promise<DataDrawing[]>} [drawings]
 *   of the dataset
 * @property {(model: string, signal?: AbortSignal) => Promise<LatentMap>} [map] of the dataset
 * @property {(drawings: Lines[], seconds: number, color: string | null) => Promise<Blob>} [gif]
 *   being drawn; null colours lines by their order
 *
 * An optional function that a backend lacks hides its button. Every function throws a
 * `BackendError` whose message is one line for the user; an aborted one throws an `AbortError`.
 */

/** What a user can be told in one line. */
export class BackendError extends Error {}

/** @param {unknown} error */
export function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}
