// SPDX-License-Identifier: Apache-2.0
// FileSource: the packets of a stream of bytes, once it has told its compression and its format.
//
// Owned and driven by one thread; stats() may be asked by any. Costs one virtual call per batch of up to 256 packets; a plain
// file's packets are borrowed from the mapping itself.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "capture/packet_source.h"
#include "capture/pcap/byte_stream.h"
#include "capture/pcap/format.h"

namespace weir::capture::pcap {

class FileSource final : public PacketSource {
 public:
  FileSource(std::unique_ptr<ByteStream> stream, std::string name);

  // Reads as far as the first packets, so that a file that cannot be used is refused before anything is built around it.
  base::Result<> prime();

  base::Result<Batch> next(std::chrono::milliseconds patience) override;
  SourceStats stats() const override;
  bool live() const override { return false; }
  std::string name() const override { return name_; }

 private:
  enum class Stage { compression, format, packets, ended };

  base::Result<Batch> read(std::chrono::milliseconds patience);
  base::Result<> look_at(std::span<const std::byte> window);
  base::Result<> choose_compression(std::span<const std::byte> start);
  base::Result<> choose_format(std::span<const std::byte> start);
  base::Result<> parse();
  base::Result<> end_of_stream();
  void end(std::optional<std::string> damage);
  void count(const Batch& batch);

  const std::string name_;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<Format> format_;
  Stage stage_ = Stage::compression;
  std::uint64_t offset_ = 0;           // of the window, in the decompressed bytes
  PacketList packets_;
  std::optional<Batch> primed_;
  std::optional<std::string> damage_;  // written before ended_ is, read after

  // Read by other threads at any time: single numbers, of which a reader may see some older than others.
  std::atomic<std::uint64_t> packet_count_ = 0;
  std::atomic<std::uint64_t> wire_bytes_ = 0;
  std::atomic<std::uint64_t> position_ = 0;
  std::atomic<bool> ended_ = false;
  const std::uint64_t size_;
};

}  // namespace weir::capture::pcap
