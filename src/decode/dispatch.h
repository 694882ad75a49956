// SPDX-License-Identifier: Apache-2.0
// The table of what follows what: link type, EtherType or IP protocol number to the decoder of that header.
#pragma once

#include "decode/layer.h"

namespace weir::decode {

// Never null: a number without a row has a decoder that rejects by name, or takes the protocol as it is. Pure; safe anywhere.
LayerDecoder decoder_of(Next next);

// True when packets of this link type can be decoded.
bool decodes(capture::LinkType type);

}  // namespace weir::decode
