// How a network is trained, by the names that command line, page and model files share: options, presets, and recipes
// in metadata.

export { calibrateMade } from "../hand/calibrate.js";
export { type MadeOptions, withMade } from "../hand/hand.js";
export { RandomStream, TUNE } from "../kernels/reference/random.js";
export { nearestOf } from "../options/known.js";
export {
  type DerivedDefault,
  type FormField,
  type Need,
  type OptionKind,
  type OptionTable,
  type OptionValue,
  PARTS,
  type Scale,
  type TrainingOption,
} from "../options/option.js";
export { checkRange, RANGES, type Range } from "../ranges.js";
export { escapeControls } from "../text.js";
export { describeRecipe, pixelFlags, recipeRows, shellWord, trainCommand } from "./command.js";
export {
  type CrossValidation,
  type CrossValidationOptions,
  crossValidate,
  type Fold,
  summarizeFolds,
} from "./cross-validate.js";
export { addToHistory, type HistoryEntry, historyOf, isEntry, warningIn } from "./history.js";
export { checkMetadata, type NetworkRecipe, recipeMetadata, recipeOf } from "./metadata.js";
export { OPTIONS } from "./options.js";
export { checkEffects, commandOptions, distortionsFrom, optionsWhere, pixelOptionsFrom, recipeFrom } from "./parse.js";
export { PRESETS } from "./presets.js";
export { networkOptionsOf, type Recipe, trainOptionsOf } from "./recipe.js";
export { Session, type SessionOptions, type SessionStep, trainByRecipe } from "./session.js";
export { type Option, UsageError, Values } from "./values.js";
