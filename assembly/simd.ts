// What kernels share: steps with lanes, and types for rows of 1 to 8 vectors, so that a generic kernel compiles to one
// loop per width.
//
// Kernels that store vectors work on pairs of neighbours, since V8 can turn two operations on 128 bits into one on 256
// (its revectorizer; docs/performance.md says where). Each lane computes what it did, so the bits stay. V8 looks for
// two stores in one basic block, to one address and 16 bytes past it, the higher address first, and packs what they
// are made of: loads of neighbours, load32_splat of one address, and arithmetic lane by lane. No other store may stand
// between the two loads or the two stores of a pair. Lane extracts and most shuffles do not pack.

/** The widths of a panel: offsetof<RowN>() is 16 N bytes, known at compile time. */
@unmanaged
export class Row1 {
  vector0: v128;
}
@unmanaged
export class Row2 extends Row1 {
  vector1: v128;
}
@unmanaged
export class Row3 extends Row2 {
  vector2: v128;
}
@unmanaged
export class Row4 extends Row3 {
  vector3: v128;
}
@unmanaged
export class Row5 extends Row4 {
  vector4: v128;
}
@unmanaged
export class Row6 extends Row5 {
  vector5: v128;
}
@unmanaged
export class Row7 extends Row6 {
  vector6: v128;
}
@unmanaged
export class Row8 extends Row7 {
  vector7: v128;
}

/** 2^-100: to add this to a weight changes nothing, unless it is not much larger itself. */
const TINY: f32 = 7.888609052210118e-31;

/**
 * What is closer to 0 than 2^-100 is 0; NaN stays. Below 2^-126 processors take up to a hundred times as long for a
 * number, and WebAssembly has no switch that makes it 0. Averages of gradients that no longer come decay to there, and
 * never to 0, since half of the least number rounds to it; so do the errors of saturated neurons.
 */
export function settled(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(TINY)));
}

/** All bits of the lanes of a layer's last vector that are outputs; of all four if it has no padding. */
export function usedLanes(outputs: u32): v128 {
  return i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(((outputs - 1) & 3) + 1));
}

/** (lane 0 + lane 2) + (lane 1 + lane 3). */
export function laneSum(sum: v128): f32 {
  const pairs = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}
