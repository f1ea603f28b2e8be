// The section that shows one sample's way forward and back.

import type { Models } from "../models.js";

export function startBackprop(_models: Models): void {}
