// Serves runtimes their files, and takes the results of pages, which cannot print.

import { createServer } from "node:http";
import sirv from "sirv";
import { ISOLATION } from "../apps/web/headers.js";

/** Characters of a page's results, at most. */
const MAX_BODY = 1e6;

/**
 * @param {string} folder of the files
 * @returns {Promise<{ base: string, results: () => Promise<any>, close: () => void }>}
 *   `results` waits for the next ones posted
 */
export async function serve(folder) {
  let posted = deferred();
  // The page's own server refuses more than runtimes of this machine ask for.
  const files = sirv(folder, {
    dev: true,
    setHeaders: (response) => {
      for (const [name, value] of ISOLATION) response.setHeader(name, value);
    },
  });
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") return files(request, response);
    const results = await readJson(request);
    if (results === undefined) return response.writeHead(400).end();
    posted.resolve(results);
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

/** What a page posted; undefined if it is no JSON, or more than any page posts. */
async function readJson(request) {
  let body = "";
  try {
    for await (const chunk of request) {
      body += chunk;
      if (body.length > MAX_BODY) return undefined;
    }
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function deferred() {
  let resolve;
  const promise = new Promise((call) => {
    resolve = call;
  });
  return { promise, resolve };
}
