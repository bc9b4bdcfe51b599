// Answers questions about the exported page's network: a JSON object on stdin whose keys are names of
// the functions below, with their arguments; prints an object of their results.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${folder}/${name}.js`));
const { Engine } = await load("engine");
const { fitDrawing } = await load("fitting");
const { drawMovement, temperatureScales } = await load("mixture");
const { GROUP } = await load("products");
const { randomStream } = await load("random");
const { readTensors } = await load("weights");

const numbers = (count, draw) => Array.from({ length: count }, draw);
const pause = () => new Promise((resolve) => setImmediate(resolve));

// Feeds each condition's movements, side by side; returns the outputs of each step of each.
function steps({ engine, conditions, movements }) {
  const { network } = engine;
  return network.takeGroups(1).then(([group]) => {
    conditions.forEach(({ z, label }, slot) => {
      network.start(group, slot, { z: floats(z), label: floats(label) });
    });
    const results = conditions.map(() => []);
    movements.forEach((rows) => {
      rows.forEach((row, slot) => network.feed(group, slot, row));
      network.step(group, conditions.length);
      results.forEach((outputs, slot) => outputs.push([...network.outputs(group, slot)]));
    });
    network.giveBack([group]);
    return results;
  });
}
const floats = (values) => values && Float32Array.from(values);

async function pieces({ engine, name, request }) {
  const drawings = [];
  await engine[name](
    request,
    (some) => {
      for (const { drawing, points, end } of some) {
        const known = (drawings[drawing] ??= { points: [], end: "" });
        if (known.end) throw new Error("a piece after the end");
        known.points.push(...points);
        known.end = end;
      }
    },
    pause,
  );
  return drawings;
}

const questions = {
  steps,
  pieces,
  info: ({ engine }) => ({ ...engine.info(), isCompiled: engine.network.memory.isCompiled }),
  inside: ({ engine, request }) => engine.inside(request, pause),
  guess: ({ engine, lines }) => engine.guess(lines, pause),
  posterior: ({ engine, movements }) => {
    const { mean, logVar } = engine.network.encoder.posterior(movements);
    return { mean: [...mean], logVar: [...logVar] };
  },
  randoms: ({ entropies, count }) =>
    entropies.map((entropy) => {
      const stream = randomStream(entropy);
      return {
        uniforms: numbers(count, stream.uniform32),
        normals: numbers(count, stream.normal32),
        doubles: numbers(2, stream.uniform),
      };
    }),
  movements: ({ outputs, noise, temperature, rule, count }) => {
    const movement = new Float32Array(3);
    return outputs.map((output, place) => {
      const scales = temperatureScales(temperature, rule);
      drawMovement(Float32Array.from(output), scales, noise[place], 0, count, movement);
      return [...movement];
    });
  },
  fits: ({ drawings, profile, options }) =>
    drawings.map((lines) => {
      try {
        return fitDrawing(lines, profile, options);
      } catch (error) {
        return { error: error.message };
      }
    }),
  halves: ({ header, weights }) => [...readTensors(header, weights).values()].map((values) =>
    // JSON has neither of these.
    Array.from(values, (value) => (Number.isFinite(value) ? value : String(value))),
  ),
  group: () => GROUP,
};

const { model, plain, asked } = JSON.parse(readFileSync(0, "utf8"));
const engine = model && new Engine(model.header, model.weights, plain);
const answers = [];
for (const [name, given] of asked) {
  try {
    answers.push({ result: await questions[name]({ engine, ...given }) });
  } catch (error) {
    answers.push({ error: `${error.constructor.name}: ${error.message}` });
  }
}
console.log(JSON.stringify(answers));
