// SPDX-License-Identifier: Apache-2.0
// How fast the stores write, against the bare database with the same rows in the same table, and how long a page of the
// newest 100 takes with that many rows behind it.
//
//   store_bench sqlite|postgres [ROWS] [mixed|scan|own|apart|keep] [write]
//
// 1,000,000 rows of `mixed` by default, in a temporary folder that is removed at the end; with `write`, nothing is read.
//
// What the rows are of, since grouping them costs more or less:
//   mixed  5,000 sources of five attack types on 200 targets, a thousand rows a second of packet time: few incidents of many
//          actors, whose sessions grow
//   scan   one source that scans: one incident
//   own    5,000 sources of five attack types, each with a target of its own: nearly each row of a batch extends another of
//          25,000 incidents
//   apart  as mixed, but a row a second: nearly each row begins an incident of its own
// With `keep`, batches of 200 of mixed are written at a steady pace into that many rows, half of the time while retention
// drops old ones.
//
// Writing is measured in rounds, store and bare in turns, so that a busy machine slows both; the ratio is of the medians.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <pqxx/pqxx>

#include "store/detection_builder.h"
#include "store/postgres/copy_row.h"
#include "store/postgres/postgres_store.h"
#include "store/retention.h"
#include "store/sql/migrations.h"
#include "store/sql/statement.h"
#include "store/sql/upsert.h"
#include "store/sqlite/columns.h"
#include "store/sqlite/sqlite_store.h"
#include "store/temporary_folder.h"
#include "tests/support/postgres_server.h"

namespace {

using namespace weir::store;
namespace alerting = weir::alerting;
namespace base = weir::base;
namespace scoring = weir::scoring;
using alerting::Detection;
using Clock = std::chrono::steady_clock;
using Batch = std::vector<Detection>;

constexpr std::size_t kBatchRows = 1000;
constexpr std::size_t kRounds = 10;

double seconds_of(const std::function<void()>& work) {
  const auto begin = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

std::string rows_are = "mixed";
bool only_writing = false;

// As a busy network gives them: one in five normal, many hosts, 80 features, six reasons.
Detection realistic(std::uint64_t n) {
  Detection d = test::detection_of(n);
  std::mt19937_64 random(n);
  const char* types[] = {"port scan", "brute force", "flood", "exfiltration", "unknown"};
  d.flow.last = test::kStart + (rows_are == "apart" ? 1000 : 1) * std::chrono::milliseconds(n);
  d.flow.started = d.flow.last - std::chrono::seconds(3);
  d.alerted_at = d.flow.last;
  const auto source = static_cast<std::uint32_t>(random() % 5000);
  d.flow.src_ip = base::IpAddress::v4(0x0A000000u + source);
  d.flow.dst_ip = base::IpAddress::v4(0xC0000200u + static_cast<std::uint32_t>(random() % 200));
  if (rows_are == "own") d.flow.dst_ip = base::IpAddress::v4(0xC0000200u + source);
  d.flow.src_port = static_cast<std::uint16_t>(random());
  d.verdict.attack_type = types[random() % 5];
  d.severity = static_cast<alerting::Severity>(random() % 5);
  if (random() % 5 == 0) {
    d.verdict.status = scoring::Status::normal;
    d.verdict.attack_type.clear();
    d.alerted_at.reset();
  } else {
    for (int i = 0; i < 6; ++i)
      d.verdict.reasons.push_back({"flow_bytes_per_second", 12345.678f, 1.5f, 0, 99.25f, 0.03125f});
  }
  d.features.resize(80);
  for (float& f : d.features) f = static_cast<float>(random() % 1000) * 0.37f;
  return d;
}

// One source, all ports of 40 hosts.
Detection scanning(std::uint64_t n) {
  Detection d = realistic(n);
  d.verdict.status = scoring::Status::anomaly;
  d.verdict.attack_type = "scan";
  d.alerted_at = d.flow.last;
  d.flow.src_ip = base::IpAddress::v4(0x0A000005u);
  d.flow.dst_ip = base::IpAddress::v4(0xC0000200u + static_cast<std::uint32_t>(n % 40));
  d.flow.dst_port = static_cast<std::uint16_t>(n / 40 * 7919);
  return d;
}

Batch batch_from(std::uint64_t first) {
  Batch batch;
  for (std::uint64_t n = first; n < first + kBatchRows; ++n)
    batch.push_back(rows_are == "scan" ? scanning(n) : realistic(n));
  return batch;
}

struct Rival {
  std::string name;
  std::function<void(const Batch&)> write;
};

// Fills every rival with the same rows, round by round in turns.
void compare_writing(std::vector<Rival> rivals, std::uint64_t rows) {
  std::vector<std::vector<double>> rates(rivals.size());
  const std::uint64_t batches = std::max<std::uint64_t>(1, rows / kBatchRows / kRounds);
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    std::vector<double> spent(rivals.size());
    for (std::uint64_t b = 0; b < batches; ++b) {
      const Batch batch = batch_from((round * batches + b) * kBatchRows);
      for (std::size_t r = 0; r < rivals.size(); ++r) spent[r] += seconds_of([&] { rivals[r].write(batch); });
    }
    for (std::size_t r = 0; r < rivals.size(); ++r)
      rates[r].push_back(static_cast<double>(batches * kBatchRows) / spent[r]);
  }
  const double ours = percentile(rates[0], 0.5);
  for (std::size_t r = 0; r < rivals.size(); ++r) {
    fmt::print("  {:<44} {:>9.0f} rows/s  ({:.0f} to {:.0f})   weir/this {:.2f}\n", rivals[r].name,
               percentile(rates[r], 0.5), percentile(rates[r], 0), percentile(rates[r], 1),
               ours / percentile(rates[r], 0.5));
  }
}

void measure_find(DetectionStore& store, std::uint64_t rows) {
  DetectionQuery newest, anomalies, type, host, text, no_hit, severe, joined, deep;
  anomalies.status = scoring::Status::anomaly;
  type.attack_type = "exfiltration";
  host.host = base::IpAddress::v4(0x0A000000u + 77);
  text.text = "10.0.3.";
  no_hit.text = "no such text";
  severe.at_least = alerting::Severity::critical;
  joined.status = scoring::Status::anomaly;
  joined.host = base::IpAddress::v4(0xC0000200u + 9);
  joined.text = "scan";
  deep.to = test::kStart + std::chrono::milliseconds(rows / 2);
  DetectionQuery flow;
  flow.flow_id = flow_id(realistic(rows / 3).flow);
  const std::pair<const char*, const DetectionQuery*> queries[] = {
      {"newest 100", &newest},  {"status", &anomalies},
      {"attack type", &type},   {"host", &host},
      {"severity", &severe},    {"flow_id", &flow},
      {"text", &text},          {"status + host + text", &joined},
      {"half-way back", &deep}, {"text without a hit", &no_hit}};
  for (const auto& [name, query] : queries) {
    std::vector<double> ms;
    // Some have no hit among a scan's rows, and read all of them.
    const auto end = Clock::now() + std::chrono::seconds(10);
    for (int i = 0; i < 300 && (i < 5 || Clock::now() < end); ++i) {
      ms.push_back(1000 * seconds_of([&] {
                     if (auto page = store.find(*query); !page) throw std::runtime_error(page.error().message());
                   }));
    }
    fmt::print("  find {:<24} p50 {:>8.2f} ms   p99 {:>8.2f} ms\n", name, percentile(ms, 0.5), percentile(ms, 0.99));
  }
  std::vector<double> counting;
  for (int i = 0; i < 6; ++i) counting.push_back(1000 * seconds_of([&] { (void)store.counts(); }));
  fmt::print("  counts: first {:.2f} ms, then p50 {:.2f} ms\n", counting.front(),
             percentile({counting.begin() + 1, counting.end()}, 0.5));
}

Rival ours(DetectionStore& store) {
  return {"weir: merge by flow_uid, 1000 a transaction", [&store](const Batch& batch) {
            if (auto written = store.write({batch, {}}); !written) throw std::runtime_error(written.error().message());
          }};
}

// How long it takes until the page of the largest incident is there: itself, its worst flows, its actors' others, its first
// page of flows.
void measure_opening(DetectionStore& store) {
  const auto page = store.find_incidents({});
  if (!page) throw std::runtime_error(page.error().message());
  const auto largest = std::max_element(page->incidents.begin(), page->incidents.end(),
                                        [](const auto& a, const auto& b) { return a.flows < b.flows; });
  if (largest == page->incidents.end()) return;
  std::vector<double> ms;
  for (int i = 0; i < 50; ++i) {
    ms.push_back(1000 * seconds_of([&] {
                   const auto incident = store.incident(largest->id);
                   for (const auto& sample : (*incident)->samples) (void)store.get(sample.flow);
                   (void)store.related_incidents(largest->id, 20);
                   DetectionQuery flows;
                   flows.incident = largest->id;
                   (void)store.find(flows);
                 }));
  }
  fmt::print("  {} incidents on the first page; opening the one of {} flows: p50 {:.2f} ms, p99 {:.2f} ms\n",
             page->incidents.size(), largest->flows, percentile(ms, 0.5), percentile(ms, 0.99));
}

// --- SQLite

Rival bare_sqlite(SQLite::Database& database, const std::string& name) {
  const std::string places = sql::joined(std::vector<std::string>(sql::kDetectionColumns, "?"));
  const std::string insert =
      "INSERT INTO detections (" + sql::joined(sql::detection_columns()) + ") VALUES (" + places + ")";
  auto statement = std::make_shared<SQLite::Statement>(database, insert);
  return {name, [&database, statement](const Batch& batch) {
            SQLite::Transaction transaction(database);
            for (const Detection& d : batch) {
              statement->reset();
              sqlite::Binder bind(*statement);
              const sql::DetectionRow row = sql::to_row(d);
              sql::visit_columns(row, [&bind](const char*, sql::Follows, const auto& value) { bind(value); });
              statement->exec();
            }
            transaction.commit();
          }};
}

void make_bare(SQLite::Database& database, bool with_indexes) {
  database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768; "
      "PRAGMA wal_autocheckpoint = 8192;");
  for (const sql::Migration& migration : sql::sqlite_migrations()) database.exec(std::string(migration.sql));
  if (with_indexes) return;
  for (const char* index : {"newest", "by_status", "by_attack_type", "by_source", "by_destination", "by_flow_id",
                            "by_community_id", "by_incident", "suppressed"}) {
    database.exec(std::string("DROP INDEX detections_") + index);
  }
}

// How long a write takes while retention works, and while it does not, in turns.
void measure_keeping(DetectionStore& store, std::uint64_t rows) {
  constexpr std::uint64_t kSmall = 200;
  constexpr auto kPace = std::chrono::milliseconds(100);
  for (std::uint64_t n = 0; n < rows; n += kBatchRows) {
    if (auto written = store.write({batch_from(n), {}}); !written) throw std::runtime_error(written.error().message());
  }
  const StoreExtent full = *store.extent();
  fmt::print("  {} rows, {} MiB: {} bytes a row\n", rows, full.bytes >> 20, full.used_bytes / rows);
  std::vector<double> alone, beside;
  RetentionReport done;
  double working = 0;
  std::uint64_t next = rows;
  for (int round = 0; round < 6; ++round) {
    std::optional<Retention> retention;
    // All of it is old: it drops what it can at its usual pace.
    if (round % 2 == 1) retention.emplace(store, RetentionLimits{.age = std::chrono::seconds(1)});
    const auto end = Clock::now() + std::chrono::seconds(15);
    for (auto at = Clock::now(); at < end; at += kPace) {
      std::this_thread::sleep_until(at);
      Batch batch = batch_from(next);
      batch.resize(kSmall);
      next += kSmall;
      const double ms = 1000 * seconds_of([&] {
                          if (auto w = store.write({batch, {}}); !w) throw std::runtime_error(w.error().message());
                        });
      (retention ? beside : alone).push_back(ms);
    }
    if (retention) {
      retention->stop();
      const RetentionReport report = retention->report();
      done.dropped_by_age += report.dropped_by_age;
      done.longest_piece = std::max(done.longest_piece, report.longest_piece);
      working += 15;
    }
  }
  for (const auto& [name, ms] : {std::pair("alone", &alone), std::pair("beside retention", &beside)}) {
    fmt::print("  a write of {} {:<18} p50 {:>7.2f} ms   p99 {:>7.2f} ms   at most {:>7.2f} ms\n", kSmall, name,
               percentile(*ms, 0.5), percentile(*ms, 0.99), percentile(*ms, 1));
  }
  fmt::print("  retention dropped {:.0f} rows/s, its longest piece took {:.1f} ms\n",
             static_cast<double>(done.dropped_by_age) / working,
             static_cast<double>(done.longest_piece.count()) / 1000);
}

void bench_sqlite(std::uint64_t rows) {
  const test::TemporaryFolder folder;
  auto store = std::move(*sqlite::open_sqlite(folder.path() / "weir.db"));
  if (rows_are == "keep") return measure_keeping(*store, rows);
  SQLite::Database with((folder.path() / "with.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  SQLite::Database without((folder.path() / "without.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  make_bare(with, true);
  make_bare(without, false);
  compare_writing({ours(*store), bare_sqlite(with, "bare INSERT, same table and indexes"),
                   bare_sqlite(without, "bare INSERT, primary key only")},
                  rows);
  if (only_writing) return;
  measure_opening(*store);
  fmt::print("  file: {} bytes a row\n", std::filesystem::file_size(folder.path() / "weir.db") / rows);
  measure_find(*store, rows);
}

// --- PostgreSQL

Rival bare_copy(pqxx::connection& connection, const std::string& name) {
  return {name, [&connection](const Batch& batch) {
            pqxx::work transaction(connection);
            pqxx::stream_to stream(transaction, "detections", sql::detection_columns());
            postgres::CopyRow row;
            for (const Detection& d : batch) stream << row.of(d);
            stream.complete();
            transaction.commit();
          }};
}

void make_bare(pqxx::connection& connection, bool with_indexes) {
  pqxx::work transaction(connection);
  for (const sql::Migration& migration : sql::postgres_migrations()) transaction.exec(std::string(migration.sql));
  for (const char* index : {"newest", "by_status", "by_attack_type", "by_source", "by_destination", "by_flow_id",
                            "by_community_id", "by_incident", "suppressed"}) {
    if (!with_indexes) transaction.exec(std::string("DROP INDEX detections_") + index);
  }
  transaction.commit();
}

void bench_postgres(std::uint64_t rows) {
  weir::test::PostgresServer server;
  const std::string url = server.url_of_new_database();
  auto store = std::move(*postgres::open_postgres(url));
  if (rows_are == "keep") return measure_keeping(*store, rows);
  pqxx::connection with(server.url_of_new_database()), without(server.url_of_new_database());
  make_bare(with, true);
  make_bare(without, false);
  compare_writing({ours(*store), bare_copy(with, "bare COPY, same table and indexes"),
                   bare_copy(without, "bare COPY, primary key only")},
                  rows);
  if (only_writing) return;
  server.psql("test1", "VACUUM ANALYZE detections");  // as autovacuum does some minutes later
  measure_opening(*store);
  measure_find(*store, rows);
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::string which = argc > 1 ? argv[1] : "";
  const std::uint64_t rows = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  if (argc > 3) rows_are = argv[3];
  only_writing = argc > 4 && std::string(argv[4]) == "write";
  const std::set<std::string> kinds = {"mixed", "scan", "own", "apart", "keep"};
  if (!kinds.contains(rows_are) || (which != "sqlite" && which != "postgres") || rows < kBatchRows * kRounds) {
    fmt::print(stderr, "store_bench sqlite|postgres [ROWS, at least {}] [mixed|scan|own|apart|keep] [write]\n",
               kBatchRows * kRounds);
    return 2;
  }
  try {
    fmt::print("{}, {} rows, {}\n", which, rows, rows_are);
    which == "sqlite" ? bench_sqlite(rows) : bench_postgres(rows);
  } catch (const std::exception& error) {
    fmt::print(stderr, "store_bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
