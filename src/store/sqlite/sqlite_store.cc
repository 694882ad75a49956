// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_store.h"

#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "store/resource_pool.h"
#include "store/sql/find_statement.h"
#include "store/sql/upsert.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/reading.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/writing.h"

namespace weir::store::sqlite {

namespace {

namespace fs = std::filesystem;
using alerting::Detection;

constexpr std::size_t kReaders = 4;
constexpr auto kReaderWait = std::chrono::seconds(5);

class SqliteStore final : public DetectionStore {
 public:
  SqliteStore(fs::path file, std::unique_ptr<Connection> writer)
      : file_(std::move(file)),
        writer_(std::move(writer)),
        readers_(kReaders, kReaderWait, [this] { return open_reader(); }) {}

  base::Result<> write(const WriteBatch& batch) override {
    return writing("write", [&batch](Connection& writer) {
      for (const Detection& detection : batch.detections) put(writer, detection);
      for (const ThroughputSample& sample : batch.throughput) put(writer, sample);
    });
  }

  base::Result<> put_model(const ModelRecord& model) override {
    return writing("store the model", [&model](Connection& writer) { put(writer, model); });
  }

  base::Result<DetectionPage> find(const DetectionQuery& query) override {
    const auto statement = sql::find_statement(query, columns_, sql::Dialect::sqlite);
    if (!statement) return base::fail(statement.error());
    if (!sql::can_match(query)) return DetectionPage();
    auto found = reading([&](Connection& reader) { return read_detections(reader, *statement); });
    if (!found) return base::fail(found.error());
    return sql::to_page(std::move(*found), query);
  }

  base::Result<std::optional<Detection>> get(const flow::FlowUid& uid) override {
    sql::Statement statement(sql::Dialect::sqlite);
    statement.text = fmt::format("SELECT {} FROM detections WHERE flow_uid = {}", columns_, statement.place(uid));
    auto found = reading([&](Connection& reader) { return read_detections(reader, statement); });
    if (!found) return base::fail(found.error());
    if (found->empty()) return std::optional<Detection>();
    return std::optional<Detection>(std::move(found->front()));
  }

  base::Result<DetectionCounts> counts() override {
    return reading([](Connection& reader) { return base::Result<DetectionCounts>(read_counts(reader)); });
  }

  base::Result<std::optional<ModelRecord>> model(const std::string& version) override {
    return reading([&](Connection& reader) { return read_model(reader, version); });
  }

  base::Result<std::vector<ThroughputSample>> throughput(base::Timestamp from, base::Timestamp to,
                                                         std::uint32_t max_points) override {
    return reading([&](Connection& reader) {
      return base::Result<std::vector<ThroughputSample>>(read_throughput(reader, from, to, max_points));
    });
  }

  std::string describe() const override { return "SQLite " + file_.string(); }

 private:
  base::Error failed(const std::string& doing, const std::string& why) const {
    return base::Error(describe() + ": " + doing + ": " + why);
  }

  base::Result<std::unique_ptr<Connection>> open_reader() const {
    try {
      return std::make_unique<Connection>(file_, Connection::Access::read_only);
    } catch (const SQLite::Exception& error) {
      return base::fail(sentence(error));
    }
  }

  template <class Work>
  base::Result<> writing(const std::string& doing, Work work) {
    std::lock_guard lock(writer_mutex_);
    try {
      SQLite::Transaction transaction(writer_->database(), SQLite::TransactionBehavior::IMMEDIATE);
      work(*writer_);
      transaction.commit();
      return {};
    } catch (const SQLite::Exception& error) {
      return base::fail(failed(doing, sentence(error)));
    }
  }

  template <class Work>
  auto reading(Work work) -> decltype(work(std::declval<Connection&>())) {
    auto reader = readers_.borrow();
    if (!reader) return base::fail(failed("read", reader.error().message()));
    try {
      return work(**reader);
    } catch (const SQLite::Exception& error) {
      reader->close_as_broken();
      return base::fail(failed("read", sentence(error)));
    }
  }

  const fs::path file_;
  const std::string columns_ = sql::joined(sql::detection_columns());

  // SQLite lets one connection write at a time: writers wait for each other here, without its polling.
  std::mutex writer_mutex_;
  const std::unique_ptr<Connection> writer_;  // guarded by writer_mutex_
  ResourcePool<Connection> readers_;
};

base::Result<> check_folder(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  std::error_code error;
  if (!fs::exists(folder, error)) return base::fail("there is no folder " + folder.string() + ": make it first");
  if (fs::is_directory(file, error)) return base::fail("it is a folder: name a file in it");
  return {};
}

base::Result<std::unique_ptr<Connection>> open_writer(const fs::path& file) {
  if (auto checked = check_folder(file); !checked) return base::fail(checked.error());
  try {
    auto writer = std::make_unique<Connection>(file, Connection::Access::read_write);
    if (auto prepared = prepare_schema(*writer); !prepared) return base::fail(prepared.error());
    return writer;
  } catch (const SQLite::Exception& error) {
    return base::fail(sentence(error));
  }
}

}  // namespace

base::Result<std::unique_ptr<DetectionStore>> open_sqlite(const fs::path& file) {
  auto writer = open_writer(file);
  if (!writer) return base::fail_within("open the database " + file.string(), writer);
  return std::make_unique<SqliteStore>(file, std::move(*writer));
}

}  // namespace weir::store::sqlite
