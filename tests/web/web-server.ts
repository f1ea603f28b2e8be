// Serves the built page to tests, as npm run web does, and opens it in Chromium.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";

const SERVER = fileURLToPath(new URL("../../apps/web/serve.js", import.meta.url));

/** Chromium's program. */
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** A server of the page. */
export interface WebServer {
  readonly url: string;
  close(): void;
}

/** Starts the server with these options, at any free port. */
export async function serveWeb(...options: string[]): Promise<WebServer> {
  const child = spawn(process.execPath, [SERVER, "--port", "0", ...options], { stdio: ["ignore", "pipe", "pipe"] });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (text) => resolve(String(text)));
    let said = "";
    child.stderr.on("data", (text) => {
      said += text;
    });
    child.once("close", (code) => reject(new Error(`exit code ${code}: ${said}`)));
  });
  return { url: line.split(" ")[0], close: () => child.kill() };
}

/** What the tests of a suite share. */
export interface Setup {
  readonly browser: Browser;
  readonly server: WebServer;
  /** Whatever fails the test that is under way. */
  readonly problems: string[];
}

/** Starts Chromium and a server for the tests of a suite. After each test its pages are closed; problems fail it. */
export function setUp(...args: string[]): Setup {
  const setup = { problems: [] as string[] } as { browser: Browser; server: WebServer; problems: string[] };
  beforeAll(async () => {
    [setup.browser, setup.server] = await Promise.all([
      chromium.launch({ executablePath: CHROMIUM, args }),
      serveWeb(),
    ]);
  });
  afterAll(async () => {
    await setup.browser?.close();
    setup.server?.close();
  });
  afterEach(async () => {
    await Promise.all(setup.browser.contexts().map((context) => context.close()));
    expect(setup.problems.splice(0)).toEqual([]);
  });
  return setup;
}

/** Opens a page at its server: messages on the console, errors, and any request to others than that are problems. */
export async function openStrictly(
  { browser, server, problems }: Setup,
  options: BrowserContextOptions = {},
  before?: (page: Page) => Promise<unknown>,
): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url)) problems.push(request.url());
  });
  await before?.(page);
  await page.goto(server.url);
  return page;
}

/**
 * Opens the page in a context of its own. Errors, messages on the console, blocked by the policy or not, and requests
 * to anywhere else go to `problems`.
 */
export async function openPage(
  browser: Browser,
  url: string,
  problems: string[],
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  context.on("request", (request) => {
    if (!/^blob:/.test(request.url()) && new URL(request.url()).origin !== new URL(url).origin)
      problems.push(request.url());
  });
  await page.goto(url);
  return page;
}
