// The section where one writes digits, and a network reads them.

import type { Models } from "../models.js";

export function startWriting(models: Models): void {
  models.loadPretrained();
}
