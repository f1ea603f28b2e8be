// Serves runtimes their files, and takes the results of pages, which cannot print.

import { createServer } from "node:http";
import sirv from "sirv";

/** Without these a page has no shared memory. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/**
 * @param {string} folder of the files
 * @returns {Promise<{ base: string, results: () => Promise<any>, close: () => void }>}
 *   `results` waits for the next ones posted
 */
export async function serve(folder) {
  let posted = deferred();
  // Looks for each file when it is asked for: they come and go.
  const files = sirv(folder, { dev: true });
  const server = createServer(async (request, response) => {
    for (const [name, value] of Object.entries(ISOLATED)) response.setHeader(name, value);
    if (request.method !== "POST") return files(request, response);
    let body = "";
    for await (const chunk of request) body += chunk;
    posted.resolve(JSON.parse(body));
    response.end();
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
