// Gzipped files beside the page: downloaded with progress, inflated, and kept in the browser for the next visit. They
// are named .bin, since some servers declare .gz files so that the browser inflates them first.

/** How a file is downloaded. */
export interface DownloadOptions {
  /** Called with the number of bytes received since the last call. */
  readonly onBytes?: (bytes: number) => void;
  /** The name of the cache that keeps the file. Without one, only the browser's HTTP cache may. */
  readonly store?: string;
  /** Cancels the download, which then throws. */
  readonly signal?: AbortSignal;
}

/**
 * The contents of a gzip file.
 * @throws {Error} if the file cannot be fetched whole; the message is one sentence
 */
export async function download(path: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  const { onBytes, signal } = options;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const store = options.store === undefined ? undefined : await openStore(options.store);
  const kept = await store?.match(path).catch(() => undefined);
  if (kept !== undefined) {
    const file = await kept.blob();
    // A damaged file is fetched again.
    const bytes = await inflate(file, name).catch(() => undefined);
    if (bytes !== undefined) {
      onBytes?.(file.size);
      return bytes;
    }
  }
  const response = await request(path, name, signal);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Error(`${name}: expected the whole file, got a part (connection lost? try again)`);
    });
    if (done) break;
    chunks.push(value);
    onBytes?.(value.length);
  }
  const file = new Blob(chunks);
  const bytes = await inflate(file, name);
  // If there is no room, the next visit fetches it again.
  await store?.put(path, new Response(file)).catch(() => {});
  return bytes;
}

async function request(path: string, name: string, signal: AbortSignal | undefined): Promise<Response> {
  const response = await fetch(path, { signal }).catch(() => {
    throw new Error(`${name}: expected an answer of the page's server, got none (offline? try again)`);
  });
  if (!response.ok) {
    throw new Error(
      `${name}: expected a file beside the page, got status ${response.status} (try again, or tell its host)`,
    );
  }
  return response;
}

async function inflate(file: Blob, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await new Response(file.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  } catch {
    throw new Error(`${name}: expected gzip data, got something else (try again, or tell the page's host)`);
  }
}

/** A cache of the browser; undefined if the page is not served securely, or the visitor has turned caches off. */
export async function openStore(name: string): Promise<Cache | undefined> {
  return globalThis.caches?.open(name).catch(() => undefined);
}
