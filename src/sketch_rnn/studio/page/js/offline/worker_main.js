/** What runs in the worker of an exported page. */
import { serve } from "./worker.js";

serve(/** @type {any} */ (self));
