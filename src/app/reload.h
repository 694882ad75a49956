// SPDX-License-Identifier: Apache-2.0
// Reload: what SIGHUP and POST /api/v1/reload do. Reads configuration, model, suppressions and certificate anew; takes up all of it, or,
// when anything of it is bad, nothing. The capture goes on meanwhile and loses no packet.
//
// Taken up at once: scoring.model, scoring.model_public_key, store.log, store.keep_days, store.keep_mb, the certificate's files,
// and a model whose files changed. Other keys are named as waiting for the next start.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "alerting/suppression.h"
#include "api/control.h"
#include "api/server.h"
#include "app/config.h"
#include "pipeline/pipeline.h"
#include "store/detection_store.h"
#include "store/retention.h"

namespace weir::app {

class Reload final : public api::Control {
 public:
  Reload(Config running, ConfigReader read, std::string manifest_text)
      : read_(std::move(read)), running_(std::move(running)), manifest_text_(std::move(manifest_text)) {}

  // Before the first reload(); borrowed. The server is made later than the object that it asks.
  void works_on(pipeline::Pipeline& pipeline, store::DetectionStore& store, alerting::Suppressions& suppressions,
                store::Retention& retention) {
    pipeline_ = &pipeline;
    store_ = &store;
    suppressions_ = &suppressions;
    retention_ = &retention;
  }
  void works_on(api::Server& server) { server_ = &server; }

  base::Result<std::vector<std::string>> reload() override;

 private:
  base::Result<std::vector<std::string>> take_up(const Config& next);

  const ConfigReader read_;

  std::mutex mutex_;           // one reload at a time, whoever asks for it
  Config running_;
  std::string manifest_text_;  // of the model that judges now
  pipeline::Pipeline* pipeline_ = nullptr;
  store::DetectionStore* store_ = nullptr;
  alerting::Suppressions* suppressions_ = nullptr;
  store::Retention* retention_ = nullptr;
  api::Server* server_ = nullptr;
};

// One phrase for each key that differs and waits for the next start.
std::vector<std::string> waiting_changes(const Config& running, const Config& next);

}  // namespace weir::app
