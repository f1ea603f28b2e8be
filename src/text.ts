// Text of unknown origin, such as a file's name or its metadata, made safe to show.

/** Controls (C0, DEL, C1), what cannot be seen or turns the text around, and what ends a line. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Whether a text has characters that escapeControls() would replace. */
export function hasControls(text: string): boolean {
  return text.search(UNSEEN) >= 0;
}

/**
 * A text of one line as it can be shown: control characters, line ends, direction marks and other characters without
 * a shape become \n, \r, \t or \uXXXX, as JSON has them. So no text can move the cursor of a terminal, look like
 * another line, or hide a part of itself.
 */
export function escapeControls(text: string): string {
  if (typeof text !== "string") throw new TypeError(`text: expected a string, got ${typeof text}`);
  return text.replace(UNSEEN, (character) => {
    const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
    return short ?? Array.from({ length: character.length }, (_, i) => escapeUnit(character.charCodeAt(i))).join("");
  });
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
