// SPDX-License-Identifier: Apache-2.0
// Times as weir writes them (RFC 3339, UTC, microseconds) for people, in UTC or in the browser's zone.

export type Zone = "utc" | "local";

const parts = (date: Date, zone: Zone) => {
  const of = (name: "FullYear" | "Month" | "Date" | "Hours" | "Minutes" | "Seconds") =>
    zone === "utc" ? date[`getUTC${name}`]() : date[`get${name}`]();
  const two = (value: number) => String(value).padStart(2, "0");
  return {
    year: String(of("FullYear")),
    month: two(of("Month") + 1),
    day: two(of("Date")),
    clock: `${two(of("Hours"))}:${two(of("Minutes"))}:${two(of("Seconds"))}`,
  };
};

/** Microseconds since 1970; Date alone would drop the last three digits. */
export function toMicroseconds(iso: string): number {
  const fraction = /\.(\d+)/.exec(iso)?.[1] ?? "";
  const micros = Number(fraction.padEnd(6, "0").slice(0, 6));
  return Math.floor(Date.parse(iso) / 1000) * 1e6 + micros;
}

export function secondsBetween(from: string, to: string): number {
  return (toMicroseconds(to) - toMicroseconds(from)) / 1e6;
}

export function formatClock(time: string | number, zone: Zone): string {
  return parts(new Date(time), zone).clock;
}

export function formatDay(time: string | number, zone: Zone): string {
  const { year, month, day } = parts(new Date(time), zone);
  return `${year}-${month}-${day}`;
}

/** "2026-01-31 08:15:30.000125 UTC" */
export function formatExact(iso: string, zone: Zone): string {
  const micros = String(((toMicroseconds(iso) % 1e6) + 1e6) % 1e6).padStart(6, "0");
  return `${formatDay(iso, zone)} ${formatClock(iso, zone)}.${micros} ${zoneName(zone)}`;
}

export function zoneName(zone: Zone): string {
  return zone === "utc" ? "UTC" : "local time";
}

/** Value of an <input type="datetime-local"> in `zone`. */
export function toInput(iso: string, zone: Zone): string {
  return Number.isNaN(Date.parse(iso)) ? "" : `${formatDay(iso, zone)}T${formatClock(iso, zone)}`;
}

/** And back, to whole seconds in UTC; null when it is no time. */
export function fromInput(value: string, zone: Zone): string | null {
  const time = Date.parse(zone === "utc" ? `${value}Z` : value);
  return Number.isNaN(time) ? null : new Date(time).toISOString().replace(".000Z", "Z");
}
