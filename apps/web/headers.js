// What a server says beside the page's files.

/** The browser itself sees to it that the page sends nothing anywhere, and runs no code but its own. */
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "worker-src 'self'; base-uri 'none'; form-action 'none'";

/** Memory that threads share. */
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
