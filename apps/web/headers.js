// The headers that a server sends with the files of the page.

/** The browser enforces that the page sends no data anywhere, and runs no code but its own. */
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "worker-src 'self'; base-uri 'none'; form-action 'none'";

/** A page needs these for memory that threads share. */
export const ISOLATION = [
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Embedder-Policy", "require-corp"],
];

/** What the page never asks for. Each is a feature that browsers know, or their consoles complain. */
const REFUSED_FEATURES = [
  "accelerometer",
  "autoplay",
  "camera",
  "display-capture",
  "encrypted-media",
  "fullscreen",
  "geolocation",
  "gyroscope",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "picture-in-picture",
  "publickey-credentials-get",
  "screen-wake-lock",
  "usb",
  "xr-spatial-tracking",
];

export const HEADERS = [
  ...ISOLATION,
  ["Content-Security-Policy", `${POLICY}; frame-ancestors 'none'`],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Permissions-Policy", REFUSED_FEATURES.map((name) => `${name}=()`).join(", ")],
  ["Referrer-Policy", "no-referrer"],
  ["X-Content-Type-Options", "nosniff"],
];
