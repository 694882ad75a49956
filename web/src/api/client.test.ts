// SPDX-License-Identifier: Apache-2.0
// @vitest-environment jsdom
import { afterEach, describe, expect, test, vi } from "vitest";
import { answerWith, json } from "../app/test_render";
import { api, isUnauthorized, toSearch } from "./client";
import { forgetToken, keepToken } from "./token";

afterEach(() => vi.unstubAllGlobals());

describe("asking weir", () => {
  test("leaves empty and missing conditions out of the address", () => {
    expect(toSearch({ a: "x y", b: undefined, c: "", d: 5 })).toBe("?a=x+y&d=5");
    expect(toSearch({})).toBe("");
  });

  test("writes the plus of a time zone so that it stays a plus", () => {
    expect(toSearch({ from: "2026-01-31T10:00:00+02:00" })).toContain("%2B02%3A00");
  });

  test("sends the token while there is one", async () => {
    const sent: (string | undefined)[] = [];
    answerWith({
      "/api/v1/summary": (_, init) => {
        sent.push((init.headers as Record<string, string>).Authorization);
        return json({});
      },
    });
    keepToken("secret");
    await api.summary();
    forgetToken();
    await api.summary();
    expect(sent).toEqual(["Bearer secret", undefined]);
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
