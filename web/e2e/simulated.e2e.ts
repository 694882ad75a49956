// SPDX-License-Identifier: Apache-2.0
// What a replay does not bring up when a test wants it: events at a chosen moment, a long list, a token, a problem. In
// Chromium, against the simulated sensor.
import type { Page } from "playwright-core";
import { afterAll, afterEach, expect, test } from "vitest";
import { type Browser, DESKTOP, openBrowser, quitChromium } from "./browser.ts";
import { startSimulated } from "./server.ts";

const ROW = "[role=row][data-index]";
type Simulated = Awaited<ReturnType<typeof startSimulated>>;

let server: Simulated;
let browser: Browser;

async function open(path: string, options: Parameters<typeof startSimulated>[0]): Promise<Page> {
  server = await startSimulated(options);
  browser = await openBrowser(server.url, DESKTOP);
  await browser.page.goto(server.url + path);
  return browser.page;
}

afterEach(async () => {
  const faults = browser.faults();
  await browser.close();
  await server.discard();
  expect(faults).toEqual([]);
});

afterAll(quitChromium);

test("new alerts wait in a pill while someone reads further down, and come when asked for", async () => {
  const page = await open("/alerts", { speed: 0, past: 380 });
  await page.locator(ROW).first().waitFor();
  await page.mouse.move(700, 600);
  await page.mouse.wheel(0, 1_500);
  await page.waitForTimeout(500);
  const reading = () => page.locator(ROW).filter({ visible: true }).allTextContents();
  const before = await reading();
  const place = await page.evaluate(() => window.scrollY);
  server.advance();
  const pill = page.getByRole("button", { name: /40 new alerts/ });
  await pill.waitFor();
  expect(await reading()).toEqual(before);
  expect(await page.evaluate(() => window.scrollY)).toBe(place);
  await pill.click();
  await pill.waitFor({ state: "hidden" });
  expect(await page.evaluate(() => window.scrollY)).toBe(0);
  expect(await page.locator(`${ROW}[data-index="0"]`).innerText()).toContain("09:36:");
});

test("a long list is paged in, and only the rows in sight are in the page", async () => {
  const page = await open("/alerts", { speed: 0, past: 640 });
  await page.locator(ROW).first().waitFor();
  for (let turn = 0; turn < 12; turn++) {
    await page.keyboard.press("End");
    await page.waitForTimeout(250);
  }
  await page.getByText("That is all.").waitFor();
  expect(await page.locator(ROW).count()).toBeLessThan(80);
  const last = await page.locator(ROW).last().getAttribute("data-index");
  expect(Number(last)).toBe(server.world().detections.size - 1);
});

test("coming back from a flow finds the list where it was left", async () => {
  const page = await open("/alerts", { speed: 0, past: 640 });
  await page.locator(ROW).first().waitFor();
  await page.evaluate(() => window.scrollTo(0, 2_000));
  const row = page.locator(`${ROW}[data-index="45"]`);
  await row.waitFor();
  const text = await row.innerText();
  const place = await page.evaluate(() => window.scrollY);
  await row.click();
  await page.getByRole("heading", { name: "Verdict" }).waitFor();
  await page.goBack();
  await expect.poll(() => page.evaluate(() => window.scrollY), { timeout: 60_000 }).toBe(place);
  expect(await row.innerText()).toBe(text);
});

test("rows are walked through by arrow keys, and the focus can be seen", async () => {
  const page = await open("/alerts", { speed: 0, past: 380 });
  await page.locator(ROW).first().focus();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowUp"]) await page.keyboard.press(key);
  const focused = page.locator(":focus");
  await expect.poll(() => focused.getAttribute("data-index"), { timeout: 60_000 }).toBe("1");
  expect(await focused.evaluate((row) => getComputedStyle(row).outlineStyle)).toBe("solid");
});

test("the first stop of the keyboard skips the menu", async () => {
  const page = await open("/", { speed: 0, past: 100 });
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.keyboard.press("Tab");
  expect(await page.locator(":focus").innerText()).toBe("Skip to the content");
  await page.keyboard.press("Enter");
  expect(await page.locator(":focus").getAttribute("id")).toBe("main");
});

test("times change between UTC and local time, and stay so", async () => {
  const page = await open("/status", { speed: 0, past: 100 });
  await page.getByText("2026-03-14 09:31:40.000000 UTC").waitFor();
  await page.getByRole("button", { name: /Show local time/ }).click();
  await page.getByText("2026-03-14 10:31:40.000000 local time").waitFor();
  await page.reload();
  await page.getByText("2026-03-14 10:31:40.000000 local time").waitFor();
});

test("a problem of weir itself is on every page as soon as weir tells it", async () => {
  const page = await open("/status", { speed: 0, past: 100 });
  await page.getByRole("heading", { name: "Status" }).waitFor();
  server.world().problem = "The capture is damaged after packet 1,204; what came before it was read.";
  await page.getByRole("alert").getByText("The capture is damaged after packet 1,204").waitFor();
});

test("a login is asked for, holds everywhere and over a reload, and ends on request", async () => {
  const page = await open("/", { speed: 0, past: 100, token: "secret" });
  await page.getByLabel("API token").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("The bearer token is not known").waitFor();
  await page.getByLabel("API token").fill("secret");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.getByText("Port scan").first().waitFor();
  await page.reload();
  await page.getByText("Port scan").first().waitFor();
  const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie]));
  expect(kept).not.toContain("secret");
  expect(kept).not.toContain("weir_session");
  await page.getByRole("link", { name: "Status" }).first().click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByText("Log in to weir").waitFor();
});

test("what was missed while the connection was lost is there afterwards", async () => {
  const page = await open("/", { speed: 0 });
  await page.getByText("No attack seen", { exact: true }).waitFor();
  await server.stop();
  await page.getByText(/Connection lost/).waitFor();
  await server.start();
  for (let tick = 0; tick < 6; tick++) server.advance();
  await page.getByText(/Connection lost/).waitFor({ state: "hidden" });
  await page.getByText("Port scan").first().waitFor();
});
