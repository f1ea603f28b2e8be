// A page with any number of digits, seen the way that shows writing: against one tone where paper is even and nothing
// lies beside it, else against its closing.

import { withoutFrames } from "./frames.js";
import type { Grid } from "./grid.js";
import { split } from "./otsu.js";
import { fromTone, paperTone } from "./paper.js";
import { areDoubtful } from "./pieces.js";
import { attempt, BLANK, Closings, type View } from "./view.js";

/** Half of the closing's square as a share of the page's longer side: strokes are at most twice as thick. */
const REACH = 0.06;
/** Two tones have this share of the variance between them. */
const SEPARABLE = 0.9;

/**
 * The page as its writing is seen best.
 * @throws {RangeError} if nothing is drawn
 */
export function pageView(tones: Grid): View {
  const { tone, even } = paperTone(tones);
  const closings = new Closings(tones);
  const flat = even ? attempt("tone", fromTone(tones, tone)) : twoTones(tones, closings);
  if (flat !== undefined && flat.doubt === 0) return unframed(flat);
  const closed = closingView(closings);
  const view = flat === undefined || (closed !== undefined && closed.doubt <= flat.doubt) ? closed : flat;
  if (view === undefined) throw new RangeError(BLANK);
  return unframed(view);
}

function unframed(view: View): View {
  const { ink, pieces } = withoutFrames(view.ink, view.all, view.frames, view.raw, view.threshold);
  return { ...view, ink, all: pieces };
}

/** Paper and ink of one tone each: a page cut to its writing has no majority of paper. */
function twoTones(tones: Grid, closings: Closings): View | undefined {
  const { low, high, separability } = split(tones.values);
  if (separability < SEPARABLE) return undefined;
  const view = attempt("tone", fromTone(tones, closings.isInkLight ? low : high));
  return view !== undefined && !areDoubtful(view.all, tones) ? view : undefined;
}

function closingView(closings: Closings): View | undefined {
  const light = closings.isInkLight;
  const view = closings.view(light, REACH);
  if (view !== undefined && view.doubt < 2) return view;
  const other = closings.view(!light, REACH);
  return other !== undefined && other.doubt < 2 ? other : view;
}
