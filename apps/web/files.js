// Answers requests with the files of a folder. Hosts on the open internet have servers of their own: they take the
// headers from _headers (rolldown.config.js).

import { realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import compression from "compression";
// Not sirv: send has exact ranges (the last bytes, If-Range), and answers If-Match and If-Modified-Since.
import send from "send";

const METHODS = ["GET", "HEAD"];
/** Headers of a file, which an answer without it must not have. */
const FILE_HEADERS = ["accept-ranges", "cache-control", "content-length", "etag", "last-modified"];
const TEXTS = {
  404: "There is no such file.",
  405: `Expected one of the methods ${METHODS.join(" and ")}.`,
  412: "The file is another one than the request expects.",
  416: "The file has no such range of bytes.",
};

/**
 * Compresses text and WebAssembly. A range counts the bytes of the file itself, so it goes out as it is, and so does
 * data: the page's are compressed already.
 */
const compress = compression({
  filter: (request, response) =>
    request.headers.range === undefined &&
    response.getHeader("content-type") !== "application/octet-stream" &&
    compression.filter(request, response),
});

/**
 * A listener for an HTTP server. It serves regular files whose names, and whose folders' names, begin with no dot, and
 * follows no link out of the folder. "/" at the end of an address stands for "/index.html".
 * @param {string} folder looked at anew for each request, since it may be rebuilt meanwhile
 * @param {readonly (readonly string[])[]} headers of every answer: names and values
 * @returns {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => void}
 */
export function serveFiles(folder, headers) {
  return async (request, response) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    if (!METHODS.includes(request.method)) {
      // Nobody reads the body of such a request.
      response.setHeader("connection", "close");
      response.setHeader("allow", METHODS.join(", "));
      return refuse(response, 405);
    }
    const file = await findFile(folder, request.url);
    if (file === undefined) return refuse(response, 404);
    compress(request, response, () =>
      send(request, file.path, { root: file.root, index: false })
        .on("directory", () => refuse(response, 404))
        .on("error", ({ status }) => refuse(response, status))
        .pipe(response),
    );
  };
}

/** The folder and the encoded path in it, all links followed; undefined if the address is of no file to be served. */
async function findFile(folder, address) {
  try {
    const path = decodeURIComponent(new URL(address, "http://localhost").pathname);
    const root = await realpath(folder);
    const file = await realpath(join(root, path.endsWith("/") ? `${path}index.html` : path));
    const inside = relative(root, file);
    // ".." is the first name of what is outside of the folder.
    const hidden = [...path.split("/"), ...inside.split(sep)].some((name) => name.startsWith("."));
    if (hidden || isAbsolute(inside) || !(await stat(file)).isFile()) return undefined;
    return { root, path: encodeURIComponent(inside) };
  } catch {
    // An address that is malformed, or of a file that does not exist.
    return undefined;
  }
}

function refuse(response, status) {
  if (response.headersSent) return response.destroy();
  for (const name of FILE_HEADERS) response.removeHeader(name);
  const text = TEXTS[status] ?? "The file could not be read.";
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
