// SPDX-License-Identifier: Apache-2.0
// What people say: suppressions and feedback, read and written the same way in both databases.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "alerting/suppression.h"
#include "store/incident_store.h"
#include "store/sql/session.h"

namespace weir::store::sql {

void put_suppression(Session& session, const alerting::Suppression& suppression);
bool remove_suppression(Session& session, const std::string& id);
// A rule that is damaged (edited by hand) is left out: it hides nothing.
std::vector<alerting::Suppression> read_suppressions(Session& session);

std::int64_t add_feedback(Session& session, const Feedback& feedback);
std::vector<Feedback> read_feedback(Session& session, std::uint32_t limit);

}  // namespace weir::store::sql
