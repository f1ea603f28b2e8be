// Numbers and texts as C99 source has them.

/** The significant bits of an f32 after the first, and the exponent of the smallest numbers. */
const FRACTION_BITS = 23;
const SMALLEST_EXPONENT = -149;

/**
 * The f32 nearest to x as a constant with a hexadecimal fraction, which no compiler has to round: 0x1.8p-2f. 0 and -0
 * are 0: no sum that starts from one of them, and adds more, tells them apart.
 * @throws {RangeError} if it is not finite
 */
export function hexFloat(x: number): string {
  const real = Math.fround(x);
  if (!Number.isFinite(real)) throw new RangeError(`weights and biases: expected finite numbers, got ${x}`);
  if (real === 0) return "0.0f";
  const [bits] = new Uint32Array(Float32Array.of(Math.abs(real)).buffer);
  const exponent = bits >>> FRACTION_BITS;
  const fraction = bits & 0x7fffff;
  const sign = real < 0 ? "-" : "";
  // Subnormal: a whole number of the smallest ones.
  if (exponent === 0) return `${sign}0x${fraction.toString(16)}p${SMALLEST_EXPONENT}f`;
  const digits = (fraction * 2).toString(16).padStart(6, "0").replace(/0+$/, "");
  return `${sign}0x1${digits === "" ? "" : `.${digits}`}p${exponent - 127}f`;
}

/** A text as a string constant of ASCII characters: others by the bytes of UTF-8, in octal, which ends by itself. */
export function cString(text: string): string {
  const octal = (byte: number) => `\\${byte.toString(8).padStart(3, "0")}`;
  const characters = Array.from(new TextEncoder().encode(text), (byte) => {
    const character = String.fromCharCode(byte);
    return /[\w !#$%&'()*+,./:;<=>@[\]^`{|}~-]/.test(character) ? character : octal(byte);
  });
  return `"${characters.join("")}"`;
}

/** Constants with commas between them, in lines of at most 120 characters. */
export function constants(items: readonly string[]): string {
  const lines: string[] = [];
  let line = "   ";
  for (const [i, item] of items.entries()) {
    const next = ` ${item}${i + 1 === items.length ? "" : ","}`;
    if (line.length + next.length > 120) {
      lines.push(line);
      line = "   ";
    }
    line += next;
  }
  return [...lines, line].join("\n");
}
