// SPDX-License-Identifier: Apache-2.0
import { humanise } from "./attack";

/** A feature for people: what the catalogue says it means, or else the words of its name. */
export function featureTitle(name: string, meaning: string | undefined): string {
  return meaning ? meaning.charAt(0).toUpperCase() + meaning.slice(1) : humanise(name);
}
