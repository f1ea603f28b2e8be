// Products of weights with inputs that are not 0, for one panel. The inputs are listed: the pixels of an Image
// (dataset.ts), or the neurons of an Active (layer.ts). Each input takes one row of weights. The sums, or the deltas,
// of one sample stay in registers over all inputs. Vectors are stored in pairs, as simd.ts explains.

import { Row1, Row2, Row3, Row4, Row5, Row6, Row7, Row8 } from "./simd";

/** A list of inputs that are not 0, by ascending k: its entries are at entries..end-1, entryBytes apart. */
interface Inputs {
  readonly entries: usize;
  readonly end: usize;
  readonly entryBytes: usize;
  /** Address of an entry's a_k, f32. */
  valueOf(entry: usize): usize;
  /** Address of row k of a panel, for the entry after the one whose row was `row`; at first that is the panel. */
  rowOf(entry: usize, panel: usize, row: usize, rowBytes: usize): usize;
}

/** What to do with the rows of a list of inputs, all of one width. */
@unmanaged
class Kernel {
  /** For Sum and Update to override: a method with type parameters cannot be abstract here. */
  run<_Row, List extends Inputs>(_list: List, _panel: usize, _source: usize, _z: usize): void {}

  /** Vector N of a row at an address, the last one of RowN; nothing if rows are shorter, as in the steps below. */
  @inline static load<Row, RowN>(address: usize): v128 {
    if (offsetof<Row>() < offsetof<RowN>()) return f32x4.splat(0);
    return v128.load(address, offsetof<RowN>() - 16);
  }

  @inline static store<Row, RowN>(address: usize, vector: v128): void {
    if (offsetof<Row>() >= offsetof<RowN>()) v128.store(address, vector, offsetof<RowN>() - 16);
  }
}

/**
 * z = b + sum of a_k w_k by ascending k, for a panel of `width` vectors and the inputs of a list. Kernels take the list
 * itself: with its first and last entry as arguments, whole training runs were 2 % slower.
 */
export function sparseSum<List extends Inputs>(width: u32, list: List, panel: usize, biases: usize, z: usize): void {
  forWidth<Sum, List>(width, list, panel, biases, z);
}

/** w_kj += a_k d_j for the inputs k of a list and the outputs j of a panel of `width` vectors. */
export function sparseUpdate<List extends Inputs>(width: u32, list: List, panel: usize, d: usize): void {
  forWidth<Update, List>(width, list, panel, d, 0);
}

/** Runs a kernel for rows of `width` vectors. It reads `source`, biases or deltas, into registers; sums go to z. */
function forWidth<K extends Kernel, List extends Inputs>(
  width: u32,
  list: List,
  panel: usize,
  source: usize,
  z: usize,
): void {
  // There is no object: its type alone says which kernel is meant.
  const kernel = changetype<K>(0);
  if (width === 8) kernel.run<Row8, List>(list, panel, source, z);
  else if (width === 7) kernel.run<Row7, List>(list, panel, source, z);
  else if (width === 6) kernel.run<Row6, List>(list, panel, source, z);
  else if (width === 5) kernel.run<Row5, List>(list, panel, source, z);
  else if (width === 4) kernel.run<Row4, List>(list, panel, source, z);
  else if (width === 3) kernel.run<Row3, List>(list, panel, source, z);
  else if (width === 2) kernel.run<Row2, List>(list, panel, source, z);
  else kernel.run<Row1, List>(list, panel, source, z);
}

@unmanaged
class Sum extends Kernel {
  /** z + x w. */
  @inline static step<Row, RowN>(z: v128, x: v128, row: usize): v128 {
    if (offsetof<Row>() < offsetof<RowN>()) return z;
    return f32x4.add(z, f32x4.mul(x, v128.load(row, offsetof<RowN>() - 16)));
  }

  run<Row, List extends Inputs>(list: List, panel: usize, biases: usize, z: usize): void {
    let z0 = Kernel.load<Row, Row1>(biases);
    let z1 = Kernel.load<Row, Row2>(biases);
    let z2 = Kernel.load<Row, Row3>(biases);
    let z3 = Kernel.load<Row, Row4>(biases);
    let z4 = Kernel.load<Row, Row5>(biases);
    let z5 = Kernel.load<Row, Row6>(biases);
    let z6 = Kernel.load<Row, Row7>(biases);
    let z7 = Kernel.load<Row, Row8>(biases);
    let row = panel;
    const end = list.end;
    for (let entry = list.entries; entry < end; entry += list.entryBytes) {
      const x = v128.load32_splat(list.valueOf(entry));
      row = list.rowOf(entry, panel, row, offsetof<Row>());
      z0 = Sum.step<Row, Row1>(z0, x, row);
      z1 = Sum.step<Row, Row2>(z1, x, row);
      z2 = Sum.step<Row, Row3>(z2, x, row);
      z3 = Sum.step<Row, Row4>(z3, x, row);
      // Never true. Between two branches V8 loads all it needs before it adds. A row of 8 and 8 sums would not fit in
      // its 15 registers, and a sum that lives in memory doubles the time of the loop.
      if (offsetof<Row>() === offsetof<Row8>() && row === 0) break;
      z4 = Sum.step<Row, Row5>(z4, x, row);
      z5 = Sum.step<Row, Row6>(z5, x, row);
      z6 = Sum.step<Row, Row7>(z6, x, row);
      z7 = Sum.step<Row, Row8>(z7, x, row);
    }
    Kernel.store<Row, Row2>(z, z1);
    Kernel.store<Row, Row1>(z, z0);
    Kernel.store<Row, Row4>(z, z3);
    Kernel.store<Row, Row3>(z, z2);
    Kernel.store<Row, Row6>(z, z5);
    Kernel.store<Row, Row5>(z, z4);
    Kernel.store<Row, Row8>(z, z7);
    Kernel.store<Row, Row7>(z, z6);
  }
}

@unmanaged
class Update extends Kernel {
  /** w + x d of vectors N and N + 1, stored. */
  @inline static step<Row, RowN, RowNext>(row: usize, x: v128, d: v128, dNext: v128): void {
    if (offsetof<Row>() < offsetof<RowN>()) return;
    const w = v128.load(row, offsetof<RowN>() - 16);
    if (offsetof<Row>() >= offsetof<RowNext>()) {
      const next = v128.load(row, offsetof<RowNext>() - 16);
      v128.store(row, f32x4.add(next, f32x4.mul(x, dNext)), offsetof<RowNext>() - 16);
    }
    v128.store(row, f32x4.add(w, f32x4.mul(x, d)), offsetof<RowN>() - 16);
  }

  run<Row, List extends Inputs>(list: List, panel: usize, d: usize, _z: usize): void {
    const d0 = Kernel.load<Row, Row1>(d);
    const d1 = Kernel.load<Row, Row2>(d);
    const d2 = Kernel.load<Row, Row3>(d);
    const d3 = Kernel.load<Row, Row4>(d);
    const d4 = Kernel.load<Row, Row5>(d);
    const d5 = Kernel.load<Row, Row6>(d);
    const d6 = Kernel.load<Row, Row7>(d);
    const d7 = Kernel.load<Row, Row8>(d);
    let row = panel;
    const end = list.end;
    for (let entry = list.entries; entry < end; entry += list.entryBytes) {
      const x = v128.load32_splat(list.valueOf(entry));
      row = list.rowOf(entry, panel, row, offsetof<Row>());
      Update.step<Row, Row1, Row2>(row, x, d0, d1);
      Update.step<Row, Row3, Row4>(row, x, d2, d3);
      Update.step<Row, Row5, Row6>(row, x, d4, d5);
      Update.step<Row, Row7, Row8>(row, x, d6, d7);
    }
  }
}
