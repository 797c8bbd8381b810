// The built site with some of its files replaced, behind a server that records every request.

import http from "node:http";

/** Address of the built site. */
export const SITE = process.env.FEWSHOP_URL ?? "http://127.0.0.1:8080";
/** A host's answer for a missing file. */
export const NOT_THERE = { status: 404, body: "not here", type: "text/plain" };

/** Headers that belong to one connection or one encoding of a body. */
const OWN_HEADERS = ["content-encoding", "content-length", "connection", "keep-alive", "transfer-encoding", "etag"];

/** The headers that a plain static host sends as well. */
const PLAIN_HEADERS = ["content-type", "cache-control"];

/**
 * Opens such a site. `replaced` maps a path to a function of the file's bytes, to `{ status, type, body }`, or to a function named `reply`
 * in an object, which answers by itself. A `bare` host sends only the headers it has to.
 *
 * `requests` holds every request in order, with method, path, query, headers and body; `asked` their paths alone.
 */
export async function openSite(replaced = {}, { bare = false } = {}) {
  const requests = [];
  const server = http.createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, SITE);
    const noted = { method: request.method, path: pathname, search, headers: request.headers, body: "" };
    requests.push(noted);
    for await (const chunk of request) noted.body += chunk;
    const reply = (status, headers, body) => {
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    const change = replaced[pathname];
    if (pathname === "/blank") {
      reply(200, { "content-type": "text/html" }, "<!doctype html><title>blank</title>");
    } else if (change?.reply) {
      const original = await fetch(new URL(request.url, SITE));
      change.reply(response, Buffer.from(await original.arrayBuffer()), original.headers.get("content-type"));
    } else if (change && typeof change !== "function") {
      reply(change.status ?? 200, { "content-type": change.type }, change.body);
    } else {
      const original = await fetch(new URL(request.url, SITE));
      const passes = (name) => (bare ? PLAIN_HEADERS.includes(name) : !OWN_HEADERS.includes(name));
      const headers = Object.fromEntries([...original.headers].filter(([name]) => passes(name)));
      const body = Buffer.from(await original.arrayBuffer());
      reply(original.status, headers, change ? change(body) : body);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    get asked() {
      return requests.map(({ path }) => path);
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Why tests of the WebGPU engine cannot run here, or null. */
export async function withoutGpuEngine() {
  const { ok } = await fetch(new URL("/engine/gpu/fewshop_wasm.js", SITE), { method: "HEAD" });
  return ok ? null : "the site was built without the WebGPU engine: `cargo xtask build` adds it";
}
