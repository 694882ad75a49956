// SPDX-License-Identifier: Apache-2.0
#include "sinks/incident_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/whole_file.h"

namespace weir::sinks {

namespace {

namespace fs = std::filesystem;
using alerting::IncidentState;

tl::unexpected<base::Error> failed(const fs::path& file, int number) {
  return base::fail(fmt::format("{}: {}", file.string(), std::strerror(number)));
}

bool is_over(IncidentState state) { return state == IncidentState::dismissed || state == IncidentState::closed; }

std::optional<IncidentChange> change_of_state(IncidentState before, IncidentState now) {
  if (before == now) return std::nullopt;
  switch (now) {
    case IncidentState::confirmed: return IncidentChange::confirmed;
    case IncidentState::dismissed: return IncidentChange::dismissed;
    case IncidentState::closed: return IncidentChange::closed;
    // Whoever takes a "confirmed" back has said nothing that others would act upon.
    case IncidentState::open: return is_over(before) ? std::optional(IncidentChange::reopened) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

base::Result<IncidentWatch> IncidentWatch::open(const fs::path& file, Rules rules) {
  IncidentWatch watch(file, rules);
  if (auto read = watch.read(); !read) return base::fail(read.error());
  if (auto written = watch.write_anew(); !written) return base::fail(written.error());
  return watch;
}

IncidentWatch::IncidentWatch(IncidentWatch&& other) noexcept
    : file_(other.file_),
      rules_(other.rules_),
      is_new_(other.is_new_),
      fd_(std::exchange(other.fd_, -1)),
      lines_(other.lines_),
      told_(std::move(other.told_)),
      order_(std::move(other.order_)) {}

IncidentWatch::~IncidentWatch() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<IncidentWatch::News> IncidentWatch::look(const alerting::Incident& incident,
                                                       Clock::time_point now) const {
  const auto found = told_.find(incident.id);
  if (found == told_.end()) {
    if (is_over(incident.state)) return std::nullopt;
    return News{IncidentChange::opened, 1, now + rules_.settle};
  }
  const Told& before = found->second;
  const std::uint32_t number = before.number + 1;
  if (const auto change = change_of_state(before.state, incident.state)) return News{*change, number, now};
  if (is_over(incident.state)) return std::nullopt;
  if (incident.severity > before.severity) return News{IncidentChange::worsened, number, now};
  const auto grown = [&](std::uint64_t then, std::uint64_t since) {
    return since / rules_.growth >= std::max<std::uint64_t>(then, 1);
  };
  if (!grown(before.flows, incident.flows) && !grown(before.targets, incident.targets.count())) return std::nullopt;
  return News{IncidentChange::worsened, number, before.at ? std::max(now, *before.at + rules_.quiet) : now};
}

base::Result<> IncidentWatch::told(const IncidentNews& news, Clock::time_point now) {
  return remember(news.incident, news.number, now);
}

base::Result<> IncidentWatch::know(const alerting::Incident& incident) { return remember(incident, 1, std::nullopt); }

base::Result<> IncidentWatch::remember(const alerting::Incident& incident, std::uint32_t number,
                                       std::optional<Clock::time_point> at) {
  Told& told = place(incident.id);
  told.number = number;
  told.severity = std::max(told.severity, incident.severity);
  told.state = incident.state;
  told.flows = incident.flows;
  told.targets = incident.targets.count();
  told.at = at;
  if (lines_ >= 2 * kMost) return write_anew();
  return append(line_of(incident.id, told));
}

// Makes room, and moves it to the end of those that are forgotten.
IncidentWatch::Told& IncidentWatch::place(const std::string& id) {
  if (const auto found = told_.find(id); found != told_.end()) {
    order_.splice(order_.end(), order_, found->second.order);
    return found->second;
  }
  if (told_.size() == kMost) {
    told_.erase(order_.front());
    order_.pop_front();
  }
  Told& told = told_[id];
  told.order = order_.insert(order_.end(), id);
  return told;
}

base::Result<> IncidentWatch::read() {
  std::error_code error;
  if (!fs::exists(file_, error) && !error) {
    is_new_ = true;
    return {};
  }
  if (!fs::is_regular_file(file_, error)) return base::fail(file_.string() + ": is not a file");
  std::ifstream in(file_, std::ios::binary);
  if (!in) return failed(file_, errno);
  for (std::string line; std::getline(in, line);) read_line(line);
  return {};
}

void IncidentWatch::read_line(const std::string& line) {
  std::istringstream words(line);
  std::string id, severity, state, end;
  Told read;
  if (!(words >> id >> read.number >> severity >> state >> read.flows >> read.targets >> end) || end != ".") return;
  const auto known_severity = alerting::parse_severity(severity);
  const auto known_state = alerting::parse_incident_state(state);
  if (!known_severity || !known_state) return;
  Told& told = place(id);
  const auto order = told.order;
  told = read;
  told.severity = *known_severity;
  told.state = *known_state;
  told.order = order;
}

// The point at the end tells a whole line from one that a crash cut within a number.
std::string IncidentWatch::line_of(const std::string& id, const Told& told) const {
  return fmt::format("{} {} {} {} {} {} .\n", id, told.number, alerting::to_string(told.severity),
                     alerting::to_string(told.state), told.flows, told.targets);
}

base::Result<> IncidentWatch::write_anew() {
  std::string text;
  for (const std::string& id : order_) text += line_of(id, told_.at(id));
  if (auto replaced = base::replace_file(file_, text); !replaced) return replaced;
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd_ < 0) return failed(file_, errno);
  lines_ = order_.size();
  return {};
}

base::Result<> IncidentWatch::append(const std::string& line) {
  const ssize_t size = ::write(fd_, line.data(), line.size());
  if (size < 0) return failed(file_, errno);
  // What stands there of a line that did not fit must not become part of the next one.
  if (size != static_cast<ssize_t>(line.size())) return failed(file_, ::write(fd_, "\n", 1) == 1 ? ENOSPC : errno);
  lines_ += 1;
  return {};
}

}  // namespace weir::sinks
