// SPDX-License-Identifier: Apache-2.0
// Chromium for the end-to-end tests: no calls of its own, a context without a past each time, and a record of what a page
// did wrong (console errors, exceptions, requests to other origins). The process is started once for all tests of a file.
import { chromium, type Browser as Chromium, type BrowserContext, type Page } from "playwright-core";

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

let running: Promise<Chromium> | undefined;

/** Ends the process; the tests of a file call it last. */
export async function quitChromium(): Promise<void> {
  const chromium = await running;
  running = undefined;
  await chromium?.close();
}

export async function openBrowser(origin: string, { width, height, dark = false }: View): Promise<Browser> {
  running ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
  });
  const context = await (
    await running
  ).newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    timezoneId: "Europe/Zurich",
  });
  const page = await context.newPage();
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
    close: () => context.close(),
  };
}
