// npm run bench:defaults: trains every combination of optimiser, activation and cost with the learning rate that it has
// by default, and prints what the networks read: the tables of docs/accuracy.md. --test reads the test set, --seeds N
// trains with seeds 1 to N and prints the worst.

import { cpus } from "node:os";
import {
  type Activation,
  type Cost,
  createKernels,
  defaultLearningRate,
  type InitialWeights,
  type LearningRateOptions,
  Network,
  type Optimizer,
} from "ductus";
import { loadMnist } from "ductus/node";
import { OPTIONS } from "ductus/recipe";

const EPOCHS = 3;
const IMAGES = 10_000;

/** What differs from the recipe in a column of the table. */
interface Column extends LearningRateOptions {
  readonly name: string;
  readonly initialWeights?: InitialWeights;
  /** Times the default learning rate. */
  readonly factor?: number;
  /** Instead of the default learning rate. */
  readonly rate?: number;
}

const COLUMNS: readonly Column[] = [
  { name: "a third", factor: 1 / 3 },
  { name: "**default**" },
  { name: "three times", factor: 3 },
  { name: "no hidden layer", hidden: [] },
  { name: "2 layers", hidden: [100, 100] },
  { name: "3 layers", hidden: [100, 100, 100] },
  { name: "m = 1", batchSize: 1 },
  { name: "m = 100", batchSize: 100 },
  { name: "normal", initialWeights: "normal" },
  { name: "he", initialWeights: "he" },
];

const { training, validation, test } = loadMnist();
const data = training.slice(0, IMAGES);
const kernels = await createKernels(1);
const read = process.argv.includes("--test") ? test : validation;
const seeds = Number(process.argv[process.argv.indexOf("--seeds") + 1]) || 1;
const [only, rates] = ["--only=", "--rates="].map((name) =>
  process.argv
    .find((argument) => argument.startsWith(name))
    ?.slice(name.length)
    .split(","),
);
const columns =
  rates?.map((rate): Column => ({ name: `eta ${rate}`, rate: Number(rate) })) ??
  COLUMNS.filter(({ name }) => only === undefined || only.includes(name.replaceAll("*", "")));

console.log(`${cpus()[0].model.trim()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`);
console.log(`\n| optimizer | activation | cost | eta | ${columns.map(({ name }) => name).join(" | ")} |`);
console.log(`|---|---|---|---:|${columns.map(() => "---:|").join("")}`);
for (const optimizer of choicesOf("optimizer") as Optimizer[]) {
  for (const activation of choicesOf("activation") as Activation[]) {
    for (const cost of choicesOf("cost") as Cost[]) {
      const eta = defaultLearningRate({ optimizer, activation, cost });
      const cells: string[] = [];
      for (const column of columns) cells.push(await worst({ optimizer, activation, cost, ...column }));
      console.log(`| ${[optimizer, activation, cost, eta, ...cells].join(" | ")} |`);
    }
  }
}

function choicesOf(key: string): readonly string[] {
  const { kind } = OPTIONS[key];
  return kind.type === "choice" ? kind.choices : [];
}

/** The accuracy in percent, of all seeds the lowest. */
async function worst({ name, factor = 1, rate, ...options }: Column): Promise<string> {
  const { activation, cost, initialWeights, optimizer, hidden = [100], batchSize = 10 } = options;
  const learningRate = rate ?? factor * defaultLearningRate({ ...options, hidden });
  let least = 1;
  for (let seed = 1; seed <= seeds; seed++) {
    using network = await Network.create({
      layers: [784, ...hidden, 10],
      activation,
      cost,
      initialWeights,
      seed,
      kernels,
    });
    await network.fit(data, { epochs: EPOCHS, batchSize, learningRate, optimizer });
    least = Math.min(least, (await network.evaluate(read)).accuracy);
  }
  return (100 * least).toFixed(1);
}
