// WebKit's browser under its own driver, by the W3C's WebDriver protocol: what the tests of the page need of it.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../conformance/process.js";

const DRIVER = "/usr/bin/WebKitWebDriver";
const SCREEN = "/usr/bin/xvfb-run";
const BROWSERS = ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`);
const BROWSER = BROWSERS.find((path) => existsSync(path));

/** Whether this machine has WebKitGTK's driver and browser, and a screen for them. */
export const HAS_WEBKIT = BROWSER !== undefined && existsSync(DRIVER) && existsSync(SCREEN);

/** The driver takes a while to listen. */
const TRIES = 100;

type Point = readonly [x: number, y: number];

/** A window of WebKit. */
export class WebKit {
  readonly #base: string;
  readonly #kill: () => void;
  #session = "";

  private constructor(port: number, kill: () => void) {
    this.#base = `http://127.0.0.1:${port}`;
    this.#kill = kill;
  }

  /** Starts the driver, on a screen of its own, and opens a window. */
  static async open(): Promise<WebKit> {
    const port = await freePort();
    const child = spawn(SCREEN, ["-a", DRIVER, `--port=${port}`], { detached: true, stdio: "ignore" });
    const kill = () => child.pid !== undefined && process.kill(-child.pid, "SIGKILL");
    const webkit = new WebKit(port, kill);
    const options = { binary: BROWSER, args: ["--automation"] };
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
    for (let i = 0; ; i++) {
      try {
        const { sessionId } = (await webkit.#send("POST", "", { capabilities })) as { sessionId: string };
        webkit.#session = `/${sessionId}`;
        return webkit;
      } catch (error) {
        if (i < TRIES && error instanceof TypeError) await sleep(100);
        else {
          kill();
          throw error;
        }
      }
    }
  }

  async #send(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#base}/session${this.#session}${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const { value } = (await response.json()) as { value: { error?: string; message?: string } | null };
    if (response.ok) return value;
    throw new Error(`WebDriver ${path}: ${value?.error}: ${value?.message}`);
  }

  async goTo(url: string): Promise<void> {
    await this.#send("POST", "/url", { url });
  }

  /** What a function's body returns on the page. */
  async run<T>(script: string, ...args: unknown[]): Promise<T> {
    return (await this.#send("POST", "/execute/sync", { script, args })) as T;
  }

  text(selector: string): Promise<string> {
    return this.run("return document.querySelector(arguments[0]).innerText", selector);
  }

  /** Focuses it first, as a visitor's click does. */
  click(selector: string): Promise<void> {
    return this.run(
      "const element = document.querySelector(arguments[0]); element.focus({ preventScroll: true }); element.click()",
      selector,
    );
  }

  /** A mouse that goes along lines with its button down, in pixels of the window. */
  async draw(lines: readonly (readonly Point[])[]): Promise<void> {
    const move = ([x, y]: Point) => ({ type: "pointerMove", duration: 0, x: Math.round(x), y: Math.round(y) });
    const actions = lines.flatMap(([first, ...others]) => [
      move(first),
      { type: "pointerDown", button: 0 },
      ...others.map(move),
      { type: "pointerUp", button: 0 },
    ]);
    await this.#send("POST", "/actions", { actions: [{ type: "pointer", id: "mouse", actions }] });
  }

  async close(): Promise<void> {
    await this.#send("DELETE", "").catch(() => {});
    this.#kill();
  }
}
