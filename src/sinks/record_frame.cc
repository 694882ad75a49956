// SPDX-License-Identifier: Apache-2.0
#include "sinks/record_frame.h"

#include <cstdint>
#include <string>

namespace weir::sinks {

namespace {

constexpr std::size_t kLengthBytes = 4;

void add_length(std::vector<std::byte>& bytes, std::size_t length) {
  for (std::size_t i = 0; i < kLengthBytes; ++i) bytes.push_back(static_cast<std::byte>(length >> (8 * i)));
}

std::size_t length_at(std::span<const std::byte> bytes) {
  std::size_t length = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) length = length << 8 | static_cast<std::size_t>(bytes[i]);
  return length;
}

void add_text(std::vector<std::byte>& bytes, const std::string& text) {
  const auto more = std::as_bytes(std::span(text));
  bytes.insert(bytes.end(), more.begin(), more.end());
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::vector<std::byte> to_bytes(std::span<const Record> records) {
  std::size_t size = 0;
  for (const Record& record : records) size += 2 * kLengthBytes + record.key.size() + record.text.size();
  std::vector<std::byte> bytes;
  bytes.reserve(size);
  for (const Record& record : records) {
    add_length(bytes, record.key.size());
    add_length(bytes, record.text.size());
    add_text(bytes, record.key);
    add_text(bytes, record.text);
  }
  return bytes;
}

base::Result<std::vector<Record>> records_of(std::span<const std::byte> bytes) {
  std::vector<Record> records;
  while (!bytes.empty()) {
    if (bytes.size() < 2 * kLengthBytes) return base::fail("its records are cut short");
    const std::size_t key = length_at(bytes), text = length_at(bytes.subspan(kLengthBytes));
    bytes = bytes.subspan(2 * kLengthBytes);
    if (key > bytes.size() || text > bytes.size() - key) return base::fail("its records are cut short");
    records.push_back({text_of(bytes.first(key)), text_of(bytes.subspan(key, text))});
    bytes = bytes.subspan(key + text);
  }
  return records;
}

}  // namespace weir::sinks
