// SPDX-License-Identifier: Apache-2.0
// The dashboard as a person uses it, in Chromium, served by the real program that replays a capture: open, see an attack
// arrive, filter, open a flow, come back. WEIR_BIN=simulated runs the same against the simulated sensor.
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Browser, DESKTOP, openBrowser, PHONE, quitChromium } from "./browser.ts";
import { startSimulated, startWeir, type TestServer } from "./server.ts";

const SHOTS = join(import.meta.dirname, "../test-results");
const ROW = "[role=row][data-index]";

let server: TestServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  server = process.env.WEIR_BIN === "simulated" ? await startSimulated({ speed: 20 }) : await startWeir();
  browser = await openBrowser(server.url, DESKTOP);
  page = browser.page;
});

afterAll(async () => {
  await browser.close();
  await quitChromium();
  await server.discard();
});

afterEach(() => expect(browser.faults()).toEqual([]));

/** The number that the first key figure shows. */
async function anomalousFlows(): Promise<number> {
  const text = await page
    .getByRole("link", { name: /^[\d,]+$/ })
    .first()
    .textContent();
  return Number(text?.replaceAll(",", ""));
}

/** What the newest entry of a list of the API is, for the pages that show one of its kind. */
async function newest<Item>(list: string): Promise<Item> {
  const answer = await page.request.get(`${server.url}/api/v1/${list}?limit=1`);
  const { items } = (await answer.json()) as { items: Item[] };
  if (!items[0]) throw new Error(`/api/v1/${list} is empty`);
  return items[0];
}

/** Every page, by the name of its screenshot. */
async function pages(): Promise<[string, string][]> {
  const incident = await newest<{ id: string }>("incidents");
  const flow = await newest<{ flow_uid: string; src_ip: string }>("detections");
  return [
    ["overview", "/"],
    ["incidents", "/incidents"],
    ["incident", `/incidents/${incident.id}`],
    ["alerts", "/alerts"],
    ["flow", `/flows/${flow.flow_uid}`],
    ["host", `/hosts/${encodeURIComponent(flow.src_ip)}`],
    ["suppressions", "/suppressions"],
    ["status", "/status"],
    ["nowhere", "/nowhere"],
  ];
}

describe("the dashboard", () => {
  test("shows an attack that arrives while one looks on, without loading the page again", async () => {
    await page.goto(server.url);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.evaluate(() => (document.documentElement.dataset.mark = "the same page"));
    await page
      .getByRole("link", { name: /^[\d,]+$/ })
      .first()
      .waitFor();
    const before = await anomalousFlows();
    await expect.poll(anomalousFlows, { timeout: 120_000, interval: 500 }).toBeGreaterThan(before);
    await page.getByRole("list", { name: "Current incidents" }).getByRole("link").first().waitFor();
    expect(await page.evaluate(() => document.documentElement.dataset.mark)).toBe("the same page");
  });

  test("draws the throughput of the run", async () => {
    const chart = page.getByRole("img", { name: /^Packets per second/ });
    await chart.locator("canvas").waitFor();
    expect(await chart.getAttribute("aria-label")).toMatch(/Newest: Packets [\d.,]+ ?[kM]?\/s/);
  });

  test("is served with a policy that allows nothing from elsewhere", async () => {
    const policy = (await page.request.get(server.url)).headers()["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/unsafe-eval|https?:|\*/);
    const scripts = policy.split(";").find((part) => part.trim().startsWith("script-src"));
    expect(scripts ?? "").not.toContain("unsafe-inline");
  });

  test("filters by attack type, opens a flow by keyboard, and comes back to the filtered list", async () => {
    await page.getByRole("link", { name: "Alerts", exact: true }).click();
    await page.locator(ROW).first().waitFor();
    const types = page.getByLabel("Attack type");
    await expect.poll(() => types.locator("option").count(), { timeout: 60_000 }).toBeGreaterThan(1);
    const type = (await types.locator("option").nth(1).getAttribute("value")) ?? "";
    await types.selectOption(type);
    await page.waitForURL(`**/alerts?type=${type}`);
    await page.locator(ROW).first().waitFor();

    await page.locator(ROW).first().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Verdict" }).waitFor();
    expect(page.url()).toMatch(/\/flows\/[0-9a-f]{32}$/);
    await page.getByText("Anomalous", { exact: true }).waitFor();
    expect(await page.getByRole("table").getByRole("row").count()).toBeGreaterThan(10);

    await page.getByRole("link", { name: "Alerts", exact: true }).first().waitFor();
    await page.locator("main").getByRole("link", { name: "Alerts" }).click();
    await page.locator(ROW).first().waitFor();
    expect(page.url()).toBe(`${server.url}/alerts?type=${type}`);
    expect(await types.inputValue()).toBe(type);
  });

  test("opens an incident from the first page, and one of its flows from there", async () => {
    await page.goto(server.url);
    const list = page.getByRole("list", { name: "Current incidents" });
    await list.getByRole("link").first().waitFor();
    await list.getByRole("link").first().click();
    await page.getByRole("heading", { name: "What happened" }).waitFor();
    await page.screenshot({ path: join(SHOTS, "incident.png"), fullPage: true });
    const flows = page.getByRole("list", { name: "Worst flows" }).getByRole("link");
    await flows.first().click();
    await page.getByRole("heading", { name: "Verdict" }).waitFor();
    await page.locator("main").getByRole("link", { name: "Incident" }).click();
    await page.getByRole("link", { name: /^All [\d,]+ flows?$/ }).click();
    await page.locator(ROW).first().waitFor();
    expect(page.url()).toMatch(/\/alerts\?incident=[0-9a-f]{16}$/);
  });

  test("keeps a judgement, and takes the incident off the first page", async () => {
    await page.goto(`${server.url}/incidents`);
    const incident = page.getByRole("list", { name: "Incidents" }).getByRole("link").last();
    const path = (await incident.getAttribute("href")) ?? "";
    await incident.click();
    await page.getByLabel("Comment").fill("the backup server");
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.getByText("A false alarm", { exact: false }).waitFor();
    await page.reload();
    await page.getByText("the backup server").waitFor();
    await page.goto(server.url);
    await page.getByRole("heading", { name: "What is wrong now" }).waitFor();
    await page.waitForTimeout(1_000);
    expect(await page.locator(`a[href="${path}"]`).count()).toBe(0);
  });

  test("tells what a rule would hide, makes it, and removes it", async () => {
    await page.goto(`${server.url}/incidents`);
    await page.getByRole("list", { name: "Incidents" }).getByRole("link").last().click();
    await page.getByRole("link", { name: /Suppress its like/ }).click();
    await page.getByText(/It would have hidden/).waitFor();
    await page.getByLabel(/Reason/).fill("our own scanner");
    await page.getByRole("button", { name: "Suppress" }).click();
    const rules = page.getByRole("list", { name: "Rules" });
    await rules.getByText("our own scanner").waitFor();
    await page.screenshot({ path: join(SHOTS, "suppressions.png"), fullPage: true });
    await rules.getByRole("button", { name: /^Remove the rule/ }).click();
    await page.getByText("No rule hides anything").waitFor();
  });

  test("opens a flow by its address, with reasons and features in words", async () => {
    await page.goto(`${server.url}/alerts`);
    await page.locator(ROW).first().click();
    await page.waitForURL("**/flows/*");
    await page.reload();
    await page.getByRole("heading", { name: "Why it stands out" }).waitFor();
    await page.getByLabel("Search features").fill("payload");
    await expect.poll(() => page.getByRole("table").innerText(), { timeout: 60_000 }).toContain("payload");
    await page.getByRole("button", { name: "Copy the flow uid" }).waitFor();
  });

  test("shows an account that adds up", async () => {
    await page.goto(`${server.url}/status`);
    await page.getByText("Everything is accounted for").waitFor();
  });

  test("says when the connection is lost, and catches up when weir is back", async () => {
    await page.goto(server.url);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await server.stop();
    await page.getByText(/Connection lost – retrying, data as of \d\d:\d\d:\d\d/).waitFor();
    await page.screenshot({ path: join(SHOTS, "connection-lost.png") });
    await server.start();
    await page.getByText(/Connection lost/).waitFor({ state: "hidden" });
    await page
      .getByText(/Replaying|Replay finished/)
      .first()
      .waitFor();
  });
});

describe("every page", () => {
  const VIEWS = [
    ["on a desk, light", DESKTOP],
    ["on a desk, dark", { ...DESKTOP, dark: true }],
    ["on a phone, light", PHONE],
    ["on a phone, dark", { ...PHONE, dark: true }],
  ] as const;

  test.each(VIEWS)("fits %s", async (name, view) => {
    const other = await openBrowser(server.url, view);
    try {
      for (const [title, path] of await pages()) {
        await other.page.goto(server.url + path);
        await other.page.getByRole("heading", { level: 1 }).waitFor();
        await other.page.waitForTimeout(700);
        const file = `${title} ${name}`.replaceAll(/[^a-z]+/g, "-");
        await other.page.screenshot({ path: join(SHOTS, `${file}.png`) });
        expect(await other.page.evaluate(() => document.documentElement.scrollWidth)).toBe(view.width);
        expect(await other.page.getByRole("heading", { level: 1 }).count()).toBe(1);
      }
      expect(other.faults()).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
