// An instance file of `drover place`. What is read is packed, briefly: no plan may break its promises, whatever the figures.
#include "codec/instance.h"
#include "fuzz.h"
#include "placement/search.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = drover::read_instance(drover::fuzz::text(data, size));
  if (!file) {
    DROVER_CHECK(!file.error().message.empty());
    return 0;
  }
  int asked = 0;
  drover::placement::SearchOptions options;
  options.most_children = 4;
  options.out_of_time = [&asked] { return ++asked > 200; };
  const auto plan = drover::placement::search(file->instance, options);
  DROVER_CHECK(drover::placement::problem_of(file->instance, plan).empty());
  DROVER_CHECK(plan.lower_bound <= plan.nodes_used);
  return 0;
}
