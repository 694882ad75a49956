// SPDX-License-Identifier: Apache-2.0
// Judgement: from the models' numbers to words. Pure functions over one row; the manifest holds the rules.
#pragma once

#include <optional>
#include <span>

#include "scoring/manifest.h"
#include "scoring/verdict.h"

namespace weir::scoring {

// Status, score, margin and p-value. A score on the threshold is anomalous; a score that is not finite is no score.
Verdict judge(float score, const AnomalyModel& model);

// Share of benign training rows that score at least as badly, between neighbours of the table by straight line. Never
// below 1 / (rows + 1): what no training row reached was still seen by only that many rows.
std::optional<float> p_value(float score, const AnomalyModel& model);

// Fills in what kind of attack the probabilities speak of: the likeliest label, or "unknown" when it stays below the
// bound or is a benign one. Without `cascade`, a row that its score calls normal becomes anomalous when an attack label
// reaches the bound; its margin stays negative.
void name_attack(std::span<const float> probabilities, const AttackModel& model, Verdict& verdict);

inline constexpr const char* kUnknownAttack = "unknown";

}  // namespace weir::scoring
