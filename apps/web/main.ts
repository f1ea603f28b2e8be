// The page: its networks, and its three sections.

import { startBackprop } from "./backprop/backprop-section.js";
import { Models } from "./models.js";
import { startTraining } from "./train/train-section.js";
import { startWriting } from "./write/write-section.js";

const models = new Models();
startWriting(models);
startTraining(models);
startBackprop(models);
