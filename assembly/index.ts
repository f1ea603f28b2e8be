// The ABI: what a host calls, described in docs/abi.md; abiVersion() rises with it. Pointers are byte addresses in the
// exported memory; a pointer or flag of 0 returned says that the memory could not be had. Arguments are trusted: the
// host checks them first (src/ does). The order of calls:
//   allocate staging -> createDataset, addImages -> createNetwork, reserveBatch, initialise or writeLayer
//   -> per epoch: shuffle, trainBatches, sumCosts, countCorrect, evaluate -> readLayer
//   -> releaseNetwork, releaseDataset

export { sumCosts } from "./cost";
export { countCorrect, createDataset, predictions, releaseDataset, shuffle } from "./dataset";
export { distortedImage, reserveDistorted, setDistortion } from "./distort";
export { evaluate } from "./evaluate";
export { addFloatImages, addImages } from "./images";
export { allocate, release } from "./memory";
export {
  activations,
  allFinite,
  arrange,
  configure,
  createNetwork,
  freeze,
  initialise,
  readLayer,
  releaseNetwork,
  reserveBatch,
  reserveSlots,
  setSteps,
  useSlot,
  writeLayer,
} from "./network";
export { selftest } from "./selftest";
export { trainBatches } from "./sgd";
export { abortTeam, formTeam, joinTeam, slept } from "./team";
export { abiVersion } from "./version";
