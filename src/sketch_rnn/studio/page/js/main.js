/** The page of the local server. An exported page has another entry and the same `start`. */
import { start } from "./page.js";
import { serverBackend } from "./server.js";

start(serverBackend(), { sections: ["finish", "gallery", "morph", "map", "inside"] });
