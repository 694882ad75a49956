-- SPDX-License-Identifier: Apache-2.0
-- Nothing: SQLite numbers the rows of detections (rowid) in the order in which they came, which serves to drop the oldest.
-- PostgreSQL needs an index for it. The steps of both schemas have the same numbers.

SELECT 1;
