// A browser through its WebDriver, for those that Playwright does not drive as their makers ship them: Firefox and WebKitGTK.
//
// Only what the tests need of https://www.w3.org/TR/webdriver2/.

import { spawn } from "node:child_process";
import net from "node:net";

import { until } from "./shopper.mjs";

/** The key of an element in WebDriver's answers. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** A port that nobody listens on. */
function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const { FIREFOX, GECKODRIVER, WEBKIT, WEBKIT_DRIVER, XVFB_RUN } = process.env;

/** The browsers that are there, each with the command of its driver and what a session asks for. `prefs` are Firefox's own. */
export const BROWSERS = {
  Firefox: GECKODRIVER && FIREFOX && {
    command: (port) => [GECKODRIVER, ["--port", port, "--websocket-port", "0", "--binary", FIREFOX]],
    capabilities: (prefs) => ({ browserName: "firefox", "moz:firefoxOptions": { binary: FIREFOX, args: ["-headless"], prefs } }),
  },
  // It has no headless mode: it runs on a screen in memory.
  WebKit: WEBKIT_DRIVER && WEBKIT && XVFB_RUN && {
    command: (port) => [XVFB_RUN, ["-a", WEBKIT_DRIVER, `--port=${port}`]],
    capabilities: () => ({ "webkitgtk:browserOptions": { binary: WEBKIT, args: ["--automation"] } }),
  },
};

/** Opens a browser, runs `steps` with it, and closes it. */
export async function drive({ command, capabilities }, prefs, steps) {
  const port = await freePort();
  const [program, args] = command(port);
  const env = { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1", LIBGL_ALWAYS_SOFTWARE: "1" };
  const driver = spawn(program, args.map(String), { stdio: "ignore", detached: true, env });
  let page;
  try {
    const at = `http://127.0.0.1:${port}`;
    await until("the driver answers", () => fetch(`${at}/status`).then(({ ok }) => ok, () => false));
    page = await Driven.open(at, capabilities(prefs));
    await steps(page);
  } catch (error) {
    const seen = await page?.run(() => `${location.href}\n${document.body?.innerText}`).catch(() => "nothing");
    throw new Error(`${error.message}\n--- the shopper sees: ${seen?.slice(0, 1500)}`, { cause: error });
  } finally {
    await page?.quit().catch(() => {});
    process.kill(-driver.pid);
  }
}

/** One window of a browser. */
class Driven {
  #session;

  static async open(at, alwaysMatch) {
    const made = new Driven();
    const { sessionId } = await made.#send("POST", `${at}/session`, { capabilities: { alwaysMatch } });
    made.#session = `${at}/session/${sessionId}`;
    return made;
  }

  async #send(method, url, body) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }

  go(url) {
    return this.#send("POST", `${this.#session}/url`, { url });
  }

  back() {
    return this.#send("POST", `${this.#session}/back`, {});
  }

  reload() {
    return this.#send("POST", `${this.#session}/refresh`, {});
  }

  quit() {
    return this.#send("DELETE", this.#session);
  }

  /** The answer of a function in the page. */
  run(act, ...args) {
    return this.#send("POST", `${this.#session}/execute/sync`, { script: `return (${act})(...arguments)`, args });
  }

  /**
   * Waits for the element of an XPath, and clicks it: as a person does, or from the page itself where the driver finds what is seen 'not
   * interactable', as WebKit's does with a button in a flexible row.
   */
  async click(xpath) {
    let why;
    await until(`there is ${xpath}`, async () => {
      try {
        const element = await this.#send("POST", `${this.#session}/element`, { using: "xpath", value: xpath });
        await this.#send("POST", `${this.#session}/element/${element[ELEMENT]}/click`, {});
        return true;
      } catch (error) {
        // Not there yet, or another thing lies over it for a moment.
        why = error;
        return error.message.startsWith("element not interactable") && this.run((xpath) => {
          const found = document.evaluate(xpath, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE);
          const all = Array.from({ length: found.snapshotLength }, (_, at) => found.snapshotItem(at));
          const seen = all.find((element) => element.checkVisibility());
          seen?.click();
          return Boolean(seen);
        }, xpath);
      }
    }).catch((error) => {
      throw new Error(`${error.message}: ${why.message}`);
    });
  }

  /** Waits until the page's text matches, and returns the match. */
  reads(words) {
    return until(`the page says ${words}`, async () => (await this.run(() => document.body.innerText.replace(/\s+/g, " "))).match(words));
  }
}
