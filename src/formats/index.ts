// Files and pictures, for Node and browsers: pictures of digits in MNIST's form, PNG, IDX, safetensors, ONNX and JSON.

export { type IdxFile, idxDimensions, idxHeaderLength, parseDataset } from "../data/idx.js";
export { type DataSplit, MNIST, parseSplit } from "../data/split.js";
export { FormatError } from "../errors.js";
export type { LayerParameters } from "../kernels/kernels.js";
export { encodeJson } from "./json.js";
export { encodeOnnx } from "./onnx.js";
export { type FoundDigit, findDigit, type Picture, type Region, type Segment, toDigit } from "./picture.js";
export { decodePng, encodePng } from "./png.js";
export { encodePyTorch } from "./pytorch.js";
export { decodeSafetensors, encodeSafetensors, type Safetensors, type Tensor } from "./safetensors.js";
export { encodeWeights, type NetworkWeights } from "./weights.js";
