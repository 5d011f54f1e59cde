// The papers' threshold policies (Beloglazov and Buyya, CCGrid 2010; FGCS 28(5) 2012, sections 4.1 and 4.2), behind the interface
// of the strategies. For benchmarks only; no policy can name them. They know no budgets, and may name any host at any time.
#pragma once

#include <memory>

#include "consolidate/strategy.h"

namespace drover::papers {

// ST: at each interval all VMs are placed anew, none of the hosts above `cap` of its CPU.
[[nodiscard]] std::unique_ptr<Strategy> make_single_threshold(double cap);

// MM, minimization of migrations: a host above `high` gives away as few VMs as bring it below, and of these the ones that leave it
// closest to `high`; one below `low` gives away all. Together they are placed by MBFD, no host above `high`.
[[nodiscard]] std::unique_ptr<Strategy> make_minimization_of_migrations(double low, double high);

}  // namespace drover::papers
