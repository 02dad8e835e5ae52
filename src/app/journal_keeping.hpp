// SPDX-License-Identifier: MIT
#pragma once

#include "cli/journal_care.hpp"

namespace mahavishnu {

/// Of the journals that our servers keep.
class journal_keeping final : public cli::journal_care {
public:
  result<cli::journal_report> check(const cli::instance& whose) override;
  result<cli::journal_report> backup(const cli::instance& whose, const std::string& to) override;
  result<cli::journal_restored> restore(const cli::instance& whose,
                                        const std::string& from) override;
  result<std::pair<std::uint64_t, std::uint64_t>> compact(const cli::instance& whose) override;
  result<void> each_task(const cli::instance& whose, const cli::journal_wish& wish,
                         const std::function<void(const json::value&)>& take,
                         const std::function<void(const std::string&)>& problem) override;
};

} // namespace mahavishnu
