// What kernels share: rows of 1 to 8 vectors, as types, so that one generic kernel compiles to one loop per width.

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
