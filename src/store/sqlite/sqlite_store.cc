// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_store.h"

#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "store/pending_batch.h"
#include "store/resource_pool.h"
#include "store/sql/find_statement.h"
#include "store/sql/grouping.h"
#include "store/sql/incident_rows.h"
#include "store/sql/judgements.h"
#include "store/sql/upkeep.h"
#include "store/sql/upsert.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/reading.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/session.h"
#include "store/sqlite/space.h"
#include "store/sqlite/writing.h"

namespace weir::store::sqlite {

namespace {

namespace fs = std::filesystem;
using alerting::Detection;

constexpr std::size_t kReaders = 4;
constexpr auto kReaderWait = std::chrono::seconds(5);

class SqliteStore final : public DetectionStore {
 public:
  SqliteStore(fs::path file, std::unique_ptr<Connection> writer, alerting::GroupingRules rules)
      : file_(std::move(file)),
        rules_(rules),
        writer_(std::move(writer)),
        readers_(kReaders, kReaderWait, [this] { return open_reader(); }) {}

  base::Result<WriteOutcome> write(const WriteBatch& batch) override {
    WriteOutcome outcome;
    const auto written = writing("write", [&](Connection& writer) {
      outcome.incidents = write_grouped(writer, batch);
      for (const ThroughputSample& sample : batch.throughput) put(writer, sample);
    });
    if (!written) return base::fail(written.error());
    return outcome;
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

  base::Result<IncidentPage> find_incidents(const IncidentQuery& query) override {
    const auto statement = sql::find_incidents_statement(query, sql::Dialect::sqlite);
    if (!statement) return base::fail(statement.error());
    if (!sql::can_match(query)) return IncidentPage();
    return asking([&](SqliteSession& session) {
      std::vector<alerting::Incident> found;
      session.each(*statement, [&found](const sql::RowReader& row) { found.push_back(sql::incident_from(row)); });
      return sql::incident_page(std::move(found), query);
    });
  }

  base::Result<std::optional<alerting::Incident>> incident(const std::string& id) override {
    return asking([&id](SqliteSession& session) { return sql::read_incident(session, id); });
  }

  base::Result<std::vector<alerting::Incident>> related_incidents(const std::string& id, std::uint32_t limit) override {
    return asking([&](SqliteSession& session) { return sql::read_related(session, id, limit); });
  }

  base::Result<std::optional<alerting::Incident>> judge_incident(const std::string& id,
                                                                 const Judgement& judgement) override {
    return changing("judge an incident", [&](SqliteSession& session) { return sql::judge(session, id, judgement); });
  }

  base::Result<std::optional<std::vector<alerting::Incident>>> tidy_one_incident() override {
    const auto stale = asking([](SqliteSession& session) { return sql::read_stale_id(session); });
    if (!stale) return base::fail(stale.error());
    if (!*stale) return std::optional<std::vector<alerting::Incident>>();
    std::optional<std::vector<alerting::Incident>> tidied;
    const auto written = writing("sum an incident anew", [&](Connection& writer) {
      SqliteSession session(writer);
      const auto members = [&](const std::string& id) {
        return whole(read_detections(writer, sql::members_statement(id, columns_, sql::Dialect::sqlite)));
      };
      tidied = sql::tidy_one(session, members, rules_, clock_.next());
    });
    if (!written) return base::fail(written.error());
    return tidied;
  }

  base::Result<std::int64_t> add_feedback(const Feedback& feedback) override {
    return changing("keep feedback", [&](SqliteSession& session) { return sql::add_feedback(session, feedback); });
  }

  base::Result<std::vector<Feedback>> feedback(std::uint32_t limit) override {
    return asking([limit](SqliteSession& session) { return sql::read_feedback(session, limit); });
  }

  base::Result<> put_suppression(const alerting::Suppression& suppression) override {
    return writing("keep a suppression", [&](Connection& writer) {
      SqliteSession session(writer);
      sql::put_suppression(session, suppression);
    });
  }

  base::Result<bool> remove_suppression(const std::string& id) override {
    return changing("remove a suppression",
                    [&](SqliteSession& session) { return sql::remove_suppression(session, id); });
  }

  base::Result<std::vector<alerting::Suppression>> suppressions() override {
    return asking([](SqliteSession& session) { return sql::read_suppressions(session); });
  }

  base::Result<StoreExtent> extent() override {
    return reading([this](Connection& reader) -> base::Result<StoreExtent> {
      StoreExtent extent = read_extent(reader, file_);
      SqliteSession session(reader);
      extent.oldest = sql::oldest_scored(session);
      return extent;
    });
  }

  base::Result<std::uint64_t> drop_detections(base::Timestamp scored_before, std::uint32_t limit) override {
    return changing("drop old detections",
                    [&](SqliteSession& session) { return sql::drop_detections(session, scored_before, limit); });
  }

  base::Result<std::uint64_t> drop_throughput(std::optional<base::Duration> age, std::uint32_t limit) override {
    return changing("drop old throughput",
                    [&](SqliteSession& session) { return sql::drop_throughput(session, age, limit); });
  }

  base::Result<std::uint64_t> drop_incidents(base::Timestamp changed_before, std::uint32_t limit) override {
    return changing("drop old incidents",
                    [&](SqliteSession& session) { return sql::drop_incidents(session, changed_before, limit); });
  }

  base::Result<std::uint64_t> give_back(std::uint64_t most_bytes) override {
    return alone("give back space", [&](Connection& writer) { return sqlite::give_back(writer, most_bytes); });
  }

  base::Result<> vacuum() override {
    if (const auto room = room_to_vacuum(file_); !room) return base::fail(failed("vacuum", room.error().message()));
    const auto done = alone("vacuum", [this](Connection& writer) { return sqlite::vacuum(writer, file_); });
    if (!done) return base::fail(done.error());
    return {};
  }

  std::string describe() const override { return "SQLite " + file_.string(); }

 private:
  // A row that cannot be read would be lost from what is summed: the batch waits in the spool instead.
  std::vector<Detection> whole(base::Result<std::vector<Detection>> read) const {
    if (!read) throw SQLite::Exception(read.error().message());
    return std::move(*read);
  }

  std::vector<alerting::Incident> write_grouped(Connection& writer, const WriteBatch& batch) {
    if (batch.detections.empty()) return {};
    PendingBatch unique;
    unique.add({batch.detections, {}});
    const std::vector<Detection>& detections = unique.batch().detections;
    const auto stored =
        whole(read_detections(writer, sql::stored_flows_statement(detections, columns_, sql::Dialect::sqlite)));
    SqliteSession session(writer);
    auto grouped = sql::group_batch(session, detections, stored, rules_, clock_.next());
    for (const Detection& detection : grouped.detections) put(writer, detection);
    return std::move(grouped.incidents);
  }

  // `work` reads through one of the readers.
  template <class Work>
  auto asking(Work work) -> base::Result<decltype(work(std::declval<SqliteSession&>()))> {
    return reading([&](Connection& reader) -> base::Result<decltype(work(std::declval<SqliteSession&>()))> {
      SqliteSession session(reader);
      return work(session);
    });
  }

  // `work` changes something and tells what came of it.
  template <class Work>
  auto changing(const std::string& doing, Work work) -> base::Result<decltype(work(std::declval<SqliteSession&>()))> {
    decltype(work(std::declval<SqliteSession&>())) result{};
    const auto written = writing(doing, [&](Connection& writer) {
      SqliteSession session(writer);
      result = work(session);
    });
    if (!written) return base::fail(written.error());
    return result;
  }

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

  // `work` makes its own transactions.
  template <class Work>
  base::Result<std::uint64_t> alone(const std::string& doing, Work work) {
    std::lock_guard lock(writer_mutex_);
    try {
      return work(*writer_);
    } catch (const SQLite::Exception& error) {
      return base::fail(failed(doing, sentence(error)));
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
  const alerting::GroupingRules rules_;
  const std::string columns_ = sql::joined(sql::detection_columns());

  // SQLite lets one connection write at a time: writers wait for each other here, without its polling.
  std::mutex writer_mutex_;
  const std::unique_ptr<Connection> writer_;  // guarded by writer_mutex_
  sql::BatchClock clock_;                     // likewise
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

base::Result<std::unique_ptr<DetectionStore>> open_sqlite(const fs::path& file, alerting::GroupingRules rules) {
  auto writer = open_writer(file);
  if (!writer) return base::fail_within("open the database " + file.string(), writer);
  return std::make_unique<SqliteStore>(file, std::move(*writer), rules);
}

}  // namespace weir::store::sqlite
