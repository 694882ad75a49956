-- SPDX-License-Identifier: Apache-2.0
-- Incidents and what they are grouped by, suppressions, feedback: the same logical schema as the SQLite one.

CREATE TABLE incidents (
  id          text COLLATE "C" PRIMARY KEY,  -- 16 hex digits
  absorbed_by text COLLATE "C",              -- it is part of that one; then everything else is NULL
  attack_type text COLLATE "C",
  by_victim   boolean,                       -- grouped by its target, not by its source
  severity    text COLLATE "C",
  technique   text COLLATE "C",              -- MITRE ATT&CK; '' when there is none
  first_at    timestamptz,
  last_at     timestamptz,
  flows       bigint,
  packets     bigint,
  bytes       bigint,
  facts       jsonb,                         -- actors, targets, ports, protocols, timeline, worst flows
  state       text COLLATE "C" CHECK (state IN ('open', 'confirmed', 'dismissed', 'closed')),
  state_by    text,
  state_at    timestamptz,
  comment     text,
  updated_at  timestamptz,
  stale       boolean                        -- a flow has left it: to be summed anew
);
CREATE INDEX incidents_newest ON incidents (last_at, id) WHERE absorbed_by IS NULL;
CREATE INDEX incidents_absorbed ON incidents (absorbed_by) WHERE absorbed_by IS NOT NULL;
CREATE INDEX incidents_stale ON incidents (id) WHERE stale;

-- Who takes part in an incident (of a great many: a sample), to find the incidents of a host.
CREATE TABLE incident_parties (
  address     inet NOT NULL,
  side        smallint NOT NULL,             -- 0 actor, 1 target
  incident_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (address, side, incident_id)
);
CREATE INDEX incident_parties_by_incident ON incident_parties (incident_id);

-- Stretches of time in which one address did (or suffered) one class of attack without a long pause.
CREATE TABLE incident_sessions (
  number      bigserial PRIMARY KEY,
  attack_type text COLLATE "C" NOT NULL,
  side        smallint NOT NULL,
  address     inet NOT NULL,
  first       timestamptz NOT NULL,
  last        timestamptz NOT NULL,
  incident_id text COLLATE "C",
  ties        jsonb                          -- [[actor, incident], ...] of a target whose actors are told apart
);
CREATE INDEX incident_sessions_by_key ON incident_sessions (address, side, attack_type, last);
CREATE INDEX incident_sessions_by_incident ON incident_sessions (incident_id) WHERE incident_id IS NOT NULL;

CREATE INDEX detections_by_incident ON detections (incident_id, last_seen_at, flow_uid) WHERE incident_id IS NOT NULL;
CREATE INDEX detections_suppressed ON detections (suppressed_by, last_seen_at, flow_uid) INCLUDE (status, attack_type)
  WHERE suppressed_by IS NOT NULL;

CREATE TABLE suppressions (
  id         text COLLATE "C" PRIMARY KEY,
  rule       jsonb NOT NULL,                 -- the conditions
  owner      text NOT NULL,
  reason     text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz
);

CREATE TABLE feedback (
  id          bigserial PRIMARY KEY,
  at          timestamptz NOT NULL,          -- wall clock
  given_by    text NOT NULL,
  incident_id text COLLATE "C",
  flow_uid    uuid,
  verdict     text COLLATE "C" NOT NULL CHECK (verdict IN ('true_alarm', 'false_alarm')),
  attack_type text COLLATE "C",              -- what it was, when the model had it wrong
  comment     text
);
CREATE INDEX feedback_newest ON feedback (at, id);
