// SPDX-License-Identifier: Apache-2.0
// Renders a component as it is in the app: with theme, cache, live connection and an address. `answers` stand in for weir.
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { MemoryRouter } from "react-router";
import { vi } from "vitest";
import { createQueryClient } from "../api/queries";
import { LiveProvider } from "./live_context";
import { PreferencesProvider } from "./preferences";

export type Answers = Record<string, (url: URL, init: RequestInit) => Response | Promise<Response>>;

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

/** A stream of events that stays open; `send` adds to it, `end` breaks it. */
export function eventStream() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (created) => void (controller = created) });
  const encoder = new TextEncoder();
  return {
    response: new Response(body, { headers: { "Content-Type": "text/event-stream" } }),
    send: (event: string, data: unknown, id = "") =>
      controller?.enqueue(
        encoder.encode(`${id && `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
      ),
    end: () => controller?.close(),
  };
}

/** Answers fetch() by path; what no one answers is a 404. Returns the requests that were made. */
export function answerWith(answers: Answers): URL[] {
  const asked: URL[] = [];
  vi.stubGlobal("fetch", async (input: string, init: RequestInit = {}) => {
    const url = new URL(input, "http://weir");
    asked.push(url);
    const answer = answers[url.pathname];
    return answer ? await answer(url, init) : json({ detail: "There is no such thing." }, 404);
  });
  return asked;
}

export function renderAt(address: string, children: ReactNode) {
  return render(
    <MantineProvider env="test">
      <QueryClientProvider client={createQueryClient()}>
        <PreferencesProvider>
          <LiveProvider>
            <MemoryRouter initialEntries={[address]}>{children}</MemoryRouter>
          </LiveProvider>
        </PreferencesProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
}
