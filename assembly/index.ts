// The ABI: what a host calls. Pointers are byte addresses in the exported memory; a pointer or flag of 0 returned says that
// the memory could not be had. Arguments are trusted: the host checks them first (src/ does).
// A host's way: allocate staging -> createDataset, addImages -> createNetwork, reserveBatch, initialise or writeLayer
// -> per epoch: shuffle, trainBatches, evaluate -> readLayer.

export { sumCosts } from "./cost";
export { evaluate } from "./evaluate";
export { addImages, createDataset, predictions, shuffle } from "./images";
export { allocate, release } from "./memory";
export { allFinite, arrange, createNetwork, initialise, readLayer, reserveBatch, writeLayer } from "./network";
export { selftest } from "./selftest";
export { trainBatches } from "./sgd";
export { abortTeam, formTeam, joinTeam } from "./team";
