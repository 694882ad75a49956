// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_hash.h"

#include <sodium.h>

namespace weir::flow {

FlowHash::Secret FlowHash::random_secret() {
  Secret secret;
  randombytes_buf(secret.data(), sizeof secret);
  return secret;
}

}  // namespace weir::flow
