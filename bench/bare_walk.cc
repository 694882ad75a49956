// SPDX-License-Identifier: Apache-2.0
// The limit of reading: walks over a pcap file in memory, touches each packet's headers, computes nothing.
//
//   bare_walk FILE.pcap
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

namespace {

std::uint32_t word(const unsigned char* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::size_t kFileHeader = 24, kPacketHeader = 16, kTouched = 60;
  const int descriptor = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
  struct stat status{};
  if (descriptor < 0 || fstat(descriptor, &status) != 0) {
    std::fprintf(stderr, "usage: bare_walk FILE.pcap\n");
    return 2;
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const mapping = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (mapping == MAP_FAILED) return std::perror(argv[1]), 1;
  madvise(mapping, size, MADV_SEQUENTIAL);
  const auto* at = static_cast<const unsigned char*>(mapping);
  const auto* const end = at + size;
  std::uint64_t packets = 0, sum = 0;
  for (at += kFileHeader; at + kPacketHeader <= end; at += kPacketHeader + word(at + 8), ++packets) {
    if (at + kPacketHeader + kTouched > end) continue;
    sum += word(at + kPacketHeader + 12) + word(at + kPacketHeader + 26) + word(at + kPacketHeader + 56);
  }
  std::printf("%llu packets, %llx\n", static_cast<unsigned long long>(packets), static_cast<unsigned long long>(sum));
  return 0;
}
