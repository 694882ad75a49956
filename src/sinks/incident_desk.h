// SPDX-License-Identifier: Apache-2.0
// IncidentDesk: from the store's writer to the sinks, the news of incidents, each when it is due (incident_watch.h).
//
//   look() ──ids and when──▶ worker: fetch what the incident is by then ──▶ tell
//
// look() copies no incident and waits for nothing but a look-up in memory. While the store does not answer, what is due is
// tried again every second; what is still due when it stops is told by the next start, which looks at the newest incidents
// of the store. look() from any thread, stop() once. A thread of its own, on which Fetch and Tell are called.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "alerting/incident.h"
#include "base/result.h"
#include "sinks/incident_news.h"
#include "sinks/incident_watch.h"

namespace weir::sinks {

class IncidentDesk {
 public:
  struct Current {
    alerting::Incident incident;  // its id is another one when the incident became part of that
    std::string story;
  };
  // Nothing when there is no such incident any more.
  using Fetch = std::function<base::Result<std::optional<Current>>(const std::string& id)>;
  // Takes the news over for good: what it returns from is remembered as told.
  using Tell = std::function<void(const IncidentNews&)>;
  // A sentence, when what was told cannot be written down; once until it can again.
  using OnProblem = std::function<void(const std::string&)>;

  IncidentDesk(IncidentWatch watch, std::string sensor, Fetch fetch, Tell tell, OnProblem on_problem = {});
  ~IncidentDesk();  // stops at once

  void look(std::span<const alerting::Incident> incidents);

  // Tells what waits, due or not, as far as the store answers and `deadline` allows.
  void stop(std::chrono::milliseconds deadline);

 private:
  using Clock = IncidentWatch::Clock;

  void look_at(const alerting::Incident& incident, Clock::time_point now);
  void work();
  std::vector<std::string> take_due(std::unique_lock<std::mutex>& lock);
  void tell_of(const std::string& id);
  void tell_or_wait(const Current& current);
  void remember(const IncidentNews& news);

  const std::string sensor_;
  const Fetch fetch_;
  const Tell tell_;
  const OnProblem on_problem_;

  std::mutex mutex_;                              // of all below: looks are rare and short
  std::condition_variable changed_;
  IncidentWatch watch_;
  std::map<std::string, Clock::time_point> due_;  // at most IncidentWatch::kMost
  std::optional<Clock::time_point> give_up_at_;   // set by stop()
  bool complained_ = false;                       // of the worker

  std::thread worker_;                            // last: it uses all of the above
};

}  // namespace weir::sinks
