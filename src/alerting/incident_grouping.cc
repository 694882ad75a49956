// SPDX-License-Identifier: Apache-2.0
#include "alerting/incident_grouping.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "alerting/incident_links.h"
#include "alerting/session_book.h"

namespace weir::alerting {

namespace {

// The incidents that a batch touches.
class Ledger {
 public:
  Ledger(IncidentSpace& space, IncidentLinks& links) : space_(space), links_(links) {}

  // Reads every incident that a link names, and makes one of those that are one.
  void read() {
    const std::vector<std::string> asked(links_.names().begin(), links_.names().end());
    if (asked.empty()) return;
    auto [ids, incidents] = space_.load(asked);
    for (const auto& [name, id] : ids) links_.join(name, id);
    incidents_ = std::move(incidents);
    std::map<std::string, std::vector<Incident*>> sets;
    for (auto& [id, incident] : incidents_) sets[links_.root(id)].push_back(&incident);
    for (auto& [root, set] : sets) names_[root] = unite(set);
  }

  // What a name has become. One that is new stays, or is the root of those that it was joined with.
  std::string name(const std::string& name) {
    const std::string& root = links_.root(name);
    return names_.try_emplace(root, root).first->second;
  }

  bool knows(const std::string& name) { return incidents_.contains(this->name(name)); }

  Incident& touch(const std::string& name) {
    const std::string id = this->name(name);
    touched_.insert(id);
    Incident& incident = incidents_[id];
    incident.id = id;
    return incident;
  }

  std::vector<Incident> write(base::Timestamp wall) {
    for (const auto& [survivor, ids] : absorbed_) space_.absorb(survivor, ids);
    std::vector<Incident> kept;
    std::vector<std::string> emptied;
    for (const std::string& id : touched_) {
      Incident& incident = incidents_.at(id);
      incident.updated_at = wall;
      incident.flows > 0 ? kept.push_back(incident) : emptied.push_back(id);
    }
    if (!kept.empty()) space_.save(kept);
    if (!emptied.empty()) space_.remove(emptied);
    return kept;
  }

 private:
  // The largest keeps its name: fewest flows have to be renamed.
  std::string unite(std::vector<Incident*>& set) {
    std::sort(set.begin(), set.end(), [](const Incident* a, const Incident* b) {
      return std::tie(b->flows, a->id) < std::tie(a->flows, b->id);
    });
    Incident& survivor = *set.front();
    const std::string id = survivor.id;
    for (std::size_t i = 1; i < set.size(); ++i) {
      merge(survivor, *set[i]);
      absorbed_[id].push_back(set[i]->id);
      touched_.insert(id);
    }
    for (const std::string& gone : absorbed_[id]) incidents_.erase(gone);
    if (absorbed_[id].empty()) absorbed_.erase(id);
    return id;
  }

  IncidentSpace& space_;
  IncidentLinks& links_;
  std::map<std::string, Incident> incidents_;
  std::map<std::string, std::string> names_;  // root -> id
  std::map<std::string, std::vector<std::string>> absorbed_;
  std::set<std::string> touched_;
};

enum class Closed { opens_again, stays };

void join(Incident& incident, const Detection& flow, Closed closed) {
  if (incident.attack_type.empty()) incident.attack_type = incident_class(flow);
  incident.by_victim = incident.by_victim || grouped_by_victim(flow);
  add_flow(incident, flow);
  if (closed == Closed::opens_again && incident.state == IncidentState::closed) incident.state = IncidentState::open;
}

std::vector<const Detection*> members_of(std::span<const FlowChange> changes) {
  std::vector<const Detection*> members;
  for (const FlowChange& change : changes) {
    if (belongs_to_incident(*change.now)) members.push_back(change.now);
  }
  std::sort(members.begin(), members.end(), [](const Detection* a, const Detection* b) {
    return std::tie(a->flow.started, a->flow.uid) < std::tie(b->flow.started, b->flow.uid);
  });
  return members;
}

void apply(const FlowChange& change, const std::map<const Detection*, std::string>& names, Ledger& ledger,
           Closed closed) {
  const auto name = names.find(change.now);
  const std::string now = name == names.end() ? std::string() : ledger.name(name->second);
  std::string before = change.before == nullptr ? std::string() : change.before->incident_id;
  if (!before.empty()) before = ledger.knows(before) ? ledger.name(before) : std::string();
  if (!before.empty() && before == now) {
    update_flow(ledger.touch(now), *change.before, *change.now);
  } else {
    if (!before.empty()) remove_flow(ledger.touch(before), *change.before);
    if (!now.empty()) join(ledger.touch(now), *change.now, closed);
  }
  change.now->incident_id = now;
}

std::vector<Incident> group(std::span<const FlowChange> changes, SessionBook& book, IncidentLinks& links,
                            IncidentSpace& space, base::Timestamp wall, Closed closed) {
  const std::vector<const Detection*> members = members_of(changes);
  const std::vector<std::string> named = book.name_incidents(members);
  std::map<const Detection*, std::string> names;
  for (std::size_t i = 0; i < members.size(); ++i) names.emplace(members[i], named[i]);
  for (const std::string& name : named) links.root(name);
  for (const FlowChange& change : changes) {
    if (change.before != nullptr && !change.before->incident_id.empty()) links.root(change.before->incident_id);
  }
  Ledger ledger(space, links);
  ledger.read();
  for (const FlowChange& change : changes) apply(change, names, ledger, closed);
  book.write([&ledger](const std::string& name) { return ledger.name(name); });
  return ledger.write(wall);
}

}  // namespace

std::vector<Incident> group(std::span<const FlowChange> changes, IncidentSpace& space, const GroupingRules& rules,
                            base::Timestamp wall) {
  IncidentLinks links;
  SessionBook book(space, rules, links, wall);
  return group(changes, book, links, space, wall, Closed::opens_again);
}

std::vector<Incident> regroup(const std::string& id, std::span<Detection> flows, IncidentSpace& space,
                              const GroupingRules& rules, base::Timestamp wall) {
  const std::vector<std::string> asked = {id};
  const FoundIncidents found = space.load(asked);
  if (!found.incidents.contains(id)) return {};
  const Incident& before = found.incidents.at(id);
  Incident shell;  // what people said stays, though it has no flows for a moment
  shell.id = id;
  shell.attack_type = before.attack_type;
  shell.state = before.state;
  shell.state_by = before.state_by;
  shell.comment = before.comment;
  shell.state_at = before.state_at;
  space.remove(asked);
  space.save(std::vector<Incident>{shell});

  IncidentLinks links;
  SessionBook book(space, rules, links, wall);
  book.reuse_name(id);
  std::vector<FlowChange> changes;
  for (Detection& flow : flows) {
    flow.incident_id.clear();
    changes.push_back({nullptr, &flow});
  }
  std::vector<Incident> incidents = group(changes, book, links, space, wall, Closed::stays);
  const auto kept = [&id](const Incident& incident) { return incident.id == id; };
  if (std::none_of(incidents.begin(), incidents.end(), kept)) space.remove(asked);
  return incidents;
}

}  // namespace weir::alerting
