// SPDX-License-Identifier: Apache-2.0
// Signatures of model bundles: who made this one, where SHA-256 only says that it is whole.
//
// manifest.sig beside manifest.json holds an ed25519 signature of the manifest's bytes, which in turn hold the hash of every
// other file. A sensor that is given a public key takes no bundle without a signature that fits it. Any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "scoring/bundle.h"

namespace weir::scoring {

// Makes a key pair: writes the secret half to a new file of mode 0600, returns the public one as text.
base::Result<std::string> make_signing_key(const std::filesystem::path& secret_file);

// Writes manifest.sig into the bundle's folder; returns the public key that goes with it.
base::Result<std::string> sign_bundle(const Bundle& bundle, const std::filesystem::path& secret_file);

// Nothing when manifest.sig fits the manifest that was read and the key; else why not.
base::Result<> check_signature(const Bundle& bundle, std::string_view public_key);

}  // namespace weir::scoring
