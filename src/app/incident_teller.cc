// SPDX-License-Identifier: Apache-2.0
#include "app/incident_teller.h"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "alerting/incident_story.h"

namespace weir::app {

namespace {

namespace fs = std::filesystem;
using sinks::IncidentDesk;
using sinks::IncidentWatch;

constexpr std::uint32_t kLookedAt = 1000;
constexpr std::chrono::hours kNewsAge{24};

// As it is now, with the story that its worst flows tell.
base::Result<std::optional<IncidentDesk::Current>> fetch(store::DetectionStore& store, const std::string& id) {
  auto incident = store.incident(id);
  if (!incident) return base::fail(incident.error());
  if (!*incident) return std::optional<IncidentDesk::Current>();
  std::vector<alerting::Detection> worst;
  for (const alerting::IncidentSample& sample : (*incident)->samples) {
    auto detection = store.get(sample.flow);
    if (!detection) return base::fail(detection.error());
    if (*detection) worst.push_back(std::move(**detection));
  }
  std::string story = alerting::story(**incident, worst);
  return std::optional(IncidentDesk::Current{std::move(**incident), std::move(story)});
}

base::Result<std::vector<alerting::Incident>> take_up(IncidentWatch& watch, store::DetectionStore& store) {
  store::IncidentQuery newest;
  newest.limit = kLookedAt;
  auto page = store.find_incidents(newest);
  if (!page) return base::fail(page.error());
  const auto oldest = std::chrono::system_clock::now() - kNewsAge;
  const bool is_new = watch.is_new();
  std::vector<alerting::Incident> perhaps_news;
  for (alerting::Incident& incident : page->incidents) {
    if (!is_new && (incident.updated_at >= oldest || watch.knows(incident.id))) {
      perhaps_news.push_back(std::move(incident));
    } else if (auto known = watch.know(incident); !known) {
      return base::fail(known.error());
    }
  }
  return perhaps_news;
}

}  // namespace

base::Result<std::unique_ptr<IncidentDesk>> open_incident_desk(const std::string& sensor, const fs::path& state_dir,
                                                               store::DetectionStore& store, Sinks& all) {
  auto watch = IncidentWatch::open(state_dir / "sinks" / "incidents-told", {});
  if (!watch) return base::fail(watch.error());
  const auto perhaps_news = take_up(*watch, store);
  if (!perhaps_news) return base::fail(perhaps_news.error());
  auto desk = std::make_unique<IncidentDesk>(
      std::move(*watch), sensor, [&store](const std::string& id) { return fetch(store, id); },
      [&all](const sinks::IncidentNews& news) { all.tell(news); },
      [](const std::string& problem) { fmt::print(stderr, "weir: {}\n", problem); });
  desk->look(*perhaps_news);
  return desk;
}

}  // namespace weir::app
