// The sheet in a picture, as cells, without the outline of a screenshot or transparent ground around it.

import { type Grid, longerSide, type Region } from "./grid.js";
import type { Picture } from "./picture.js";
import { tonesOf } from "./tones.js";
import { withoutOutline } from "./trim.js";

/** A part of a picture, and its tones in cells of factor x factor pixels. */
export interface Sheet {
  readonly tones: Grid;
  /** In pixels of the picture. */
  readonly region: Region;
  readonly factor: number;
}

/**
 * A sheet is cut off from its surroundings at most this many times: a window's outline in a screenshot's, and one
 * more.
 */
const CUTS = 3;

/** The sheet on a grid of at most `cells` cells a side. */
export function sheetOf(picture: Picture, cells: number): Sheet {
  let region: Region = { left: 0, top: 0, right: picture.width, bottom: picture.height };
  for (let cuts = 0; ; cuts++) {
    const factor = Math.ceil(longerSide(region) / cells);
    const { tones, sheet } = tonesOf(picture, region, factor);
    const within = cuts === CUTS ? undefined : (sheet ?? withoutOutline(tones));
    if (within === undefined || isWhole(within, tones)) return { tones, region, factor };
    region = inPixels(within, { region, factor });
  }
}

/** A region of a picture on a grid of at most `cells` cells a side, just as it is. */
export function partOf(picture: Picture, region: Region, cells: number): Sheet {
  const factor = Math.ceil(longerSide(region) / cells);
  return { tones: tonesOf(picture, region, factor).tones, region, factor };
}

function isWhole({ left, top, right, bottom }: Region, { width, height }: Grid): boolean {
  return right - left === width && bottom - top === height;
}

/** Cells of a sheet as pixels of the picture. */
export function inPixels(cells: Region, { region, factor }: Pick<Sheet, "region" | "factor">): Region {
  return {
    left: region.left + cells.left * factor,
    top: region.top + cells.top * factor,
    right: Math.min(region.right, region.left + cells.right * factor),
    bottom: Math.min(region.bottom, region.top + cells.bottom * factor),
  };
}
