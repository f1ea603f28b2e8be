// The section where a network is trained.

import type { Models } from "../models.js";

export function startTraining(_models: Models): void {}
