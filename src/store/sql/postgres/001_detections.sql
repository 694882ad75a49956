-- SPDX-License-Identifier: Apache-2.0
-- Detections, throughput and models: the same logical schema as the SQLite one. Text that is not known is NULL, never ''.
-- COLLATE "C" (order of the bytes) makes comparisons the same in both databases, and cheaper.

CREATE TABLE detections (
  flow_uid        uuid PRIMARY KEY,           -- 16 bytes in the order of FlowUid
  flow_id         text COLLATE "C" NOT NULL,
  community_id    text COLLATE "C" NOT NULL,
  sensor          text COLLATE "C" NOT NULL,
  started_at      timestamptz NOT NULL,
  last_seen_at    timestamptz NOT NULL,
  alerted_at      timestamptz,                -- packet time of the tick at which the flow first was anomalous
  scored_at       timestamptz NOT NULL,       -- wall clock
  ip_version      smallint NOT NULL,
  src_ip          inet NOT NULL,
  src_port        integer NOT NULL,
  dst_ip          inet NOT NULL,
  dst_port        integer NOT NULL,
  protocol        smallint NOT NULL,          -- IANA number
  vlan            integer NOT NULL,
  tunnel_id       bigint NOT NULL,
  packets         bigint NOT NULL,
  bytes           bigint NOT NULL,            -- IP bytes, both directions
  end_reason      text COLLATE "C" NOT NULL,
  status          text COLLATE "C" NOT NULL CHECK (status IN ('normal', 'anomaly', 'unscored')),
  unscored_reason text COLLATE "C",
  score           real,                       -- NULL when there is none
  margin          real NOT NULL,              -- distance beyond the threshold, >= 0 exactly when anomalous
  p_value         real,
  attack_type     text COLLATE "C",
  confidence      real,
  severity        text COLLATE "C" NOT NULL,
  technique       text COLLATE "C",           -- MITRE ATT&CK
  explanation     jsonb,                      -- {"reasons": [{"feature", "value", "median", "low", "high", "contribution"}]}
  model_version   text COLLATE "C" NOT NULL,
  features        bytea NOT NULL,             -- little-endian float32, in the order of models.feature_names
  incident_id     text COLLATE "C",
  suppressed_by   text COLLATE "C"
);
-- Floats do not compress, and a row with them stays small enough to be read in one page.
ALTER TABLE detections ALTER COLUMN features SET STORAGE EXTERNAL;

-- Newest first. It also holds what free text and severity are looked up in, so that a search without a hit reads
-- the index and not the wide rows.
CREATE INDEX detections_newest ON detections (last_seen_at, flow_uid) INCLUDE (severity, flow_id, attack_type, technique);
CREATE INDEX detections_by_status ON detections (status, last_seen_at, flow_uid);
CREATE INDEX detections_by_attack_type ON detections (attack_type, last_seen_at, flow_uid) INCLUDE (status)
  WHERE attack_type IS NOT NULL;
CREATE INDEX detections_by_source ON detections (src_ip, last_seen_at, flow_uid);
CREATE INDEX detections_by_destination ON detections (dst_ip, last_seen_at, flow_uid);
CREATE INDEX detections_by_flow_id ON detections (flow_id);
CREATE INDEX detections_by_community_id ON detections (community_id);

CREATE TABLE throughput (
  sensor           text COLLATE "C" NOT NULL,
  at               timestamptz NOT NULL,      -- end of the interval, packet time
  seconds          double precision NOT NULL,
  packets          bigint NOT NULL,
  bytes            bigint NOT NULL,
  flows_started    bigint NOT NULL,
  flows_open       bigint NOT NULL,
  rejected_packets bigint NOT NULL,
  dropped_packets  bigint NOT NULL,
  PRIMARY KEY (at, sensor)
);

CREATE TABLE models (
  version         text COLLATE "C" PRIMARY KEY,  -- name@version
  trained_on      text NOT NULL,
  feature_names   jsonb NOT NULL,                -- arrays, all in the same order
  medians         jsonb NOT NULL,
  lows            jsonb NOT NULL,
  highs           jsonb NOT NULL,
  threshold       double precision NOT NULL,
  higher_is_worse boolean NOT NULL,
  loaded_at       timestamptz NOT NULL
);
