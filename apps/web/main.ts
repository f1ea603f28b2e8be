// The page: its networks, and its three sections.

import { startBackprop } from "./backprop/section.js";
import { Models } from "./models.js";
import { startTraining } from "./train/section.js";
import { startWriting } from "./write/section.js";

const models = new Models();
startWriting(models);
startTraining(models);
startBackprop(models);
