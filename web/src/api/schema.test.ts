// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
import { expect, test } from "vitest";

test("the generated types are those of openapi.yaml (if not: npm run generate)", async () => {
  const root = join(import.meta.dirname, "../../..");
  const ast = await openapiTS(pathToFileURL(join(root, "src/api/openapi.yaml")));
  const committed = await readFile(join(root, "web/src/api/schema.gen.ts"), "utf8");
  expect(committed).toBe(COMMENT_HEADER + astToString(ast));
}, 30_000);
