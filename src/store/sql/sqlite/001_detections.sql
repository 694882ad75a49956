-- SPDX-License-Identifier: Apache-2.0
-- Detections, throughput and models. Times are microseconds since 1970-01-01 UTC. Text that is not known is NULL, never ''.

CREATE TABLE detections (
  flow_uid        TEXT PRIMARY KEY NOT NULL,  -- 32 lower-case hex digits, as in the rows of `weir extract`
  flow_id         TEXT NOT NULL,
  community_id    TEXT NOT NULL,
  sensor          TEXT NOT NULL,
  started_at      INTEGER NOT NULL,
  last_seen_at    INTEGER NOT NULL,
  alerted_at      INTEGER,                    -- packet time of the tick at which the flow first was anomalous
  scored_at       INTEGER NOT NULL,           -- wall clock
  ip_version      INTEGER NOT NULL,
  src_ip          TEXT NOT NULL,
  src_port        INTEGER NOT NULL,
  dst_ip          TEXT NOT NULL,
  dst_port        INTEGER NOT NULL,
  protocol        INTEGER NOT NULL,           -- IANA number
  vlan            INTEGER NOT NULL,
  tunnel_id       INTEGER NOT NULL,
  packets         INTEGER NOT NULL,
  bytes           INTEGER NOT NULL,           -- IP bytes, both directions
  end_reason      TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('normal', 'anomaly', 'unscored')),
  unscored_reason TEXT,
  score           REAL,                       -- NULL when there is none
  margin          REAL NOT NULL,              -- distance beyond the threshold, >= 0 exactly when anomalous
  p_value         REAL,
  attack_type     TEXT,
  confidence      REAL,
  severity        TEXT NOT NULL,
  technique       TEXT,                       -- MITRE ATT&CK
  explanation     TEXT,                       -- JSON: {"reasons": [{"feature", "value", "median", "low", "high", "contribution"}]}
  model_version   TEXT NOT NULL,
  features        BLOB NOT NULL,              -- little-endian float32, in the order of models.feature_names
  incident_id     TEXT,
  suppressed_by   TEXT
);

-- Newest first. It also holds what free text and severity are looked up in, so that a search without a hit reads
-- the index and not the wide rows.
CREATE INDEX detections_newest ON detections (last_seen_at, flow_uid, severity, flow_id, attack_type, technique);
CREATE INDEX detections_by_status ON detections (status, last_seen_at, flow_uid);
CREATE INDEX detections_by_attack_type ON detections (attack_type, last_seen_at, flow_uid, status) WHERE attack_type IS NOT NULL;
CREATE INDEX detections_by_source ON detections (src_ip, last_seen_at, flow_uid);
CREATE INDEX detections_by_destination ON detections (dst_ip, last_seen_at, flow_uid);
CREATE INDEX detections_by_flow_id ON detections (flow_id);
CREATE INDEX detections_by_community_id ON detections (community_id);

CREATE TABLE throughput (
  sensor           TEXT NOT NULL,
  at               INTEGER NOT NULL,          -- end of the interval, packet time
  seconds          REAL NOT NULL,
  packets          INTEGER NOT NULL,
  bytes            INTEGER NOT NULL,
  flows_started    INTEGER NOT NULL,
  flows_open       INTEGER NOT NULL,
  rejected_packets INTEGER NOT NULL,
  dropped_packets  INTEGER NOT NULL,
  PRIMARY KEY (at, sensor)
) WITHOUT ROWID;

CREATE TABLE models (
  version         TEXT PRIMARY KEY NOT NULL,  -- name@version
  trained_on      TEXT NOT NULL,
  feature_names   TEXT NOT NULL,              -- JSON arrays, all in the same order
  medians         TEXT NOT NULL,
  lows            TEXT NOT NULL,
  highs           TEXT NOT NULL,
  threshold       REAL NOT NULL,
  higher_is_worse INTEGER NOT NULL,
  loaded_at       INTEGER NOT NULL
);
