// corev1 PersistentVolumeClaim and PersistentVolume, storage/v1 CSINode.
#pragma once

#include "codec/pool.h"
#include "model/volume.h"

namespace drover {

class JsonValue;

[[nodiscard]] std::uint64_t hash_of(const VolumeTraits& traits);
using VolumeTraitsPool = Pool<VolumeTraits>;

[[nodiscard]] VolumeClaim read_volume_claim(JsonValue object);
[[nodiscard]] Volume read_volume(JsonValue object, VolumeTraitsPool& pool);
[[nodiscard]] CsiNode read_csi_node(JsonValue object);

}  // namespace drover
