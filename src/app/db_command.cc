// SPDX-License-Identifier: Apache-2.0
#include "app/db_command.h"

#include <cstdio>
#include <ctime>
#include <filesystem>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/paths.h"
#include "app/registry.h"
#include "app/summary.h"

namespace weir::app {

namespace {

namespace fs = std::filesystem;

constexpr double kMiB = 1024.0 * 1024.0;

std::string minute(base::Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(seconds.time_since_epoch().count()));
}

std::string mib(std::uint64_t bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / kMiB); }

// Only one that is there: to look at a database must not make one.
base::Result<std::unique_ptr<store::DetectionStore>> open_existing(const DbArguments& arguments) {
  const fs::path dir = arguments.state_dir.empty() ? default_state_dir() : fs::path(arguments.state_dir);
  const std::string url = database_url(arguments.db, dir);
  if (const auto file = sqlite_file(url)) {
    std::error_code error;
    if (!fs::exists(*file, error)) return base::fail("there is no database " + file->string() + ": name it with --db");
    // As the owner, or the files that SQLite makes beside it would be root's, and the sensor could not open them.
    if (const auto owner = act_as_owner_of(file->has_parent_path() ? file->parent_path() : fs::path(".")); !owner) {
      return base::fail(owner.error());
    }
  }
  return open_store(url);
}

void print_json(const std::string& name, const store::StoreExtent& extent) {
  const nlohmann::json json = {{"name", name},
                               {"bytes", extent.bytes},
                               {"used_bytes", extent.used_bytes},
                               {"detections", extent.detections},
                               {"oldest_us", extent.oldest ? nlohmann::json(base::to_us(*extent.oldest)) : nullptr}};
  fmt::print("{}\n", json.dump(2));
}

void print_text(const std::string& name, const store::StoreExtent& extent) {
  fmt::print("{} holds {}.\n", name, in_words(extent));
  if (extent.bytes > extent.used_bytes + extent.used_bytes / 100) {
    fmt::print("{} of it are free for what comes.\n", mib(extent.bytes - extent.used_bytes));
  }
  if (!extent.gives_back && name.starts_with("SQLite")) {
    fmt::print("An older weir made it: it never shrinks until `weir db vacuum` has rewritten it once.\n");
  }
}

}  // namespace

std::string in_words(const store::StoreExtent& extent) {
  std::string words = fmt::format("{} detections", grouped(extent.detections));
  if (extent.oldest) words += " since " + minute(*extent.oldest);
  return words + " in " + mib(extent.bytes);
}

int db_status(const DbArguments& arguments) {
  const auto store = open_existing(arguments);
  if (!store) return report(store.error());
  const auto extent = (*store)->extent();
  if (!extent) return report(extent.error());
  arguments.json ? print_json((*store)->describe(), *extent) : print_text((*store)->describe(), *extent);
  return kDone;
}

int db_vacuum(const DbArguments& arguments) {
  const auto store = open_existing(arguments);
  if (!store) return report(store.error());
  const auto before = (*store)->extent();
  if (!before) return report(before.error());
  if (const auto done = (*store)->vacuum(); !done) return report(done.error());
  const auto after = (*store)->extent();
  if (!after) return report(after.error());
  if (arguments.json) {
    print_json((*store)->describe(), *after);
  } else {
    fmt::print("{}: {} before, {} now.\n", (*store)->describe(), mib(before->bytes), mib(after->bytes));
  }
  return kDone;
}

}  // namespace weir::app
