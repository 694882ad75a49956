// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/postgres_store.h"

#include <sys/socket.h>

#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "store/postgres/columns.h"
#include "store/postgres/connection.h"
#include "store/postgres/reading.h"
#include "store/postgres/schema.h"
#include "store/postgres/url.h"
#include "store/postgres/writing.h"
#include "store/resource_pool.h"
#include "store/sql/find_statement.h"

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
        writers_(1, kWriterWait, [this, options] { return connect(url_, options); }),
        readers_(options.readers, options.longest_wait, [this, options] { return connect(url_, options); }) {}

  base::Result<> write(const WriteBatch& batch) override {
    return writing("write", [&batch](Connection& writer, pqxx::work& transaction) {
      put(writer, transaction, batch.detections);
      for (const ThroughputSample& sample : batch.throughput) put(writer, transaction, sample);
    });
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

  void interrupt() override { write_under_way_.interrupt(); }

  std::string describe() const override { return url_.shown; }

  base::Result<> prepare() {
    return attempt("prepare the schema", writers_, [](Connection& writer) { return prepare_schema(writer); });
  }

 private:
  template <class Work>
  base::Result<> writing(const std::string& doing, Work work) {
    return attempt(doing, writers_, [&](Connection& writer) -> base::Result<> {
      // The connection lives longer than this: its socket is not another's while it can be interrupted.
      struct Guard {
        Interruptible& what;
        ~Guard() { what.end(); }
      } const guard{write_under_way_};
      write_under_way_.begin(writer.session().sock());
      pqxx::work transaction(writer.session());
      work(writer, transaction);
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
  const std::string columns_ = selected_columns();
  Interruptible write_under_way_;
  Pool writers_;
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
