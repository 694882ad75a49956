// SPDX-License-Identifier: Apache-2.0
#include "scoring/bundle.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "scoring/sha256.h"

namespace weir::scoring {

namespace {

using Bytes = std::vector<std::byte>;

std::string_view as_text(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

base::Result<Bytes> read_file(const std::filesystem::path& path) {
  std::error_code not_there;
  if (std::filesystem::is_directory(path, not_there)) return base::fail("it is a folder");
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::fail(errno == ENOENT ? "it does not exist" : std::strerror(errno));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return base::fail("it cannot be read");
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return Bytes(begin, begin + text.size());
}

base::Result<Bytes> read_hashed(const std::filesystem::path& dir, const BundleFile& file) {
  base::Result<Bytes> bytes = read_file(dir / file.name);
  if (!bytes) return base::fail_within(file.name, bytes);
  if (const std::string actual = sha256_hex(*bytes); actual != file.sha256) {
    return base::fail(
        fmt::format("{}: its SHA-256 is {}..., the manifest says {}...: the file is damaged or not this bundle's",
                    file.name, actual.substr(0, 12), file.sha256.substr(0, 12)));
  }
  return bytes;
}

base::Result<> read_manifest(Bundle& bundle) {
  base::Result<Bytes> bytes = read_file(bundle.dir / "manifest.json");
  if (!bytes) return base::fail_within("manifest.json", bytes);
  bundle.manifest_text = as_text(*bytes);
  base::Result<Manifest> manifest = parse_manifest(bundle.manifest_text);
  if (!manifest) return base::fail_within("manifest.json", manifest);
  bundle.manifest = std::move(*manifest);
  return {};
}

base::Result<> read_graphs(Bundle& bundle) {
  base::Result<Bytes> anomaly = read_hashed(bundle.dir, bundle.manifest.anomaly.file);
  if (!anomaly) return base::fail(anomaly.error());
  bundle.anomaly_graph = std::move(*anomaly);
  if (!bundle.manifest.attack) return {};
  base::Result<Bytes> attack = read_hashed(bundle.dir, bundle.manifest.attack->file);
  if (!attack) return base::fail(attack.error());
  bundle.attack_graph = std::move(*attack);
  return {};
}

base::Result<> read_baseline(Bundle& bundle) {
  const BundleFile& file = bundle.manifest.baseline;
  base::Result<Bytes> bytes = read_hashed(bundle.dir, file);
  if (!bytes) return base::fail(bytes.error());
  base::Result<Baseline> baseline = parse_baseline(as_text(*bytes), bundle.manifest.contract.features);
  if (!baseline) return base::fail_within(file.name, baseline);
  bundle.baseline = std::move(*baseline);
  return {};
}

base::Result<> read_self_check(Bundle& bundle) {
  if (!bundle.manifest.self_check) return {};
  const BundleFile& file = *bundle.manifest.self_check;
  base::Result<Bytes> bytes = read_hashed(bundle.dir, file);
  if (!bytes) return base::fail(bytes.error());
  base::Result<SelfCheck> check = parse_self_check(as_text(*bytes), bundle.manifest.width(), bundle.label_count());
  if (!check) return base::fail_within(file.name, check);
  bundle.self_check = std::move(*check);
  return {};
}

base::Result<Bundle> read_all(const std::filesystem::path& dir) {
  if (std::error_code none; !std::filesystem::is_directory(dir, none)) return base::fail("it is not a folder");
  Bundle bundle{.dir = dir};
  if (auto r = read_manifest(bundle); !r) return base::fail(r.error());
  if (auto r = read_graphs(bundle); !r) return base::fail(r.error());
  if (auto r = read_baseline(bundle); !r) return base::fail(r.error());
  if (auto r = read_self_check(bundle); !r) return base::fail(r.error());
  return bundle;
}

}  // namespace

base::Result<Bundle> read_bundle(const std::filesystem::path& dir) {
  base::Result<Bundle> bundle = read_all(dir);
  if (!bundle) return base::fail_within("model " + dir.string(), bundle);
  return bundle;
}

}  // namespace weir::scoring
