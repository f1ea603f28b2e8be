// In workerd, which runs Cloudflare's workers: answers with the results. A worker may not compile WebAssembly: it is
// given the module.

import * as library from "ductus";
import module from "ductus/ductus.wasm";
import { run } from "./run.js";

export default {
  async fetch(request) {
    try {
      const base = new URL(request.url).searchParams.get("base");
      return Response.json({ results: await run(base, library, { module }) });
    } catch (error) {
      return Response.json({ error: String(error.stack ?? error) });
    }
  },
};
