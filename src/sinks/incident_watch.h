// SPDX-License-Identifier: Apache-2.0
// IncidentWatch: which changes of an incident are news, so that a scan of an hour makes two or three messages and not
// thousands.
//
//   opened     not told yet; a moment after it was first seen (settle), so that the message says what it grew to
//   worsened   its severity rose: at once. Or its flows or its targets are ten times what was told last: at most once
//              every `quiet`
//   confirmed, dismissed, closed, reopened     its state is another than was told last: at once
// What is dismissed or closed makes no news by growing.
//
// What was told is kept in a file, a line for each of the news, so that a restart tells nothing twice and misses nothing. It
// remembers kMost incidents, and forgets those first of which nothing was told for longest. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "alerting/incident.h"
#include "base/result.h"
#include "sinks/incident_news.h"

namespace weir::sinks {

class IncidentWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMost = 10'000;

  struct Rules {
    std::chrono::milliseconds settle{5'000};
    std::chrono::milliseconds quiet{300'000};
    std::uint64_t growth = 10;
  };

  // Lines of the file that cannot be read are left out: then something may be told twice, with the same key.
  static base::Result<IncidentWatch> open(const std::filesystem::path& file, Rules rules);

  IncidentWatch(IncidentWatch&& other) noexcept;
  IncidentWatch& operator=(IncidentWatch&&) = delete;
  ~IncidentWatch();

  // The file was not there: nothing was ever told. Older incidents should be made known to it.
  bool is_new() const { return is_new_; }

  struct News {
    IncidentChange change = IncidentChange::opened;
    std::uint32_t number = 1;
    Clock::time_point due;  // tell it then, with what the incident is by then
  };
  std::optional<News> look(const alerting::Incident& incident, Clock::time_point now) const;

  // They were handed on, and are remembered. An error: the file does not take it, so a restart may tell it again.
  base::Result<> told(const IncidentNews& news, Clock::time_point now);

  // As if it had been told.
  base::Result<> know(const alerting::Incident& incident);

  bool knows(const std::string& id) const { return told_.contains(id); }
  std::size_t size() const { return told_.size(); }

 private:
  struct Told {
    std::uint32_t number = 0;
    alerting::Severity severity = alerting::Severity::none;
    alerting::IncidentState state = alerting::IncidentState::open;
    std::uint64_t flows = 0, targets = 0;
    std::optional<Clock::time_point> at;  // of this run
    std::list<std::string>::iterator order;
  };

  IncidentWatch(std::filesystem::path file, Rules rules) : file_(std::move(file)), rules_(rules) {}

  base::Result<> remember(const alerting::Incident& incident, std::uint32_t number,
                          std::optional<Clock::time_point> at);
  Told& place(const std::string& id);
  base::Result<> read();
  void read_line(const std::string& line);
  std::string line_of(const std::string& id, const Told& told) const;
  base::Result<> write_anew();
  base::Result<> append(const std::string& line);

  const std::filesystem::path file_;
  const Rules rules_;
  bool is_new_ = false;
  int fd_ = -1;
  std::size_t lines_ = 0;         // of the file
  std::unordered_map<std::string, Told> told_;
  std::list<std::string> order_;  // ids, from the one that is forgotten first
};

}  // namespace weir::sinks
