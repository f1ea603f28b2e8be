// How a network is trained, by the names that command line, page and model files share: options, presets, and recipes in metadata.

export { RandomStream, TUNE } from "../kernels/reference/random.js";
export { checkRange, RANGES, type Range } from "../ranges.js";
export { DISTORTION_OPTIONS, distortionsOf } from "./distortions.js";
export { type Option, parseNumber, UsageError, Values, withoutUndefined } from "./options.js";
export { partsOf, type TrainingParts } from "./parts.js";
export {
  addToHistory,
  flagsOf,
  type HistoryEntry,
  historyOf,
  isEntry,
  type Recipe,
  recipeMetadata,
  recipeOf,
  shellWord,
  trainCommand,
  trainOptionsOf,
} from "./recipe.js";
export { PRESETS, recipeFrom, TRAIN_OPTIONS } from "./train-options.js";
