// SPDX-License-Identifier: Apache-2.0
// The server under test: the real program on a replay, or the simulated sensor. Both can be stopped and started again at
// the same address.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startMock, type MockOptions } from "../mock/server.ts";

export interface TestServer {
  url: string;
  stop: () => Promise<void>;
  start: () => Promise<void>;
  /** Stops it and removes what it wrote. */
  discard: () => Promise<void>;
}

const ROOT = resolve(import.meta.dirname, "../..");
const START_MS = 60_000;

/** `weir run` on a capture, with a database of its own. WEIR_BIN, WEIR_CAPTURE and WEIR_SPEED choose others. */
export async function startWeir(): Promise<TestServer> {
  const program = resolve(process.env.WEIR_BIN ?? join(ROOT, "build/weir"));
  const capture = resolve(process.env.WEIR_CAPTURE ?? join(ROOT, "demo/demo.pcap.zst"));
  for (const file of [program, capture]) {
    if (!existsSync(file)) throw new Error(`${file} is not there: run \`make build\` first`);
  }
  const folder = await mkdtemp(join(tmpdir(), "weir-e2e-"));
  let child: ChildProcess | null = null;

  const start = async (port: number) => {
    const options = ["--speed", process.env.WEIR_SPEED ?? "10", "--db", `sqlite:${join(folder, "weir.db")}`];
    const places = ["--state-dir", folder, "--listen", `127.0.0.1:${port}`];
    child = spawn(program, ["run", "-r", capture, ...options, ...places], { cwd: ROOT });
    return await printedPort(child);
  };
  const stop = async () => {
    const ended = child && new Promise((done) => child?.once("exit", done));
    if (child?.exitCode === null) child.kill("SIGTERM");
    await ended;
    child = null;
  };
  const port = await start(0);
  return {
    url: `http://127.0.0.1:${port}`,
    stop,
    start: async () => {
      await start(port);
    },
    discard: async () => {
      if (child) await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function printedPort(child: ChildProcess): Promise<number> {
  let text = "";
  return await new Promise((found, failed) => {
    const timer = setTimeout(() => failed(new Error(`weir printed no address:\n${text}`)), START_MS);
    const look = (chunk: Buffer) => {
      text += chunk.toString();
      const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      found(Number(port));
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    child.once("exit", (code) => failed(new Error(`weir ended with ${code ?? "a signal"}:\n${text}`)));
  });
}

export async function startSimulated(options: MockOptions) {
  let mock = await startMock(options);
  const { url, port } = mock;
  const stop = () => mock.stop();
  return {
    url,
    stop,
    start: async () => {
      mock = await startMock({ ...options, port });
    },
    discard: stop,
    advance: () => mock.advance(),
    world: () => mock.world,
  };
}
