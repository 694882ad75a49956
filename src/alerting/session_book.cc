// SPDX-License-Identifier: Apache-2.0
#include "alerting/session_book.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/saturating_time.h"

namespace weir::alerting {

namespace {

// Few sources that attack one target again and again, with pauses, within one long session are a swarm too, so that a
// session's ties are bounded.
constexpr std::size_t kMostTies = 512;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {  // splitmix64
  hash += value + 0x9E3779B97F4A7C15;
  hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
  hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
  return hash ^ (hash >> 31);
}

SessionKey key_of(const Detection& flow, Side side) {
  return {std::string(incident_class(flow)), side, side == Side::actor ? flow.flow.src_ip : flow.flow.dst_ip};
}

void extend(Session& session, base::Timestamp first, base::Timestamp last) {
  if (last > session.last) {
    session.last = last;
    session.changed = std::max(session.changed, SessionChange::later);
  }
  if (first < session.first) {
    session.first = first;
    session.changed = SessionChange::more;
  }
}

std::size_t actors_in(const std::vector<SessionTie>& ties) {  // sorted by actor
  std::size_t count = 0;
  for (std::size_t i = 0; i < ties.size(); ++i) count += i == 0 || ties[i].actor != ties[i - 1].actor;
  return count;
}

}  // namespace

std::vector<std::string> SessionBook::name_incidents(const std::vector<const Detection*>& flows) {
  read_sessions(flows);
  std::vector<std::string> names;
  for (const Detection* flow : flows) names.push_back(name_incident(*flow));
  return names;
}

void SessionBook::read_sessions(const std::vector<const Detection*>& flows) {
  std::map<SessionKey, SessionQuery> queries;
  const auto ask = [&](const Detection& flow, Side side) {
    const SessionKey key = key_of(flow, side);
    const base::Timestamp from = base::saturating_add(flow.flow.started, -rules_.gap);
    const base::Timestamp to = base::saturating_add(flow.flow.last, rules_.gap);
    SessionQuery& query = queries.try_emplace(key, SessionQuery{key, from, to}).first->second;
    query.from = std::min(query.from, from);
    query.to = std::max(query.to, to);
  };
  for (const Detection* flow : flows) {
    ask(*flow, Side::victim);
    if (!grouped_by_victim(*flow)) ask(*flow, Side::actor);
  }
  std::vector<SessionQuery> all;
  for (auto& [key, query] : queries) all.push_back(std::move(query));
  if (!all.empty()) sessions_ = space_.find_sessions(all);
}

std::string SessionBook::name_incident(const Detection& flow) {
  Session& victim = session_of(flow, Side::victim);
  if (grouped_by_victim(flow)) {
    if (victim.incident.empty()) give_incident(victim, new_name(flow));
    return victim.incident;
  }
  Session& actor = session_of(flow, Side::actor);
  if (actor.incident.empty()) give_incident(actor, victim.incident.empty() ? new_name(flow) : victim.incident);
  if (victim.incident.empty()) {
    tie(victim, {flow.flow.src_ip, actor.incident});
  } else {
    links_.join(victim.incident, actor.incident);
  }
  return actor.incident;
}

// The session that the flow falls into; those that it bridges become one.
Session& SessionBook::session_of(const Detection& flow, Side side) {
  std::vector<Session>& all = sessions_[key_of(flow, side)];
  const base::Timestamp first = flow.flow.started, last = std::max(flow.flow.started, flow.flow.last);
  const base::Timestamp from = base::saturating_add(first, -rules_.gap), to = base::saturating_add(last, rules_.gap);
  const auto is_far = [&](const Session& s) { return s.first > to || s.last < from; };
  // To the front what the flow touches.
  const auto far = std::stable_partition(all.begin(), all.end(), [&](const Session& s) { return !is_far(s); });
  if (far == all.begin()) {
    Session fresh;
    fresh.first = first;
    fresh.last = last;
    fresh.changed = SessionChange::more;
    return *all.insert(all.begin(), std::move(fresh));
  }
  for (auto other = all.begin() + 1; other != far; ++other) take_over(all.front(), *other);
  all.erase(all.begin() + 1, far);
  extend(all.front(), first, last);
  return all.front();
}

void SessionBook::take_over(Session& into, Session& from) {
  extend(into, from.first, from.last);
  into.changed = SessionChange::more;
  if (from.row != 0) gone_.push_back(from.row);
  std::vector<SessionTie> ties;
  std::set_union(into.ties.begin(), into.ties.end(), from.ties.begin(), from.ties.end(), std::back_inserter(ties));
  into.ties = std::move(ties);
  if (!from.incident.empty()) give_incident(into, from.incident);
  if (!into.incident.empty()) gather_ties(into);
}

void SessionBook::give_incident(Session& session, const std::string& incident) {
  if (session.incident.empty()) {
    session.incident = incident;
    session.changed = SessionChange::more;
    gather_ties(session);
  } else {
    links_.join(session.incident, incident);
  }
}

void SessionBook::tie(Session& victim, SessionTie tie) {
  const auto place = std::lower_bound(victim.ties.begin(), victim.ties.end(), tie);
  if (place == victim.ties.end() || *place != tie) {
    victim.ties.insert(place, tie);
    victim.changed = SessionChange::more;
  }
  // Also after two sessions became one, which may have made a swarm.
  if (actors_in(victim.ties) >= rules_.swarm || victim.ties.size() >= kMostTies) {
    give_incident(victim, tie.incident);
  }
}

// What the actors of a swarm did is one incident.
void SessionBook::gather_ties(Session& session) {
  for (const SessionTie& known : session.ties) links_.join(session.incident, known.incident);
  session.ties.clear();
}

// Of the flow that begins it, its class and the moment: a flow may begin an incident, leave it under another class, come
// back when it has gone on without it, and begin another.
std::string SessionBook::new_name(const Detection& flow) {
  if (!reusable_.empty()) return std::exchange(reusable_, {});
  std::uint64_t halves[2];
  std::memcpy(halves, flow.flow.uid.bytes.data(), sizeof halves);
  std::uint64_t hash = mixed(mixed(static_cast<std::uint64_t>(base::to_us(wall_)), halves[0]), halves[1]);
  for (const char c : incident_class(flow)) hash = mixed(hash, static_cast<unsigned char>(c));
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name;
  for (int shift = 60; shift >= 0; shift -= 4) name += kDigits[hash >> shift & 15];
  return name;
}

void SessionBook::write(const std::function<std::string(const std::string&)>& final_name) {
  std::vector<std::pair<SessionKey, Session>> changed;
  for (auto& [key, sessions] : sessions_) {
    for (Session& session : sessions) {
      if (session.changed == SessionChange::none) continue;
      if (!session.incident.empty()) {
        std::string name = final_name(session.incident);
        // It kept the name of one that became part of another: once is enough to look that up.
        if (name != session.incident) session.changed = SessionChange::more;
        session.incident = std::move(name);
      }
      for (SessionTie& tie : session.ties) tie.incident = final_name(tie.incident);
      std::sort(session.ties.begin(), session.ties.end());
      session.ties.erase(std::unique(session.ties.begin(), session.ties.end()), session.ties.end());
      changed.emplace_back(key, std::move(session));
    }
  }
  if (!gone_.empty()) space_.remove_sessions(gone_);
  if (!changed.empty()) space_.put_sessions(changed);
}

}  // namespace weir::alerting
