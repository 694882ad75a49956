// SPDX-License-Identifier: Apache-2.0
// A stream, and the weir that holds it.
export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="8" fill="#0b7285" />
      <path
        d="M6 11c2.5-2.4 4.5-2.4 7 0s4.5 2.4 7 0 4.5-2.4 6 0"
        fill="none"
        stroke="#fff"
        strokeWidth="2.4"
        strokeLinecap="round"
      />
      <path d="M9 16v8M14 16v8M19 16v8M24 16v8" stroke="#9be3ee" strokeWidth="2.4" strokeLinecap="round" />
    </svg>
  );
}
