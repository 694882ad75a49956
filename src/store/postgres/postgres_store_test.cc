// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/postgres_store.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "store/detection_builder.h"
#include "store/detection_store_contract.h"
#include "tests/support/postgres_server.h"

namespace weir::store::postgres {
namespace {

using namespace std::chrono_literals;
using test::detection_of;
using ::testing::HasSubstr;
using ::testing::Not;
using weir::test::PostgresServer;

// One server for all tests of this program, a database for each.
class SharedServer : public ::testing::Environment {
 public:
  void SetUp() override {
    if (PostgresServer::is_installed()) server_ = std::make_unique<PostgresServer>();
  }
  void TearDown() override { server_.reset(); }
  static PostgresServer* server() { return server_.get(); }

 private:
  static inline std::unique_ptr<PostgresServer> server_;
};
const auto* const kShared = ::testing::AddGlobalTestEnvironment(new SharedServer);

class PostgresUnderTest final : public test::StoreUnderTest {
 public:
  PostgresUnderTest() : url_(SharedServer::server()->url_of_new_database()) { reopen(); }
  DetectionStore& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    auto opened = open_postgres(url_);
    if (!opened) throw std::runtime_error(opened.error().message());
    store_ = std::move(*opened);
  }

 private:
  std::string url_;
  std::unique_ptr<DetectionStore> store_;
};

std::unique_ptr<test::StoreUnderTest> open_empty_postgres() {
  if (!SharedServer::server()) return nullptr;
  return std::make_unique<PostgresUnderTest>();
}

class PostgresDatabase : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SharedServer::server()) GTEST_SKIP() << "PostgreSQL 15 is not installed (apt package postgresql-15)";
    url_ = server().url_of_new_database();
    name_ = url_.substr(0, url_.find('?'));
    name_ = name_.substr(name_.rfind('/') + 1);
  }

  PostgresServer& server() { return *SharedServer::server(); }
  void run_sql(const std::string& statement) { server().psql(name_, statement); }
  std::string refusal() {
    const auto opened = open_postgres(url_);
    return opened ? "it was opened" : opened.error().message();
  }
  std::unique_ptr<DetectionStore> open(PostgresOptions options = {}) {
    auto opened = open_postgres(url_, options);
    EXPECT_TRUE(opened) << opened.error().message();
    return std::move(*opened);
  }

  std::string url_, name_;
};

// Keeps everyone else away from the detections as long as it lives.
class LockedTable {
 public:
  LockedTable(PostgresServer& server, std::string database)
      : server_(server), database_(std::move(database)), holder_([this] { hold(); }) {
    while (ask("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted") == "0\n") {
      std::this_thread::sleep_for(10ms);
    }
  }
  ~LockedTable() {
    ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> "
        "pg_backend_pid()");
    holder_.join();
  }

 private:
  void hold() {
    try {
      ask("BEGIN; LOCK TABLE detections; SELECT pg_sleep(600); COMMIT");
    } catch (const std::runtime_error&) {  // ended by the destructor
    }
  }
  std::string ask(const std::string& statement) const { return server_.psql(database_, statement); }

  PostgresServer& server_;
  std::string database_;
  std::thread holder_;
};

TEST_F(PostgresDatabase, another_programs_tables_are_refused_and_left_as_they_were) {
  run_sql("CREATE TABLE detections (thing text)");
  EXPECT_THAT(refusal(), HasSubstr("another program (detections)"));
  EXPECT_EQ(server().psql(name_, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "1\n");
}

TEST_F(PostgresDatabase, a_schema_version_of_another_program_is_not_taken_for_ours) {
  run_sql("CREATE TABLE schema_version (version integer)");
  EXPECT_THAT(refusal(), HasSubstr("another program (schema_version)"));
}

TEST_F(PostgresDatabase, what_a_newer_weir_wrote_is_refused) {
  open();
  run_sql("INSERT INTO schema_version SELECT max(version) + 1, 'of the future', now() FROM schema_version");
  EXPECT_THAT(refusal(), HasSubstr("a newer weir wrote it"));
}

TEST_F(PostgresDatabase, a_half_migration_is_refused) {
  open();
  run_sql("DELETE FROM schema_version WHERE version = 1");
  EXPECT_THAT(refusal(), HasSubstr("half migrated (step 1 is missing)"));
}

TEST_F(PostgresDatabase, a_table_that_is_gone_is_noticed_when_opened) {
  open();
  run_sql("DROP TABLE throughput");
  EXPECT_THAT(refusal(), HasSubstr("there is no table throughput"));
}

TEST_F(PostgresDatabase, the_schema_before_the_last_step_is_upgraded) {
  open();
  run_sql(
      "DROP INDEX incident_sessions_by_start; CREATE INDEX incident_sessions_by_key ON incident_sessions (address, "
      "side, attack_type, last); CREATE INDEX incident_sessions_by_incident ON incident_sessions (incident_id) WHERE "
      "incident_id IS NOT NULL; CREATE INDEX incident_parties_by_incident ON incident_parties (incident_id); DELETE "
      "FROM schema_version WHERE version = 4");
  open();
  EXPECT_EQ(server().psql(name_, "SELECT indexname FROM pg_indexes WHERE tablename = 'incident_sessions' ORDER BY 1"),
            "incident_sessions_by_start\nincident_sessions_pkey\n");
}

TEST_F(PostgresDatabase, programs_that_start_at_once_make_the_schema_once) {
  std::vector<std::thread> programs;
  for (int i = 0; i < 4; ++i) {
    programs.emplace_back([this] {
      const auto opened = open_postgres(url_);
      EXPECT_TRUE(opened) << opened.error().message();
    });
  }
  for (std::thread& program : programs) program.join();
  EXPECT_EQ(server().psql(name_, "SELECT count(*) FROM schema_version"), "4\n");
}

TEST_F(PostgresDatabase, a_database_that_is_not_there_is_a_sentence_without_the_password) {
  const auto opened = open_postgres(server().url("nowhere") + "&password=s3cret");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr("database \"nowhere\" does not exist"));
  EXPECT_THAT(opened.error().message(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(opened.error().message(), Not(HasSubstr("\n")));
}

TEST_F(PostgresDatabase, a_server_that_is_not_there_is_a_sentence) {
  const auto opened = open_postgres("postgresql://ann:s3cret@127.0.0.1:1/weir");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr("PostgreSQL weir at 127.0.0.1:1"));
  EXPECT_THAT(opened.error().message(), HasSubstr("refused"));
  EXPECT_THAT(opened.error().message(), Not(HasSubstr("s3cret")));
}

TEST_F(PostgresDatabase, two_writers_of_the_same_flows_do_not_lock_each_other_out) {
  auto first = open(), second = open();
  std::vector<alerting::Detection> forward, backward;
  for (std::uint64_t n = 0; n < 300; ++n) forward.push_back(detection_of(n));
  backward.assign(forward.rbegin(), forward.rend());
  for (auto& d : backward) d.verdict.margin += 1;  // so that both have something to change
  const auto write_often = [](DetectionStore& store, std::vector<alerting::Detection> batch) {
    for (int i = 0; i < 5; ++i) {
      for (auto& d : batch) d.verdict.margin += 0.5f;
      const auto written = store.write({batch, {}});
      EXPECT_TRUE(written) << written.error().message();
    }
  };
  std::thread one(write_often, std::ref(*first), forward), two(write_often, std::ref(*second), backward);
  one.join();
  two.join();
  EXPECT_EQ(first->counts()->total, 300u);
}

TEST_F(PostgresDatabase, when_the_server_crashes_a_write_fails_in_a_sentence_and_works_again_when_it_is_back) {
  auto store = open();
  ASSERT_TRUE(store->write({{detection_of(1)}, {}}));
  ASSERT_TRUE(store->find({}));
  server().stop();
  const auto written = store->write({{detection_of(2)}, {}});
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message(), HasSubstr("write: "));
  EXPECT_FALSE(store->find({}));
  server().start();
  const auto later = store->write({{detection_of(2)}, {}});
  EXPECT_TRUE(later) << later.error().message();
  const auto page = store->find({});
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_EQ(page->detections.size(), 2u);
}

TEST_F(PostgresDatabase, a_restart_of_the_server_while_idle_is_not_even_noticed) {
  auto store = open();
  ASSERT_TRUE(store->write({{detection_of(1)}, {}}));
  ASSERT_TRUE(store->find({}));
  server().stop();
  server().start();
  EXPECT_TRUE(store->find({}));
  const auto written = store->write({{detection_of(2)}, {}});
  EXPECT_TRUE(written) << written.error().message();
}

TEST_F(PostgresDatabase, a_write_to_a_server_that_never_answers_can_be_interrupted) {
  auto store = open();
  ASSERT_TRUE(store->write({{detection_of(1)}, {}}));
  server().freeze();
  std::thread interrupter([&store] {
    std::this_thread::sleep_for(200ms);
    store->interrupt();
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(store->write({{detection_of(2)}, {}}));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  interrupter.join();
  server().thaw();
  const auto written = store->write({{detection_of(2)}, {}});
  EXPECT_TRUE(written) << written.error().message();
}

TEST_F(PostgresDatabase, a_statement_that_takes_too_long_is_given_up) {
  auto store = open({.statement_timeout = 1s});
  const LockedTable locked(server(), name_);
  const auto written = store->write({{detection_of(1)}, {}});
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message(), HasSubstr("statement timeout"));
}

TEST_F(PostgresDatabase, readers_beyond_the_pool_wait_and_then_say_so) {
  auto store = open({.readers = 1, .longest_wait = 100ms, .statement_timeout = 10s});
  const LockedTable locked(server(), name_);
  std::atomic<bool> begun = false;
  std::thread first([&] {
    begun = true;
    EXPECT_FALSE(store->find({}));
  });
  while (!begun) std::this_thread::yield();
  std::this_thread::sleep_for(500ms);
  const auto second = store->find({});
  first.join();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message(), HasSubstr("all connections are busy"));
}

// Retention measures every minute, and drops what is too much by what it measured.
TEST_F(PostgresDatabase, a_large_table_is_not_counted_once_the_server_knows_it_and_deleted_rows_are_known_at_once) {
  auto store = open();
  ASSERT_TRUE(store->write({{detection_of(1)}, {}}));
  server().psql(name_,
                "CREATE TABLE more AS SELECT d.* FROM detections AS d, generate_series(1, 40000); UPDATE more SET "
                "flow_uid = gen_random_uuid(); INSERT INTO detections SELECT * FROM more; DROP TABLE more");
  EXPECT_EQ(store->extent()->detections, 40'001u);
  server().psql(name_, "ANALYZE detections");
  const auto rows_read = [this] {
    return std::stoul(server().psql(name_,
                                    "SELECT seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE "
                                    "relname = 'detections') FROM pg_stat_user_tables WHERE relname = 'detections'"));
  };
  const auto before = rows_read();
  EXPECT_NEAR(static_cast<double>(store->extent()->detections), 40'001, 400);
  EXPECT_LT(rows_read() - before, 20'000u) << "a count reads all of them";
  ASSERT_TRUE(store->drop_detections(detection_of(1).scored_at + 1s, 5'000));
  EXPECT_NEAR(static_cast<double>(store->extent()->detections), 35'001, 400);
}

TEST_F(PostgresDatabase, times_and_addresses_have_the_databases_own_types) {
  auto store = open();
  ASSERT_TRUE(store->write({{detection_of(1)}, {}}));
  EXPECT_EQ(
      server().psql(name_,
                    "SELECT pg_typeof(last_seen_at), pg_typeof(src_ip), host(src_ip), replace(flow_uid::text, '-', '') "
                    "FROM detections WHERE last_seen_at = '2023-11-14 22:13:21.123456+00'"),
      "timestamp with time zone|inet|10.0.0.1|" + test::uid_of(1).to_string() + "\n");
}

}  // namespace
}  // namespace weir::store::postgres

namespace weir::store::test {
INSTANTIATE_TEST_SUITE_P(Postgres, DetectionStoreContract, ::testing::Values(&postgres::open_empty_postgres));
}
