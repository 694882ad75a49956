// SPDX-License-Identifier: Apache-2.0
// The API token of this browser tab. It lives in sessionStorage only: closing the tab forgets it.

const KEY = "weir.token";
const listeners = new Set<() => void>();

export function readToken(): string | null {
  return sessionStorage.getItem(KEY);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
  announce();
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
  announce();
}

export function onTokenChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function authorization(): Record<string, string> {
  const token = readToken();
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

function announce(): void {
  for (const listener of [...listeners]) listener();
}
