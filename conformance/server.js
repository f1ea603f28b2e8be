// Serves runtimes their files, and takes the results of pages, which cannot print.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};
/** Without these a page has no shared memory. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
/** Added to an example's page: posts its title once that says how it ended. */
const WATCH = `<script>
  const watch = setInterval(() => {
    if (!/^(weights|failed)/.test(document.title)) return;
    clearInterval(watch);
    fetch("/results", { method: "POST", body: JSON.stringify({ title: document.title }) });
  }, 50);
</script>`;

/**
 * @param {readonly (readonly [path: string, folder: string])[]} folders by the paths under which their files are, the first that fits
 * @returns {Promise<{ base: string, results: () => Promise<any>, close: () => void }>} `results` waits for the next ones posted
 */
export async function serve(folders) {
  let posted = deferred();
  const server = createServer(async (request, response) => {
    // Such a path has no "..": URL takes it out.
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (request.method === "POST") {
      let body = "";
      for await (const chunk of request) body += chunk;
      posted.resolve(JSON.parse(body));
      response.end();
      return;
    }
    const found = folders.find(([path]) => pathname.startsWith(path));
    try {
      let bytes = await readFile(join(found[1], pathname.slice(found[0].length)));
      if (pathname.startsWith("/examples/") && pathname.endsWith(".html"))
        bytes = Buffer.concat([bytes, Buffer.from(WATCH)]);
      const type = TYPES[extname(pathname)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, ...ISOLATED }).end(bytes);
    } catch {
      response.writeHead(404, ISOLATED).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    results: async () => {
      const result = await posted.promise;
      posted = deferred();
      return result;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function deferred() {
  let resolve;
  const promise = new Promise((call) => {
    resolve = call;
  });
  return { promise, resolve };
}
