// SPDX-License-Identifier: Apache-2.0
// Numbers for people: always with a unit, never with more digits than mean something. Decimal prefixes (1 kB = 1000 B).

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const NONE = "–";

export function formatCount(value: number): string {
  return grouped.format(value);
}

/** "1 flow", "1,204 flows" */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

/** At most `digits` significant digits, without trailing zeros: 1234.5 -> "1,235", 0.012345 -> "0.0123". */
export function formatNumber(value: number, digits = 3): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-6) return withMinus(value.toExponential(Math.max(0, digits - 1)));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return withMinus(
    new Intl.NumberFormat("en", { maximumFractionDigits: Math.min(decimals, 12) }).format(value),
  );
}

function withMinus(text: string): string {
  return text.replaceAll("-", "\u2212");
}

function scaled(value: number, units: readonly string[]): string {
  let size = value;
  let unit = 0;
  // 999.5 would be shown as 1,000.
  while (Math.abs(size) >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${formatNumber(size)} ${units[unit] ?? ""}`.trim();
}

export function formatCompact(value: number): string {
  return scaled(value, ["", "k", "M", "G", "T"]).replace(" ", "\u00a0");
}

export function formatBytes(value: number): string {
  return scaled(value, ["B", "kB", "MB", "GB", "TB", "PB"]);
}

export function formatBitRate(value: number): string {
  return scaled(value, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]);
}

/** "12.3 k/s"; the noun stands beside it. */
export function formatRate(value: number): string {
  return scaled(value, ["/s", "k/s", "M/s", "G/s"]).replace(/ (?=\/)/, "");
}

export function formatShare(share: number): string {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.999) return "> 99.9 %";
  return `${formatNumber(share * 100)} %`;
}

/** How sure a model is: whole per cents, never a false 100. */
export function formatConfidence(confidence: number): string {
  return `${confidence >= 1 ? 100 : Math.min(99, Math.round(confidence * 100))} % sure`;
}

export function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return "0 s";
  if (size < 1e-3) return `${formatNumber(seconds * 1e6)} µs`;
  if (size < 1) return `${formatNumber(seconds * 1e3)} ms`;
  if (size < 59.95) return `${formatNumber(seconds)} s`;
  const whole = Math.round(seconds);
  return [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ]
    .filter(([amount]) => amount !== 0)
    .slice(0, 2)
    .map(([amount, unit]) => `${amount ?? 0} ${unit ?? ""}`)
    .join(" ");
}

/** A feature's value in the unit that the catalogue names. */
export function formatFeature(value: number | null, unit: string | null): string {
  if (value === null) return "undefined";
  switch (unit) {
    case "us":
    case "µs":
      return formatSeconds(value / 1e6);
    case "ms":
      return formatSeconds(value / 1e3);
    case "s":
      return formatSeconds(value);
    case "B":
    case "byte":
    case "bytes":
      return formatBytes(value);
    case "B/s":
    case "byte/s":
    case "bytes/s":
      return `${formatBytes(value)}/s`;
    case null:
    case "":
    case "1":
    case "count":
    case "ratio":
    case "flag":
    case "code":
      return formatNumber(value);
    case "bytes^2":
      return `${formatNumber(value)} B²`;
    default:
      return `${formatNumber(value)} ${value === 1 ? unit.replace(/s$/, "") : unit}`;
  }
}

/** The p-value as a sentence that needs no statistics. */
export function pValueSentence(p: number): string {
  if (p <= 0) return "No normal flow in the training data looked this unusual.";
  if (p >= 0.5) return "Most normal flows in the training data look at least this unusual.";
  const oneIn = 1 / p;
  const rounded = oneIn >= 20 ? Number(oneIn.toPrecision(2)) : Math.round(oneIn);
  return `About 1 in ${formatCount(rounded)} normal flows in the training data looks at least this unusual.`;
}
