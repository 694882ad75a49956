-- SPDX-License-Identifier: Apache-2.0
-- The oldest first, to drop them (store.keep_days, store.keep_mb). Grows at its end only, so it costs little to write.

CREATE INDEX detections_by_age ON detections (scored_at);
