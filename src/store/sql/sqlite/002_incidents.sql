-- SPDX-License-Identifier: Apache-2.0
-- Incidents and what they are grouped by, suppressions, feedback. Times are microseconds since 1970-01-01 UTC.

CREATE TABLE incidents (
  id          TEXT PRIMARY KEY NOT NULL,  -- 16 hex digits
  absorbed_by TEXT,                       -- it is part of that one; then everything else is NULL
  attack_type TEXT,
  by_victim   INTEGER,                    -- grouped by its target, not by its source
  severity    TEXT,
  technique   TEXT,                       -- MITRE ATT&CK; '' when there is none
  first_at    INTEGER,
  last_at     INTEGER,
  flows       INTEGER,
  packets     INTEGER,
  bytes       INTEGER,
  facts       TEXT,                       -- JSON: actors, targets, ports, protocols, timeline, worst flows
  state       TEXT CHECK (state IN ('open', 'confirmed', 'dismissed', 'closed')),
  state_by    TEXT,
  state_at    INTEGER,
  comment     TEXT,
  updated_at  INTEGER,
  stale       INTEGER                     -- a flow has left it: to be summed anew
) WITHOUT ROWID;
CREATE INDEX incidents_newest ON incidents (last_at, id) WHERE absorbed_by IS NULL;
CREATE INDEX incidents_absorbed ON incidents (absorbed_by) WHERE absorbed_by IS NOT NULL;
CREATE INDEX incidents_stale ON incidents (id) WHERE stale = 1;

-- Who takes part in an incident (of a great many: a sample), to find the incidents of a host.
CREATE TABLE incident_parties (
  address     TEXT NOT NULL,
  side        INTEGER NOT NULL,           -- 0 actor, 1 target
  incident_id TEXT NOT NULL,
  PRIMARY KEY (address, side, incident_id)
) WITHOUT ROWID;
CREATE INDEX incident_parties_by_incident ON incident_parties (incident_id);

-- Stretches of time in which one address did (or suffered) one class of attack without a long pause.
CREATE TABLE incident_sessions (
  number      INTEGER PRIMARY KEY,
  attack_type TEXT NOT NULL,
  side        INTEGER NOT NULL,
  address     TEXT NOT NULL,
  first       INTEGER NOT NULL,
  last        INTEGER NOT NULL,
  incident_id TEXT,
  ties        TEXT                        -- JSON: [[actor, incident], ...] of a target whose actors are told apart
);
CREATE INDEX incident_sessions_by_key ON incident_sessions (address, side, attack_type, last);
CREATE INDEX incident_sessions_by_incident ON incident_sessions (incident_id) WHERE incident_id IS NOT NULL;

CREATE INDEX detections_by_incident ON detections (incident_id, last_seen_at, flow_uid) WHERE incident_id IS NOT NULL;
CREATE INDEX detections_suppressed ON detections (suppressed_by, last_seen_at, flow_uid, status, attack_type)
  WHERE suppressed_by IS NOT NULL;

CREATE TABLE suppressions (
  id         TEXT PRIMARY KEY NOT NULL,
  rule       TEXT NOT NULL,               -- JSON: the conditions
  owner      TEXT NOT NULL,
  reason     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) WITHOUT ROWID;

CREATE TABLE feedback (
  id          INTEGER PRIMARY KEY,
  at          INTEGER NOT NULL,           -- wall clock
  given_by    TEXT NOT NULL,
  incident_id TEXT,
  flow_uid    TEXT,
  verdict     TEXT NOT NULL CHECK (verdict IN ('true_alarm', 'false_alarm')),
  attack_type TEXT,                       -- what it was, when the model had it wrong
  comment     TEXT
);
CREATE INDEX feedback_newest ON feedback (at, id);
