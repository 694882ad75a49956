// SPDX-License-Identifier: Apache-2.0
#include "store/spool.h"

#include "store/codec.h"

namespace weir::store {

base::Result<std::unique_ptr<Spool>> Spool::open(const std::filesystem::path& folder, SpoolOptions options) {
  auto records = base::RecordSpool::open(folder, options);
  if (!records) return base::fail(records.error());
  return std::unique_ptr<Spool>(new Spool(std::move(*records)));
}

base::Result<bool> Spool::append(const WriteBatch& batch, std::uint64_t rows) {
  return records_->append(encode(batch), rows);
}

base::Result<std::optional<SpooledBatch>> Spool::oldest() {
  while (true) {
    const auto oldest = records_->oldest();
    if (!oldest) return base::fail(oldest.error());
    if (!*oldest) return std::optional<SpooledBatch>();
    auto batch = decode((*oldest)->payload);
    if (batch) return SpooledBatch{std::move(*batch), (*oldest)->rows, (*oldest)->from_earlier_run};
    records_->give_up_oldest(batch.error().message());
  }
}

}  // namespace weir::store
