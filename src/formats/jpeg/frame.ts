// A JPEG's frame: its components, and where their blocks are. Source: ITU-T T.81, A.2 and B.2.2.

import { checkSize, reductionOf } from "../reduce.js";

/**
 * Coefficients that a progressive file may have, which are all kept until its end, two bytes each: those of 21
 * megapixels with colours at half the resolution, of 10 with all.
 */
const MOST_COEFFICIENTS = 28_000_000;

/** One of the colours, and how its blocks are laid out. */
export interface Component {
  readonly id: number;
  /** Blocks of it in an MCU, across and down. */
  readonly across: number;
  readonly down: number;
  /** The quantisation table's place. */
  readonly table: number;
  /** Blocks with pixels in them, across and down, and blocks in a row with those that fill up the last MCU. */
  readonly columns: number;
  readonly rows: number;
  readonly blocksPerRow: number;
  /** Samples that a side of a block becomes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly samples: Uint8ClampedArray;
  /** Samples in a row. */
  readonly stride: number;
  /** Of a progressive file: 64 a block, in the order of the file. */
  readonly coefficients: Int16Array;
  /** Of a progressive file, by coefficient: the lowest bit that the scans so far have coded; -1 before the first. */
  readonly coded: Int8Array;
  /** Set by the first scan: the quantisation table, in the order of the file. */
  quantisation?: Uint16Array;
  /** The DC coefficient of the block before. */
  predicted: number;
}

export interface Frame {
  readonly progressive: boolean;
  /** Of the picture as it is in the file, and as it is decoded. */
  readonly width: number;
  readonly height: number;
  readonly reduction: number;
  /** The most blocks in an MCU, across and down, and MCUs of the picture. */
  readonly across: number;
  readonly down: number;
  readonly mcusPerRow: number;
  readonly mcuRows: number;
  readonly components: readonly Component[];
}

/**
 * @param data of the segment SOF
 * @throws {FormatError} if there are too many pixels
 * @throws {Error} if the frame is not one that is decoded
 */
export function frameOf(data: Uint8Array, progressive: boolean, file: string): Frame {
  const [precision, , , , , count] = data;
  if (data.length < 6 || data.length < 6 + 3 * count) throw new Error("a frame header cut short");
  const [height, width] = [(data[1] << 8) | data[2], (data[3] << 8) | data[4]];
  if (precision !== 8) throw new Error(`samples of ${precision} bits instead of 8; save it as PNG`);
  if (![1, 3, 4].includes(count)) throw new Error(`${count} colours instead of 1, 3 or 4`);
  checkSize(width, height, file);
  const declared = Array.from({ length: count }, (_, i) => {
    const [id, sampling, table] = data.subarray(6 + 3 * i);
    return { id, across: sampling >> 4, down: sampling & 15, table };
  });
  for (const { across, down, table } of declared) {
    if (across < 1 || across > 4 || down < 1 || down > 4 || table > 3) throw new Error("a component out of range");
  }
  const [across, down] = [
    Math.max(...declared.map((component) => component.across)),
    Math.max(...declared.map((component) => component.down)),
  ];
  const [mcusPerRow, mcuRows] = [Math.ceil(width / 8 / across), Math.ceil(height / 8 / down)];
  const reduction = reductionOf(width, height);
  const blocks = declared.reduce((sum, each) => sum + each.across * each.down * mcusPerRow * mcuRows, 0);
  if (progressive && 64 * blocks > MOST_COEFFICIENTS) {
    const got = `a progressive file of ${64 * blocks} coefficients`;
    throw new Error(`${got}, more than ${MOST_COEFFICIENTS}; save it as a JPEG that is not`);
  }
  const components = declared.map((each) => {
    const [blocksPerRow, blockRows] = [mcusPerRow * each.across, mcuRows * each.down];
    // A colour at half the resolution needs only half the reduction.
    let size = 8 / reduction;
    for (let by = 2; size < 8 && each.across * by <= across && each.down * by <= down; by *= 2) size *= 2;
    return {
      ...each,
      columns: Math.ceil((width * each.across) / across / 8),
      rows: Math.ceil((height * each.down) / down / 8),
      blocksPerRow,
      size,
      samples: new Uint8ClampedArray(blocksPerRow * blockRows * size * size),
      stride: blocksPerRow * size,
      coefficients: new Int16Array(progressive ? 64 * blocksPerRow * blockRows : 0),
      coded: new Int8Array(64).fill(-1),
      predicted: 0,
    };
  });
  return { progressive, width, height, reduction, across, down, mcusPerRow, mcuRows, components };
}
