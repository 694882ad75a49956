// SPDX-License-Identifier: Apache-2.0
#include "sinks/incident_desk.h"

#include <algorithm>
#include <utility>

namespace weir::sinks {

namespace {

constexpr std::chrono::seconds kStoreRetry{1};

}  // namespace

IncidentDesk::IncidentDesk(IncidentWatch watch, std::string sensor, Fetch fetch, Tell tell, OnProblem on_problem)
    : sensor_(std::move(sensor)),
      fetch_(std::move(fetch)),
      tell_(std::move(tell)),
      on_problem_(std::move(on_problem)),
      watch_(std::move(watch)),
      worker_([this] { work(); }) {}

IncidentDesk::~IncidentDesk() { stop(std::chrono::milliseconds(0)); }

void IncidentDesk::look(std::span<const alerting::Incident> incidents) {
  {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    for (const alerting::Incident& incident : incidents) look_at(incident, now);
  }
  changed_.notify_one();
}

// What finds no room is looked at again when it changes next.
void IncidentDesk::look_at(const alerting::Incident& incident, Clock::time_point now) {
  const auto news = watch_.look(incident, now);
  if (!news || (due_.size() >= IncidentWatch::kMost && !due_.contains(incident.id))) return;
  const auto [place, is_first] = due_.emplace(incident.id, news->due);
  if (!is_first) place->second = std::min(place->second, news->due);
}

void IncidentDesk::stop(std::chrono::milliseconds deadline) {
  if (!worker_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    give_up_at_ = Clock::now() + deadline;
  }
  changed_.notify_one();
  worker_.join();
}

void IncidentDesk::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const std::vector<std::string> ids = take_due(lock);
    if (ids.empty()) return;
    lock.unlock();
    for (const std::string& id : ids) tell_of(id);
    lock.lock();
  }
}

// Waits for it. Nothing: it is over.
std::vector<std::string> IncidentDesk::take_due(std::unique_lock<std::mutex>& lock) {
  for (;;) {
    const auto now = Clock::now();
    const bool stopping = give_up_at_.has_value();
    std::vector<std::string> ids;
    Clock::time_point next = Clock::time_point::max();
    for (const auto& [id, due] : due_) {
      if (stopping || due <= now) {
        ids.push_back(id);
      } else {
        next = std::min(next, due);
      }
    }
    for (const std::string& id : ids) due_.erase(id);
    if (!ids.empty() || stopping) return stopping && now >= *give_up_at_ ? std::vector<std::string>() : ids;
    if (due_.empty()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, next);
    }
  }
}

void IncidentDesk::tell_of(const std::string& id) {
  const auto current = fetch_(id);
  if (current) {
    if (*current) tell_or_wait(**current);
    return;
  }
  const std::lock_guard lock(mutex_);
  if (!give_up_at_) due_.emplace(id, Clock::now() + kStoreRetry);
}

void IncidentDesk::tell_or_wait(const Current& current) {
  std::optional<IncidentWatch::News> news;
  {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    news = watch_.look(current.incident, now);
    if (!news) return;
    // An opened one has waited already. What became part of another incident, or has been told meanwhile, has its own time.
    if (news->change != IncidentChange::opened && news->due > now && !give_up_at_) {
      due_.emplace(current.incident.id, news->due);
      return;
    }
  }
  const IncidentNews told{news->change, news->number, current.incident, current.story, sensor_};
  tell_(told);
  remember(told);
}

void IncidentDesk::remember(const IncidentNews& news) {
  std::string problem;
  {
    const std::lock_guard lock(mutex_);
    if (auto done = watch_.told(news, Clock::now()); !done) problem = done.error().message();
  }
  if (!problem.empty() && !complained_ && on_problem_) {
    on_problem_("what was told of incidents could not be written down, and may be told again after a restart: " +
                problem);
  }
  complained_ = !problem.empty();
}

}  // namespace weir::sinks
