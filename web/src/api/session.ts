// SPDX-License-Identifier: Apache-2.0
// Who is logged in. A token is exchanged once for a session, whose secret is in a cookie that scripts cannot read: nothing
// that a fault of the page could give away stays in it.
import { api } from "./client";
import type { Caller } from "./types";

const listeners = new Set<() => void>();

/** Throws an ApiError with weir's sentence when the token is not taken. */
export async function logIn(token: string): Promise<Caller> {
  const caller = await api.logIn(token);
  announce();
  return caller;
}

export async function logOut(): Promise<void> {
  await api.logOut();
  announce();
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function announce(): void {
  for (const listener of [...listeners]) listener();
}
