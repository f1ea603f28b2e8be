// Files and pictures, for Node and browsers: pictures of digits in MNIST's form, PNG, IDX, CSV, safetensors, ONNX and
// JSON.

export { type ByteStream, type CsvOptions, encodeCsv, parseCsv, readCsv } from "../data/csv.js";
export { encodeIdx, type IdxPair } from "../data/encode-idx.js";
export { type IdxFile, idxDimensions, idxHeaderLength, parseDataset } from "../data/idx.js";
export { prepareDigit, prepareImage, preparePicture, toGrey, transposePicture } from "../data/pictures.js";
export { type DataSplit, type Division, MNIST, parseSplit } from "../data/split.js";
export { narrowLabels } from "../data/wide-labels.js";
export { FormatError } from "../errors.js";
export type { LayerParameters, RealArray } from "../kernels/kernels.js";
export { hashBytes } from "../network/digest.js";
export {
  areaUnderCurve,
  type CalibrationAims,
  calibrationError,
  fitCalibration,
  type Readings,
} from "../reading/calibration.js";
export { type FoundDigit, findDigit, type Segment, toDigit } from "../reading/digit.js";
export type { Region } from "../reading/grid.js";
export type { Picture } from "../reading/picture.js";
export {
  countDigits,
  type Ink,
  type ReadDigit,
  type ReadDigits,
  type ReadNumber,
  type ReadOptions,
  readDigits,
} from "../reading/read.js";
export type { DigitReader, ImageReader, Judge } from "../reading/reader.js";
export { deciderOf, withVariants } from "../reading/variants.js";
export {
  type Calibration,
  calibrationMetadata,
  calibrationOf,
  type Shares,
  sharesOf,
  type Verdict,
  verdict,
} from "../reading/verdict.js";
export { type CFiles, type COptions, encodeC } from "./c/c.js";
export { quantize } from "./c/quantize.js";
export { decodePicture } from "./decode.js";

export { decodeModel, type ImportedModel, type ImportOptions } from "./import/model.js";
export { encodeJson } from "./json.js";
export { kindOfFile } from "./kind.js";
export { encodeNpz } from "./npz.js";
export { encodeOnnx } from "./onnx.js";
export { decodePng, encodePng } from "./png.js";
export { encodePyTorch } from "./pytorch.js";
export { decodeSafetensors, encodeSafetensors, type Safetensors, type Tensor } from "./safetensors.js";
export { encodeWeights, type NetworkWeights } from "./weights.js";
