// SPDX-License-Identifier: Apache-2.0
// IncidentSpace: what grouping reads and writes: the incidents, and the sessions that say which incident a new flow joins.
//
// A session is a stretch of time in which one address did (or suffered) one class of attack without a pause longer than
// the gap. Everything happens within one transaction of whoever keeps the space; what that throws passes through.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "alerting/incident.h"
#include "base/clock.h"
#include "base/ip_address.h"

namespace weir::alerting {

enum class Side : std::uint8_t { actor = 0, victim = 1 };

struct SessionKey {
  std::string attack_type;
  Side side = Side::actor;
  base::IpAddress address;
  friend auto operator<=>(const SessionKey&, const SessionKey&) = default;
};

// An actor that attacked the victim of a session, and the incident of what it did.
struct SessionTie {
  base::IpAddress actor;
  std::string incident;
  friend auto operator<=>(const SessionTie&, const SessionTie&) = default;
};

enum class SessionChange : std::uint8_t {
  none,
  later,  // only `last` is another: what most flows do to most sessions
  more,
};

struct Session {
  std::int64_t row = 0;                         // given by the space; 0: not stored yet
  base::Timestamp first, last;
  std::string incident;                         // empty for a victim whose actors are still told apart
  std::vector<SessionTie> ties;                 // those actors; sorted, each pair once
  SessionChange changed = SessionChange::none;  // from what is stored
};

struct SessionQuery {
  SessionKey key;
  base::Timestamp from, to;  // sessions that reach into [from, to]
};

struct FoundIncidents {
  std::map<std::string, std::string> ids;     // by the name that was asked for; names that are not known are left out
  std::map<std::string, Incident> incidents;  // by their ids; each once, however many names lead to it
};

class IncidentSpace {
 public:
  virtual ~IncidentSpace() = default;

  virtual std::map<SessionKey, std::vector<Session>> find_sessions(std::span<const SessionQuery> queries) = 0;
  virtual void remove_sessions(std::span<const std::int64_t> rows) = 0;
  // A session with a row is replaced, one without is added.
  virtual void put_sessions(std::span<const std::pair<SessionKey, Session>> sessions) = 0;

  // The name of an incident that became part of another leads to that one.
  virtual FoundIncidents load(std::span<const std::string> names) = 0;
  virtual void save(std::span<const Incident> incidents) = 0;
  // Flows and sessions of `ids` are `survivor`'s from now on, and so is the name: sessions may keep the old one.
  virtual void absorb(const std::string& survivor, std::span<const std::string> ids) = 0;
  // Incidents without flows, with their sessions.
  virtual void remove(std::span<const std::string> ids) = 0;
};

}  // namespace weir::alerting
