// SPDX-License-Identifier: Apache-2.0
// A line without axes, beside the number that it leads to.
export function Sparkline({ values, colour }: { values: readonly number[]; colour: string }) {
  if (values.length < 2) return null;
  const top = Math.max(...values, 1e-9);
  const points = values.map(
    (value, i) => `${((i / (values.length - 1)) * 100).toFixed(2)},${(27 - (value / top) * 25).toFixed(2)}`,
  );
  return (
    <svg
      viewBox="0 0 100 28"
      preserveAspectRatio="none"
      width="100%"
      height="28"
      aria-hidden
      focusable="false"
    >
      <polygon points={`0,28 ${points.join(" ")} 100,28`} fill={`var(${colour})`} opacity="0.1" />
      <polyline
        points={points.join(" ")}
        fill="none"
        stroke={`var(${colour})`}
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
        strokeLinejoin="round"
      />
    </svg>
  );
}
