// Pictures of one handwritten digit, and the digit in MNIST's form: see ../reading/.

export { type FoundDigit, findDigit, type Segment, toDigit } from "../reading/digit.js";
export type { Region } from "../reading/grid.js";
export type { Picture } from "../reading/picture.js";
