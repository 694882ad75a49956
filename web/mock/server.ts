// SPDX-License-Identifier: Apache-2.0
// Speaks weir's API for a simulated world: for `npm run dev`, and for tests of the dashboard without the program. It serves
// web/dist with the same Content-Security-Policy as weir does.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { catalogue } from "./features.ts";
import { TICK_S, World, type WorldEvent } from "./world.ts";

export interface MockOptions {
  /** Times real time; 0 stands still until world.tick() is called. */
  speed: number;
  /** When set, every API route wants it. */
  token?: string;
  /** Seconds of packet time that lie behind at the start. */
  past?: number;
  port?: number;
}

export const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

const KEPT_EVENTS = 5_000;
const COOKIE = "weir_session=simulated";
const CALLER = { name: "ann", role: "analyst" };

export function createMock({ speed, token, past = 0 }: MockOptions) {
  const world = new World();
  const streams = new Set<ServerResponse>();
  const log: string[] = [];
  let nextId = 1;
  for (let second = 0; second < past; second += TICK_S) world.tick();

  const publish = ({ event, data }: WorldEvent) => {
    const text = `id: ${nextId++}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    log.push(text);
    if (log.length > KEPT_EVENTS) log.shift();
    for (const stream of streams) stream.write(text);
  };
  const advance = () => world.tick().forEach(publish);
  const ticks = speed > 0 ? setInterval(advance, (TICK_S * 1000) / speed) : null;
  const seconds = setInterval(() => streams.forEach(sendStatus), 1000);
  const sendStatus = (stream: ServerResponse) =>
    stream.write(`event: status\ndata: ${JSON.stringify(world.status())}\n\n`);

  const follow = (request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    const seen = Number(request.headers["last-event-id"]);
    if (seen >= nextId) response.write('event: reset\ndata: {"reason":"unknown event id"}\n\n');
    else if (seen > 0) log.slice(seen - nextId + 1).forEach((text) => response.write(text));
    sendStatus(response);
    streams.add(response);
    response.on("close", () => streams.delete(response));
  };

  const change = (method: string, url: URL, body: string): unknown => {
    const id = /^\/api\/v1\/(?:incidents|suppressions)\/([^/]+)/.exec(url.pathname)?.[1] ?? "";
    if (method === "DELETE") {
      world.unsuppress(id);
      return {};
    }
    const json = JSON.parse(body) as never;
    if (url.pathname.endsWith("/state")) {
      const judged = world.judge(id, json);
      if (judged) publish({ event: "incident", data: judged });
      return judged;
    }
    return url.pathname.endsWith("/preview") ? world.preview(json) : world.suppress(json);
  };

  const answer = (url: URL): unknown => {
    const query = Object.fromEntries(url.searchParams);
    const incident = /^\/api\/v1\/incidents\/([^/]+)$/.exec(url.pathname)?.[1];
    if (incident !== undefined) return world.incidentDetail(incident);
    const host = /^\/api\/v1\/hosts\/([^/]+)$/.exec(url.pathname)?.[1];
    if (host !== undefined) {
      const all = world.incidents();
      return {
        address: host,
        as_actor: all.filter(({ actors }) => actors.some.includes(host)),
        as_target: all.filter(({ targets }) => targets.some.includes(host)),
        newest_flows: world.find({ host, limit: 50 }).items,
      };
    }
    const flowUid = /^\/api\/v1\/detections\/([^/]+)$/.exec(url.pathname)?.[1];
    if (flowUid !== undefined) return world.detail(flowUid);
    switch (url.pathname) {
      case "/api/v1/session":
        return token === undefined ? { name: null, role: "analyst" } : CALLER;
      case "/api/v1/status":
        return world.status();
      case "/api/v1/summary":
        return world.summary();
      case "/api/v1/features":
        return catalogue();
      case "/api/v1/throughput":
        return { points: world.points.filter(({ at }) => !query.from || at >= query.from) };
      case "/api/v1/incidents":
        return { items: world.incidents(query), next_cursor: null };
      case "/api/v1/suppressions":
        return { items: world.suppressions };
      case "/api/v1/detections":
        return world.find({
          ...query,
          suppressed: query.suppressed === "true",
          limit: Number(query.limit ?? 100),
        });
      default:
        return null;
    }
  };

  const changeSession = async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const piece of request) body += String(piece);
    if (request.method === "DELETE") {
      response.writeHead(204, { "Set-Cookie": `${COOKIE}; Path=/; Max-Age=0` }).end();
    } else if ((JSON.parse(body) as { token: string }).token !== token) {
      problem(response, 401, "Unauthorized", "The bearer token is not known.");
    } else {
      const headers = {
        "Content-Type": "application/json",
        "Set-Cookie": `${COOKIE}; Path=/; HttpOnly; SameSite=Strict`,
      };
      response.writeHead(200, headers).end(JSON.stringify(CALLER));
    }
  };

  /** False when the address is not of the API. */
  const handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const url = new URL(request.url ?? "/", "http://mock");
    if (!url.pathname.startsWith("/api/")) return false;
    if (url.pathname === "/api/v1/session" && request.method !== "GET") {
      void changeSession(request, response);
    } else if (token !== undefined && !(request.headers.cookie ?? "").includes(COOKIE)) {
      problem(response, 401, "Unauthorized", "A bearer token is needed.");
    } else if (url.pathname === "/api/v1/stream") {
      follow(request, response);
    } else if (request.method === "POST" || request.method === "DELETE") {
      let text = "";
      request.on("data", (part: Buffer) => (text += part.toString()));
      request.on("end", () => {
        response.writeHead(200, { "Content-Type": "application/json" });
        response.end(JSON.stringify(change(request.method ?? "", url, text)));
      });
    } else {
      const body = answer(url);
      if (body === null) problem(response, 404, "Not Found", "There is no such thing.");
      else response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    }
    return true;
  };

  const close = () => {
    if (ticks !== null) clearInterval(ticks);
    clearInterval(seconds);
    for (const stream of streams) {
      stream.end('event: bye\ndata: {"reason":"weir is stopping"}\n\n');
    }
  };
  return { world, handle, advance, close };
}

function problem(response: ServerResponse, status: number, title: string, detail: string): void {
  response.writeHead(status, { "Content-Type": "application/problem+json" });
  response.end(JSON.stringify({ type: "about:blank", title, status, detail }));
}

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

/** A file of web/dist; the page itself for every address that is a page's. */
function serveFile(request: IncomingMessage, response: ServerResponse, dist: string): void {
  const { pathname } = new URL(request.url ?? "/", "http://mock");
  const asset = pathname.startsWith("/assets/");
  const file = asset ? normalize(pathname) : "/index.html";
  try {
    const body = readFileSync(join(dist, file));
    response.writeHead(200, {
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Security-Policy": CONTENT_SECURITY_POLICY,
      "X-Content-Type-Options": "nosniff",
    });
    response.end(body);
  } catch {
    problem(response, 404, "Not Found", "There is no such file.");
  }
}

export async function startMock(options: MockOptions) {
  const mock = createMock(options);
  const dist = join(import.meta.dirname, "..", "dist");
  const server = createServer((request, response) => {
    if (!mock.handle(request, response)) serveFile(request, response, dist);
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...mock,
    port,
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      mock.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
