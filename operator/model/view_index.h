// The indexes of a ClusterView: each object is entered under its key when it is shown and taken out when it no longer is; both are
// noted.
#pragma once

#include "model/cluster_view.h"

namespace drover {

// Kinds without an index take this one.
template <typename T>
void enter(ClusterView& /*view*/, const ObjectKey& /*key*/, const T& /*object*/) {}
template <typename T>
void take_out(ClusterView& /*view*/, const ObjectKey& /*key*/, const T& /*object*/) {}

template <>
void enter(ClusterView& view, const ObjectKey& key, const Vm& vm);
template <>
void take_out(ClusterView& view, const ObjectKey& key, const Vm& vm);
template <>
void enter(ClusterView& view, const ObjectKey& key, const Pod& pod);
template <>
void take_out(ClusterView& view, const ObjectKey& key, const Pod& pod);
template <>
void enter(ClusterView& view, const ObjectKey& key, const Migration& migration);
template <>
void take_out(ClusterView& view, const ObjectKey& key, const Migration& migration);
template <>
void enter(ClusterView& view, const ObjectKey& key, const VolumeClaim& claim);
template <>
void take_out(ClusterView& view, const ObjectKey& key, const VolumeClaim& claim);
template <>
void enter(ClusterView& view, const ObjectKey& key, const Volume& volume);
template <>
void take_out(ClusterView& view, const ObjectKey& key, const Volume& volume);

}  // namespace drover
