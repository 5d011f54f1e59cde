// The machine of each effect. Only act's sources include this header; act/effect_run.h is the way in.
#pragma once

#include "act/effect_run.h"

namespace drover {

std::unique_ptr<EffectRun> machine_of(const CreateMigration& effect);  // create.cc
std::unique_ptr<EffectRun> machine_of(const MarkNode& effect);         // mark_node.cc
std::unique_ptr<EffectRun> machine_of(const SwitchPower& effect);      // switch_power.cc
std::unique_ptr<EffectRun> machine_of(const EvictPod& effect);         // evict_pod.cc
std::unique_ptr<EffectRun> machine_of(const CancelMigration& effect);  // repeated.cc, and what follows
std::unique_ptr<EffectRun> machine_of(const WriteStatus& effect);
std::unique_ptr<EffectRun> machine_of(const WriteProfileStatus& effect);
std::unique_ptr<EffectRun> machine_of(const Announce& effect, const std::string& instance);

}  // namespace drover
