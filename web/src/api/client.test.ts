// SPDX-License-Identifier: Apache-2.0
// @vitest-environment jsdom
import { afterEach, describe, expect, test, vi } from "vitest";
import { answerWith, json } from "../app/test_render";
import { api, isUnauthorized, toSearch } from "./client";
import { logIn, logOut, onSessionChange } from "./session";

afterEach(() => vi.unstubAllGlobals());

describe("asking weir", () => {
  test("leaves empty and missing conditions out of the address", () => {
    expect(toSearch({ a: "x y", b: undefined, c: "", d: 5 })).toBe("?a=x+y&d=5");
    expect(toSearch({})).toBe("");
  });

  test("writes the plus of a time zone so that it stays a plus", () => {
    expect(toSearch({ from: "2026-01-31T10:00:00+02:00" })).toContain("%2B02%3A00");
  });

  test("exchanges a token for a session, and keeps it nowhere", async () => {
    const sent: unknown[] = [];
    answerWith({
      "/api/v1/session": (_, init) => {
        sent.push([init.method, init.body, (init.headers as Record<string, string>)["Content-Type"]]);
        return init.method === "DELETE"
          ? new Response(null, { status: 204 })
          : json({ name: "ann", role: "viewer" });
      },
    });
    let changes = 0;
    const off = onSessionChange(() => changes++);
    expect(await logIn("secret")).toEqual({ name: "ann", role: "viewer" });
    await logOut();
    off();
    expect(sent).toEqual([
      ["POST", '{"token":"secret"}', "application/json"],
      ["DELETE", undefined, undefined],
    ]);
    expect(changes).toBe(2);
    expect(sessionStorage.length + localStorage.length).toBe(0);
  });

  test("tells why a login was refused, and nobody that it happened", async () => {
    answerWith({ "/api/v1/session": () => json({ detail: "The bearer token is not known." }, 401) });
    let changes = 0;
    const off = onSessionChange(() => changes++);
    await expect(logIn("wrong")).rejects.toThrow("The bearer token is not known.");
    off();
    expect(changes).toBe(0);
  });

  test("fails with the sentence that weir gave", async () => {
    answerWith({ "/api/v1/detections": () => json({ detail: "host is no address" }, 400) });
    await expect(api.detections({ host: "x" })).rejects.toMatchObject({
      status: 400,
      message: "host is no address",
    });
  });

  test("has a sentence of its own when something else answers", async () => {
    answerWith({ "/api/v1/summary": () => new Response("<h1>Bad gateway</h1>", { status: 502 }) });
    await expect(api.summary()).rejects.toThrow("weir answered with an error (HTTP 502).");
  });

  test("has a sentence of its own when nothing answers", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("refused")));
    await expect(api.summary()).rejects.toThrow("weir does not answer. Is it still running?");
  });

  test("tells a missing token from other failures", async () => {
    answerWith({ "/api/v1/summary": () => json({ detail: "no token" }, 401) });
    const error: unknown = await api.summary().catch((caught: unknown) => caught);
    expect(isUnauthorized(error)).toBe(true);
    expect(isUnauthorized(new Error("other"))).toBe(false);
  });
});
