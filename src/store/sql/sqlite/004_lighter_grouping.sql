-- SPDX-License-Identifier: Apache-2.0
-- Fewer index pages for each row that is grouped. A session that grows changes its `last`, which no index holds any more:
-- sessions of one key do not overlap, so that they are found by `first` alone. What names an incident is found by the
-- addresses that the incident knows; of one that became part of another, sessions keep the old name, which leads there.

DROP INDEX incident_sessions_by_key;
DROP INDEX incident_sessions_by_incident;
DROP INDEX incident_parties_by_incident;
CREATE INDEX incident_sessions_by_start ON incident_sessions (address, side, attack_type, first);
