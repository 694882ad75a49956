// SPDX-License-Identifier: Apache-2.0
// Chromium for the end-to-end tests: a fresh profile each time, no calls of its own, and a record of what a page did
// wrong (console errors, exceptions, requests to other origins).
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface View {
  width: number;
  height: number;
  dark?: boolean;
}

export const DESKTOP: View = { width: 1440, height: 1000 };
export const PHONE: View = { width: 390, height: 844 };

export interface Browser {
  page: Page;
  context: BrowserContext;
  /** What went wrong so far; a server that is stopped on purpose is not wrong. */
  faults: () => string[];
  close: () => Promise<void>;
}

export async function openBrowser(origin: string, { width, height, dark = false }: View): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "weir-e2e-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    timezoneId: "Europe/Zurich",
  });
  const page = context.pages()[0] ?? (await context.newPage());
  // A busy machine is no failure.
  page.setDefaultTimeout(90_000);
  const faults: string[] = [];
  page.on("console", (message) => {
    // Chromium reports each refused connection by itself; the tests that stop the server expect those.
    if (message.type() === "error" && !/net::ERR_|status of 401/.test(message.text()))
      faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) faults.push(`left the origin: ${request.url()}`);
  });
  return {
    page,
    context,
    faults: () => faults,
    close: async () => {
      await context.close();
      if (existsSync(profile)) await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
