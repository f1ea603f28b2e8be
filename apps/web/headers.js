// The headers that a server sends with the files of the page.

/** The browser enforces that the page sends no data anywhere, and runs no code but its own. */
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "worker-src 'self'; base-uri 'none'; form-action 'none'";

/** A page needs these for memory that threads share. */
const ISOLATION = [
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Embedder-Policy", "require-corp"],
];

export const HEADERS = [
  ...ISOLATION,
  ["Content-Security-Policy", `${POLICY}; frame-ancestors 'none'`],
  ["Referrer-Policy", "no-referrer"],
  ["X-Content-Type-Options", "nosniff"],
];
