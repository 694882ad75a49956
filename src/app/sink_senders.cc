// SPDX-License-Identifier: Apache-2.0
#include "app/sink_senders.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "api/listen_address.h"
#include "sinks/eve_event.h"
#include "sinks/eve_file.h"
#include "sinks/kafka/kafka_sender.h"
#include "sinks/secret.h"
#include "sinks/socket_sender.h"
#include "sinks/syslog_message.h"
#include "sinks/webhook/signature.h"
#include "sinks/webhook/webhook_sender.h"

namespace weir::app {

namespace {

namespace fs = std::filesystem;
using sinks::Event;
using sinks::SocketAddress;

std::string own_hostname() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

sinks::Rendering eve_rendering(const SinkConfig& config) {
  const std::vector<std::string> events = config.list("events");
  const bool apart = std::ranges::find(events, "anomaly") != events.end();
  return [apart](const Event& event) { return sinks::eve_event(event, apart); };
}

base::Result<SinkParts> make_eve_file(const SinkConfig& config) {
  auto file = sinks::EveFile::open(config.text("path"), {.rotate_bytes = config.number("rotate_mb") << 20,
                                                         .keep = static_cast<unsigned>(config.number("keep"))});
  if (!file) return base::fail(file.error());
  return SinkParts{sinks::make_eve_file_sender(std::move(*file)), eve_rendering(config),
                   "the EVE file " + config.text("path")};
}

SocketAddress eve_socket(const SinkConfig& config) {
  const bool stream = config.text("type") == "stream";
  return {stream ? SocketAddress::Kind::unix_stream : SocketAddress::Kind::unix_datagram, config.text("path"), 0};
}

base::Result<SinkParts> make_eve_socket(const SinkConfig& config) {
  const std::string path = config.text("path");
  if (path.size() > 107) return base::fail("path: a unix socket's path has 107 bytes at most");
  auto sender = sinks::make_socket_sender(
      {.receiver = "EVE socket " + path, .address = eve_socket(config), .framing = sinks::Framing::line});
  return SinkParts{std::move(sender), eve_rendering(config), "the EVE socket " + path};
}

base::Result<SinkParts> make_syslog(const SinkConfig& config) {
  const std::string given = config.text("address");
  auto address = sinks::parse_socket_address(given);
  if (!address) {
    return base::fail(
        fmt::format("address = \"{}\" is none: write udp://HOST:PORT, tcp://HOST:PORT or unix:PATH", given));
  }
  const auto format = config.text("format") == "cef" ? sinks::SyslogFormat::cef : sinks::SyslogFormat::rfc5424;
  sinks::SyslogOrigin origin{.hostname = own_hostname(),
                             .process_id = static_cast<std::uint32_t>(::getpid()),
                             .version = WEIR_VERSION,
                             .facility = sinks::syslog_facility(config.text("facility")),
                             .longest = config.number("longest")};
  auto sender = sinks::make_socket_sender(
      {.receiver = "syslog " + address->to_string(), .address = *address, .framing = sinks::Framing::octet_counted});
  return SinkParts{std::move(sender),
                   [origin = std::move(origin), format](const Event& event) {
                     const auto* news = std::get_if<sinks::IncidentNews>(&event.what);
                     if (news != nullptr) return sinks::syslog_message(*news, origin, format);
                     return sinks::syslog_message(std::get<alerting::Detection>(event.what), origin, format);
                   },
                   "syslog " + address->to_string()};
}

// Incidents in a form of their own, everything else as EVE.
sinks::Rendering json_rendering(const SinkConfig& config) {
  return [eve = eve_rendering(config), page = config.text("page")](const Event& event) {
    const auto* news = std::get_if<sinks::IncidentNews>(&event.what);
    return news != nullptr ? sinks::incident_event(*news, page) : eve(event);
  };
}

std::chrono::milliseconds timeout_of(const SinkConfig& config) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(config.seconds("timeout_s") * 1000));
}

// Nothing when the key is not set.
base::Result<std::string> secret_at(const SinkConfig& config, std::string_view key) {
  const std::string where = config.text(key);
  if (where.empty()) return std::string();
  auto secret = sinks::read_secret(where);
  if (!secret) return base::fail_within(std::string(key), secret);
  return secret;
}

// The address of a chat tool's hook is a password; that of other receivers may stand in the open.
base::Result<std::string> webhook_url(const SinkConfig& config) {
  return sinks::names_a_secret(config.text("url")) ? secret_at(config, "url") : config.text("url");
}

base::Result<SinkParts> make_webhook(const SinkConfig& config) {
  auto url = webhook_url(config);
  if (!url) return base::fail(url.error());
  auto authorization = secret_at(config, "authorization");
  if (!authorization) return base::fail(authorization.error());
  auto key = secret_at(config, "signing_key");
  if (!key) return base::fail(key.error());
  if (!key->empty()) key = sinks::signing_key(*key);
  if (!key) return base::fail(key.error());
  auto sender = sinks::make_webhook_sender({.url = *url,
                                            .format = *sinks::parse_message_format(config.text("template")),
                                            .signing_key = std::move(*key),
                                            .authorization = std::move(*authorization),
                                            .ca_file = config.text("ca_file"),
                                            .proxy = config.text("proxy"),
                                            .allow_http = config.flag("allow_http"),
                                            .timeout = timeout_of(config),
                                            .program_version = WEIR_VERSION});
  if (!sender) return base::fail(sender.error());
  return SinkParts{std::move(*sender), json_rendering(config), "the webhook " + sinks::shown_url(*url)};
}

base::Result<SinkParts> make_kafka(const SinkConfig& config) {
  sinks::KafkaConfig kafka{.brokers = config.text("brokers"),
                           .topic = config.text("topic"),
                           .key_by = *sinks::parse_key_by(config.text("key")),
                           .timeout = timeout_of(config)};
  for (auto& [name, value] : config.below("properties.")) kafka.properties.emplace_back(name, value);
  auto sender = sinks::make_kafka_sender(std::move(kafka));
  if (!sender) return base::fail(sender.error());
  return SinkParts{std::move(*sender), json_rendering(config),
                   fmt::format("the topic {} of Kafka {}", config.text("topic"), config.text("brokers"))};
}

// What each kind is made by.
struct Maker {
  std::string_view kind;
  base::Result<SinkParts> (*make)(const SinkConfig&);
};
constexpr std::array kMakers = {Maker{"eve-file", make_eve_file}, Maker{"eve-socket", make_eve_socket},
                                Maker{"syslog", make_syslog}, Maker{"webhook", make_webhook},
                                Maker{"kafka", make_kafka}};

}  // namespace

base::Result<SinkParts> make_sink(const SinkConfig& config) {
  return std::ranges::find(kMakers, config.kind, &Maker::kind)->make(config);  // check_sinks() has seen the kind
}

base::Result<> check_receiver(const SinkConfig& config) {
  if (config.kind == "eve-file") return sinks::check_eve_file(config.text("path"));
  auto parts = make_sink(config);
  return parts ? parts->sender->check() : base::Result<>(base::fail(parts.error()));
}

namespace {

void add_webhook(const SinkConfig& config, std::vector<SinkServer>& servers) {
  const auto url = webhook_url(config);
  const auto server = url ? sinks::server_of(config.text("proxy").empty() ? *url : config.text("proxy")) : std::nullopt;
  if (server) servers.push_back({server->first, server->second});
}

// Those that are named; others of the cluster are not known before it tells of them.
void add_brokers(const SinkConfig& config, std::vector<SinkServer>& servers) {
  constexpr std::uint16_t kPort = 9092;
  for (std::string broker : config.list("brokers")) {
    if (const auto scheme = broker.find("://"); scheme != broker.npos) broker.erase(0, scheme + 3);
    const auto address = api::parse_listen_address(broker);
    servers.push_back(address ? SinkServer{address->host, address->port} : SinkServer{broker, kPort});
  }
}

}  // namespace

std::vector<SinkServer> sink_servers(const std::vector<SinkConfig>& configs) {
  std::vector<SinkServer> servers;
  for (const SinkConfig& config : configs) {
    if (config.kind == "webhook") add_webhook(config, servers);
    if (config.kind == "kafka") add_brokers(config, servers);
    if (config.kind != "syslog") continue;
    const auto address = sinks::parse_socket_address(config.text("address"));
    if (!address || address->port == 0) continue;
    servers.push_back({address->host, address->port, address->kind == SocketAddress::Kind::udp});
  }
  return servers;
}

std::vector<fs::path> sink_folders(const std::vector<SinkConfig>& configs) {
  std::vector<fs::path> folders;
  for (const SinkConfig& config : configs) {
    if (config.kind != "eve-file") continue;
    const fs::path parent = fs::path(config.text("path")).parent_path();
    folders.push_back(parent.empty() ? fs::path(".") : parent);
  }
  return folders;
}

}  // namespace weir::app
