// SPDX-License-Identifier: Apache-2.0
// The one place that knows adapters by name: packet sources, stores, the model runtime.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alerting/incident_grouping.h"
#include "app/config.h"
#include "base/result.h"
#include "capture/packet_source.h"
#include "features/flow_meter.h"
#include "scoring/detector.h"
#include "store/detection_store.h"
#include "store/retention.h"

namespace weir::app {

// A file gives one source (paced when the speed is not max), an interface one for each worker (by libpcap: one).
base::Result<std::vector<std::unique_ptr<capture::PacketSource>>> open_sources(const Config& config);

// Flow tables that share the packets of one source: all workers', where there is one source for all.
std::size_t meters_per_source(const Config& config);

// What `db` (store.db, --db) names; left empty: weir.db in the state folder.
std::string database_url(const std::string& db, const std::filesystem::path& state_dir);
// The file of "sqlite:PATH"; nothing for another database.
std::optional<std::filesystem::path> sqlite_file(std::string_view url);
// "sqlite:PATH", "postgresql://..." or "postgres://...".
base::Result<std::unique_ptr<store::DetectionStore>> open_store(const std::string& url,
                                                                alerting::GroupingRules rules = {});
alerting::GroupingRules grouping_rules(const Config& config);
store::RetentionLimits retention_limits(const Config& config);

features::MeterConfig meter_config(const Config& config);
scoring::SensorContract sensor_contract(const Config& config);

base::Duration seconds(double s);

scoring::ModelLoader model_loader();

// The folder that is meant: the given one, or the default bundle's.
base::Result<std::filesystem::path> model_dir(const std::string& given);

// The bundle at `dir` (empty: the default one), ready to score, held against what this configuration computes. With a public
// key, only a bundle that its holder signed.
base::Result<std::unique_ptr<scoring::Detector>> load_detector(const std::string& dir, const Config& config,
                                                               const std::string& public_key = "");

// What the store needs to explain this detector's verdicts later.
store::ModelRecord model_record(const scoring::Detector& detector);

}  // namespace weir::app
