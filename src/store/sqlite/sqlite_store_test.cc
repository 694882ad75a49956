// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/detection_builder.h"
#include "store/detection_store_contract.h"
#include "store/temporary_folder.h"

namespace weir::store::sqlite {
namespace {

namespace fs = std::filesystem;
using test::detection_of;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

class SqliteUnderTest final : public test::StoreUnderTest {
 public:
  SqliteUnderTest() { reopen(); }
  DetectionStore& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    auto opened = open_sqlite(folder_.path() / "weir.db");
    if (!opened) throw std::runtime_error(opened.error().message());
    store_ = std::move(*opened);
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<DetectionStore> store_;
};

std::unique_ptr<test::StoreUnderTest> open_empty_sqlite() { return std::make_unique<SqliteUnderTest>(); }

class SqliteFile : public ::testing::Test {
 protected:
  fs::path file() const { return folder_.path() / "weir.db"; }

  void run_sql(const std::string& sql) {
    SQLite::Database database(file().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec(sql);
  }

  std::string refusal() {
    const auto opened = open_sqlite(file());
    return opened ? "it was opened" : opened.error().message();
  }

  TemporaryFolder folder_;
};

// Gives up the rights of root for a while: they would make every file writable.
class AsOrdinaryUser {
 public:
  AsOrdinaryUser() : effective_(geteuid()) {
    if (effective_ == 0 && seteuid(65534) != 0) ADD_FAILURE() << "cannot act as another user";
  }
  ~AsOrdinaryUser() {
    if (effective_ == 0 && seteuid(0) != 0) ADD_FAILURE() << "cannot become root again";
  }

 private:
  uid_t effective_;
};

TEST_F(SqliteFile, the_folder_must_exist) {
  const auto opened = open_sqlite(folder_.path() / "nowhere" / "weir.db");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), AllOf(HasSubstr("nowhere/weir.db"), HasSubstr("there is no folder")));
}

TEST_F(SqliteFile, a_folder_is_no_file) {
  fs::create_directory(file());
  EXPECT_THAT(refusal(), HasSubstr("it is a folder"));
}

TEST_F(SqliteFile, a_file_that_is_no_database_is_refused_and_left_as_it_was) {
  std::ofstream(file())
      << "these are my notes, and they are long enough to be a page of a database, or nearly so, I think.";
  const auto size = fs::file_size(file());
  EXPECT_THAT(refusal(), HasSubstr("it is not a SQLite database"));
  EXPECT_EQ(fs::file_size(file()), size);
}

TEST_F(SqliteFile, another_programs_database_is_refused_and_left_as_it_was) {
  run_sql("CREATE TABLE bookmarks (url TEXT)");
  EXPECT_THAT(refusal(), HasSubstr("the database of another program"));
  SQLite::Database database(file().string());
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt(), 1);
}

TEST_F(SqliteFile, an_empty_file_becomes_a_database) {
  std::ofstream(file()).close();
  EXPECT_TRUE(open_sqlite(file()));
}

TEST_F(SqliteFile, the_schema_before_the_last_step_is_upgraded_and_incidents_go_on) {
  const auto row = [](std::uint64_t n) {
    alerting::Detection d = test::detection_of(n);
    d.flow.src_ip = *base::IpAddress::parse("10.0.0.5");
    d.flow.started = test::kStart + std::chrono::seconds(n);
    d.flow.last = d.flow.started + std::chrono::seconds(1);
    d.verdict.attack_type = "scan";
    return d;
  };
  ASSERT_TRUE((*open_sqlite(file()))->write({{row(1), row(2)}, {}}));
  run_sql(
      "DROP INDEX incident_sessions_by_start; CREATE INDEX incident_sessions_by_key ON incident_sessions (address, "
      "side, attack_type, last); CREATE INDEX incident_sessions_by_incident ON incident_sessions (incident_id) WHERE "
      "incident_id IS NOT NULL; CREATE INDEX incident_parties_by_incident ON incident_parties (incident_id); DELETE "
      "FROM schema_version WHERE version = 4");
  auto store = open_sqlite(file());
  ASSERT_TRUE(store) << store.error().message();
  const auto written = (*store)->write({{row(3)}, {}});
  ASSERT_TRUE(written) << written.error().message();
  ASSERT_EQ(written->incidents.size(), 1u);
  EXPECT_EQ(written->incidents.front().flows, 3u);
  SQLite::Database database(file().string());
  EXPECT_EQ(database
                .execAndGet("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE tbl_name = "
                            "'incident_sessions' AND type = 'index' ORDER BY name)")
                .getString(),
            "incident_sessions_by_start");
}

TEST_F(SqliteFile, what_a_newer_weir_wrote_is_refused) {
  ASSERT_TRUE(open_sqlite(file()));
  run_sql("INSERT INTO schema_version SELECT max(version) + 1, 'of the future', 0 FROM schema_version");
  EXPECT_THAT(refusal(), HasSubstr("a newer weir wrote it"));
}

TEST_F(SqliteFile, a_half_migration_is_refused) {
  ASSERT_TRUE(open_sqlite(file()));
  run_sql("DELETE FROM schema_version WHERE version = 1");
  EXPECT_THAT(refusal(), HasSubstr("half migrated (step 1 is missing)"));
}

TEST_F(SqliteFile, a_table_that_is_gone_is_noticed_when_opened) {
  ASSERT_TRUE(open_sqlite(file()));
  run_sql("DROP TABLE throughput");
  EXPECT_THAT(refusal(), HasSubstr("there is no table throughput"));
}

TEST_F(SqliteFile, a_read_only_file_is_refused) {
  ASSERT_TRUE(open_sqlite(file()));
  chmod(folder_.path().c_str(), 0755);
  chmod(file().c_str(), 0444);
  const AsOrdinaryUser ordinary;
  EXPECT_THAT(refusal(), HasSubstr("check its permissions"));
}

TEST_F(SqliteFile, a_folder_that_may_not_be_written_is_refused) {
  chmod(folder_.path().c_str(), 0555);
  const AsOrdinaryUser ordinary;
  EXPECT_THAT(refusal(), HasSubstr("check its folder and permissions"));
}

TEST_F(SqliteFile, a_damaged_page_is_an_error_in_words_and_not_a_wrong_answer) {
  {
    auto store = open_sqlite(file());
    ASSERT_TRUE(store);
    WriteBatch batch;
    for (std::uint64_t n = 0; n < 500; ++n) batch.detections.push_back(detection_of(n));
    ASSERT_TRUE((*store)->write(batch));
  }
  std::fstream raw(file(), std::ios::in | std::ios::out | std::ios::binary);
  const std::string rubbish(4096 * 60, '\x5a');
  raw.seekp(4096 * 60);  // behind the roots of tables, which opening reads
  raw << rubbish << std::flush;
  auto store = open_sqlite(file());
  ASSERT_TRUE(store);
  DetectionQuery query;
  query.limit = 1000;
  const auto page = (*store)->find(query);
  ASSERT_FALSE(page);
  EXPECT_THAT(page.error().message(), HasSubstr("damaged"));
}

TEST_F(SqliteFile, space_of_what_was_dropped_goes_back_to_the_file_system_in_pieces) {
  auto store = open_sqlite(file());
  ASSERT_TRUE(store);
  WriteBatch batch;
  for (std::uint64_t n = 0; n < 3000; ++n) {
    batch.detections.push_back(detection_of(n));
    batch.detections.back().features.assign(250, 1.5F);
  }
  ASSERT_TRUE((*store)->write(batch));
  const StoreExtent full = *(*store)->extent();
  EXPECT_TRUE(full.gives_back);
  ASSERT_EQ(*(*store)->drop_detections(test::kStart + std::chrono::days(9999), 2500), 2500u);
  int pieces = 0;
  std::uint64_t given = 0;
  while (const std::uint64_t piece = *(*store)->give_back(100'000)) {
    EXPECT_LE(piece, 100'000u + 4096);
    given += piece;
    ++pieces;
  }
  EXPECT_GE(pieces, 10);
  EXPECT_GT(given, full.used_bytes / 2);
  EXPECT_LT(fs::file_size(file()), full.used_bytes / 3);
  EXPECT_EQ((*store)->counts()->total, 500u);
}

TEST_F(SqliteFile, a_file_of_an_older_weir_shrinks_only_when_it_is_vacuumed_and_from_then_on_by_itself) {
  run_sql("CREATE TABLE for_a_moment (x)");  // the file has its pages now, without the map of an incremental vacuum
  run_sql("DROP TABLE for_a_moment");
  auto store = open_sqlite(file());
  ASSERT_TRUE(store);
  run_sql("PRAGMA auto_vacuum = NONE; VACUUM;");
  WriteBatch batch;
  for (std::uint64_t n = 0; n < 2000; ++n) batch.detections.push_back(detection_of(n));
  ASSERT_TRUE((*store)->write(batch));
  EXPECT_FALSE((*store)->extent()->gives_back);
  ASSERT_EQ(*(*store)->drop_detections(test::kStart + std::chrono::days(9999), 1000), 1000u);
  run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
  const auto before = fs::file_size(file());
  EXPECT_EQ(*(*store)->give_back(1'000'000), 0u);
  const auto done = (*store)->vacuum();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_LT(fs::file_size(file()), before * 3 / 4);
  EXPECT_TRUE((*store)->extent()->gives_back);
  ASSERT_EQ(*(*store)->drop_detections(test::kStart + std::chrono::days(9999), 900), 900u);
  EXPECT_GT(*(*store)->give_back(1'000'000), 0u);
}

TEST_F(SqliteFile, two_programs_may_open_a_new_file_at_once_and_both_write) {
  auto first = open_sqlite(file());
  auto second = open_sqlite(file());
  ASSERT_TRUE(first && second);
  EXPECT_TRUE((*first)->write({{detection_of(1)}, {}}));
  EXPECT_TRUE((*second)->write({{detection_of(2)}, {}}));
  EXPECT_EQ((*first)->counts()->total, 2u);
}

TEST_F(SqliteFile, times_are_microseconds_and_uids_are_hex_for_whoever_reads_the_file) {
  auto store = open_sqlite(file());
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->write({{detection_of(1)}, {}}));
  SQLite::Database database(file().string());
  SQLite::Statement query(database,
                          "SELECT flow_uid, last_seen_at, src_ip, status, (SELECT flows FROM incidents WHERE id = "
                          "incident_id) FROM detections");
  ASSERT_TRUE(query.executeStep());
  EXPECT_EQ(query.getColumn(0).getString(), test::uid_of(1).to_string());
  EXPECT_EQ(query.getColumn(1).getInt64(), base::to_us(test::kStart) + 1'000'000);
  EXPECT_EQ(query.getColumn(2).getString(), "10.0.0.1");
  EXPECT_EQ(query.getColumn(3).getString(), "anomaly");
  EXPECT_EQ(query.getColumn(4).getInt(), 1);
}

}  // namespace
}  // namespace weir::store::sqlite

namespace weir::store::test {
INSTANTIATE_TEST_SUITE_P(Sqlite, DetectionStoreContract, ::testing::Values(&sqlite::open_empty_sqlite));
}
