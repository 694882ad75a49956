// SPDX-License-Identifier: Apache-2.0
// Control: what an admin may ask of the running weir. The pipeline's owner implements it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace weir::api {

class Control {
 public:
  virtual ~Control() = default;

  // Reads configuration, model and certificate anew, and takes them up together. Returns what changed, one phrase each; an
  // error, in a sentence, says why all stays as it was. No packet is lost either way. Any thread; may take seconds.
  virtual base::Result<std::vector<std::string>> reload() = 0;
};

}  // namespace weir::api
