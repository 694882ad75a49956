// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/postgres_store.h"

#include <sys/socket.h>

#include <mutex>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "store/pending_batch.h"
#include "store/postgres/columns.h"
#include "store/postgres/connection.h"
#include "store/postgres/reading.h"
#include "store/postgres/schema.h"
#include "store/postgres/session.h"
#include "store/postgres/space.h"
#include "store/postgres/url.h"
#include "store/postgres/writing.h"
#include "store/resource_pool.h"
#include "store/sql/find_statement.h"
#include "store/sql/grouping.h"
#include "store/sql/incident_rows.h"
#include "store/sql/judgements.h"
#include "store/sql/upkeep.h"

namespace weir::store::postgres {

namespace {

using alerting::Detection;
using Pool = ResourcePool<Connection>;

constexpr std::chrono::minutes kWriterWait{5};  // a writer waits for the one before it, which its timeouts bound

base::Result<std::unique_ptr<Connection>> connect(const Url& url, const PostgresOptions& options) {
  try {
    return std::make_unique<Connection>(url, options.statement_timeout);
  } catch (const std::exception& error) {
    return base::fail(presentable(error.what(), url));
  }
}

base::Result<std::unique_ptr<Connection>> connect_writer(const Url& url, const PostgresOptions& options) {
  auto connection = connect(url, options);
  if (!connection) return connection;
  try {
    (*connection)->look_up_by_index();
    return connection;
  } catch (const std::exception& error) {
    return base::fail(presentable(error.what(), url));
  }
}

// The socket of the write that is under way, so that another thread can end it.
class Interruptible {
 public:
  void begin(int socket) {
    std::lock_guard lock(mutex_);
    socket_ = socket;
    interrupted_ = false;
  }
  void end() {
    std::lock_guard lock(mutex_);
    socket_ = -1;
  }
  void interrupt() {
    std::lock_guard lock(mutex_);
    interrupted_ = true;
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
  }
  bool interrupted() const {
    std::lock_guard lock(mutex_);
    return interrupted_;
  }

 private:
  mutable std::mutex mutex_;
  int socket_ = -1;
  bool interrupted_ = false;
};

class PostgresStore final : public DetectionStore {
 public:
  PostgresStore(Url url, const PostgresOptions& options)
      : url_(std::move(url)),
        rules_(options.rules),
        writers_(1, kWriterWait, [this, options] { return connect_writer(url_, options); }),
        keepers_(1, kWriterWait, [this, options] { return connect(url_, options); }),
        readers_(options.readers, options.longest_wait, [this, options] { return connect(url_, options); }) {}

  base::Result<WriteOutcome> write(const WriteBatch& batch) override {
    WriteOutcome outcome;
    const auto written = writing("write", [&](Connection& writer, pqxx::work& transaction) {
      outcome.incidents = write_grouped(writer, transaction, batch);
      for (const ThroughputSample& sample : batch.throughput) put(writer, transaction, sample);
    });
    if (!written) return base::fail(written.error());
    return outcome;
  }

  base::Result<> put_model(const ModelRecord& model) override {
    return writing("store the model",
                   [&model](Connection& writer, pqxx::work& transaction) { put(writer, transaction, model); });
  }

  base::Result<DetectionPage> find(const DetectionQuery& query) override {
    const auto statement = sql::find_statement(query, columns_, sql::Dialect::postgres);
    if (!statement) return base::fail(statement.error());
    if (!sql::can_match(query)) return DetectionPage();
    auto found = reading([&](Connection& reader) { return read_detections(reader, *statement); });
    if (!found) return base::fail(found.error());
    return sql::to_page(std::move(*found), query);
  }

  base::Result<std::optional<Detection>> get(const flow::FlowUid& uid) override {
    sql::Statement statement(sql::Dialect::postgres);
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
    const auto statement = sql::find_incidents_statement(query, sql::Dialect::postgres);
    if (!statement) return base::fail(statement.error());
    if (!sql::can_match(query)) return IncidentPage();
    return asking([&](PostgresSession& session) {
      std::vector<alerting::Incident> found;
      session.each(*statement, [&found](const sql::RowReader& row) { found.push_back(sql::incident_from(row)); });
      return sql::incident_page(std::move(found), query);
    });
  }

  base::Result<std::optional<alerting::Incident>> incident(const std::string& id) override {
    return asking([&id](PostgresSession& session) { return sql::read_incident(session, id); });
  }

  base::Result<std::vector<alerting::Incident>> related_incidents(const std::string& id, std::uint32_t limit) override {
    return asking([&](PostgresSession& session) { return sql::read_related(session, id, limit); });
  }

  base::Result<std::optional<alerting::Incident>> judge_incident(const std::string& id,
                                                                 const Judgement& judgement) override {
    return changing("judge an incident", [&](PostgresSession& session) { return sql::judge(session, id, judgement); });
  }

  base::Result<std::optional<std::vector<alerting::Incident>>> tidy_one_incident() override {
    const auto stale = asking([](PostgresSession& session) { return sql::read_stale_id(session); });
    if (!stale) return base::fail(stale.error());
    if (!*stale) return std::optional<std::vector<alerting::Incident>>();
    std::optional<std::vector<alerting::Incident>> tidied;
    const auto written = writing("sum an incident anew", [&](Connection& writer, pqxx::work& transaction) {
      lock_incidents(transaction);
      PostgresSession session(writer, transaction);
      const auto members = [&](const std::string& id) {
        const auto statement = sql::members_statement(id, columns_, sql::Dialect::postgres);
        return whole(read_detections(writer, transaction, statement));
      };
      tidied = sql::tidy_one(session, members, rules_, clock_.next());
    });
    if (!written) return base::fail(written.error());
    return tidied;
  }

  base::Result<std::int64_t> add_feedback(const Feedback& feedback) override {
    return changing("keep feedback", [&](PostgresSession& session) { return sql::add_feedback(session, feedback); });
  }

  base::Result<std::vector<Feedback>> feedback(std::uint32_t limit) override {
    return asking([limit](PostgresSession& session) { return sql::read_feedback(session, limit); });
  }

  base::Result<> put_suppression(const alerting::Suppression& suppression) override {
    return writing("keep a suppression", [&](Connection& writer, pqxx::work& transaction) {
      PostgresSession session(writer, transaction);
      sql::put_suppression(session, suppression);
    });
  }

  base::Result<bool> remove_suppression(const std::string& id) override {
    return changing("remove a suppression",
                    [&](PostgresSession& session) { return sql::remove_suppression(session, id); });
  }

  base::Result<std::vector<alerting::Suppression>> suppressions() override {
    return asking([](PostgresSession& session) { return sql::read_suppressions(session); });
  }

  base::Result<StoreExtent> extent() override {
    StoreExtent extent;
    const auto read = keeping("measure", [&extent](PostgresSession& session) {
      extent = read_extent(session);
      extent.oldest = sql::oldest_scored(session);
      return std::uint64_t{1};
    });
    if (!read) return base::fail(read.error());
    return extent;
  }

  base::Result<std::uint64_t> drop_detections(base::Timestamp scored_before, std::uint32_t limit) override {
    return keeping("drop old detections",
                   [&](PostgresSession& session) { return sql::drop_detections(session, scored_before, limit); });
  }

  base::Result<std::uint64_t> drop_throughput(std::optional<base::Duration> age, std::uint32_t limit) override {
    return keeping("drop old throughput",
                   [&](PostgresSession& session) { return sql::drop_throughput(session, age, limit); });
  }

  base::Result<std::uint64_t> drop_incidents(base::Timestamp changed_before, std::uint32_t limit) override {
    return keeping("drop old incidents", [&](PostgresSession& session) {
      lock_incidents(session.transaction());
      return sql::drop_incidents(session, changed_before, limit);
    });
  }

  base::Result<std::uint64_t> give_back(std::uint64_t) override { return 0; }

  base::Result<> vacuum() override {
    return attempt("vacuum", keepers_, [](Connection& keeper) -> base::Result<> {
      vacuum_tables(keeper.session());
      return {};
    });
  }

  void interrupt() override {
    write_under_way_.interrupt();
    upkeep_under_way_.interrupt();
  }

  std::string describe() const override { return url_.shown; }

  base::Result<> prepare() {
    return attempt("prepare the schema", writers_, [](Connection& writer) { return prepare_schema(writer); });
  }

 private:
  // Several sensors may write to one database: they group one after the other.
  static void lock_incidents(pqxx::transaction_base& transaction) {
    transaction.exec("SELECT pg_advisory_xact_lock(hashtext('weir incidents'))");
  }

  // A row that cannot be read would be lost from what is summed: the batch waits in the spool instead.
  static std::vector<Detection> whole(base::Result<std::vector<Detection>> read) {
    if (!read) throw pqxx::conversion_error(read.error().message());
    return std::move(*read);
  }

  std::vector<alerting::Incident> write_grouped(Connection& writer, pqxx::work& transaction, const WriteBatch& batch) {
    if (batch.detections.empty()) return {};
    PendingBatch unique;
    unique.add({batch.detections, {}});
    const std::vector<Detection>& detections = unique.batch().detections;
    lock_incidents(transaction);
    const auto known = sql::stored_flows_statement(detections, columns_, sql::Dialect::postgres);
    const auto stored = whole(read_detections(writer, transaction, known));
    PostgresSession session(writer, transaction);
    auto grouped = sql::group_batch(session, detections, stored, rules_, clock_.next());
    std::set<flow::FlowUid> known_uids;
    for (const Detection& detection : stored) known_uids.insert(detection.flow.uid);
    put(writer, transaction, grouped.detections,
        [&known_uids](const Detection& detection) { return known_uids.contains(detection.flow.uid); });
    return std::move(grouped.incidents);
  }

  // `work` reads through one of the readers.
  template <class Work>
  auto asking(Work work) -> base::Result<decltype(work(std::declval<PostgresSession&>()))> {
    return reading([&](Connection& reader) -> base::Result<decltype(work(std::declval<PostgresSession&>()))> {
      pqxx::read_transaction transaction(reader.session());
      PostgresSession session(reader, transaction);
      return work(session);
    });
  }

  // `work` changes something and tells what came of it.
  template <class Work>
  auto changing(const std::string& doing, Work work) -> base::Result<decltype(work(std::declval<PostgresSession&>()))> {
    decltype(work(std::declval<PostgresSession&>())) result{};
    const auto written = writing(doing, [&](Connection& writer, pqxx::work& transaction) {
      lock_incidents(transaction);
      PostgresSession session(writer, transaction);
      result = work(session);
    });
    if (!written) return base::fail(written.error());
    return result;
  }

  template <class Work>
  base::Result<> writing(const std::string& doing, Work work) {
    return transacting(doing, writers_, write_under_way_, std::move(work));
  }

  // Beside the writer, which does not wait for it; tells how many rows it was about.
  template <class Work>
  base::Result<std::uint64_t> keeping(const std::string& doing, Work work) {
    std::uint64_t rows = 0;
    const auto kept = transacting(doing, keepers_, upkeep_under_way_, [&](Connection& keeper, pqxx::work& transaction) {
      PostgresSession session(keeper, transaction);
      rows = work(session);
      tell_statistics(session);
    });
    if (!kept) return base::fail(kept.error());
    return rows;
  }

  template <class Work>
  base::Result<> transacting(const std::string& doing, Pool& pool, Interruptible& under_way, Work work) {
    return attempt(doing, pool, [&](Connection& connection) -> base::Result<> {
      // The connection lives longer than this: its socket is not another's while it can be interrupted.
      struct Guard {
        Interruptible& what;
        ~Guard() { what.end(); }
      } const guard{under_way};
      under_way.begin(connection.session().sock());
      pqxx::work transaction(connection.session());
      work(connection, transaction);
      transaction.commit();
      return {};
    });
  }

  template <class Work>
  auto reading(Work work) -> decltype(work(std::declval<Connection&>())) {
    return attempt("read", readers_, std::move(work));
  }

  // A connection that was lost while it lay idle (the server was restarted) is found out only by using it: then all idle
  // ones are suspect, and a new one is tried. Everything weir does may be done twice.
  template <class Work>
  auto attempt(const std::string& doing, Pool& pool, Work work) -> decltype(work(std::declval<Connection&>())) {
    for (bool again : {true, false}) {
      auto lease = pool.borrow();
      if (!lease) return base::fail(failed(doing, lease.error().message()));
      try {
        return work(**lease);
      } catch (const pqxx::broken_connection& error) {
        lease->close_as_broken();
        pool.close_idle();
        if (!again || write_under_way_.interrupted()) return base::fail(failed(doing, presentable(error.what(), url_)));
      } catch (const std::exception& error) {
        lease->close_as_broken();
        return base::fail(failed(doing, presentable(error.what(), url_)));
      }
    }
    return base::fail(failed(doing, "the connection was lost"));
  }

  base::Error failed(const std::string& doing, const std::string& why) const {
    return base::Error(describe() + ": " + doing + ": " + why);
  }

  const Url url_;
  const alerting::GroupingRules rules_;
  const std::string columns_ = selected_columns();
  Interruptible write_under_way_, upkeep_under_way_;
  sql::BatchClock clock_;  // of whoever has the one writer
  Pool writers_;
  Pool keepers_;
  Pool readers_;
};

}  // namespace

base::Result<std::unique_ptr<DetectionStore>> open_postgres(const std::string& url, PostgresOptions options) {
  auto parsed = parse_url(url, options.connect_timeout);
  if (!parsed) return base::fail_within("open the database", parsed);
  auto store = std::make_unique<PostgresStore>(std::move(*parsed), options);
  if (auto prepared = store->prepare(); !prepared) return base::fail_within("open the database", prepared);
  return store;
}

}  // namespace weir::store::postgres
