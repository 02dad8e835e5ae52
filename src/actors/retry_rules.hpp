// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/retry.hpp"
#include "mahavishnu/messages/task.hpp"

namespace mahavishnu {

/// The policy where nobody says otherwise: complete, and without retries.
const retry_policy& built_in_retry_policy();

/// The wish with what it leaves open taken from the defaults, which are complete; an error that
/// names what cannot be, why, and what would.
result<retry_policy> complete(retry_policy wish, const retry_policy& defaults);

/// Whether a task that ended like this is to be tried again, as long as it has attempts left.
bool counts(const retry_policy& policy, task_status end);

/// How long to wait before that attempt; the second one is 2. The random number makes tasks that
/// failed together come back apart. Between 1 ms and `max_delay` of a complete policy.
std::chrono::milliseconds delay_before(const retry_policy& policy, std::int32_t attempt,
                                       std::uint64_t random);

} // namespace mahavishnu
