// corev1.Pod as a Pod, and policy/v1 PodDisruptionBudget as a DisruptionBudget.
#pragma once

#include "codec/scheduling.h"
#include "model/pod.h"

namespace drover {

class JsonValue;

// Requests as the scheduler counts them (k8s.io/component-helpers/resource PodRequests): the larger of what runs at once
// (containers and restartable init containers) and of the peak of the init containers, plus spec.overhead.
// Pods that have a node and lack the label kubevirt.io=virt-launcher keep of their scheduling only what keeps others away.
[[nodiscard]] Pod read_pod(JsonValue object, SchedulingPool& pool);

[[nodiscard]] DisruptionBudget read_disruption_budget(JsonValue object);

}  // namespace drover
