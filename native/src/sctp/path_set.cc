#include "path_set.h"

#include <utility>

namespace mailport::sctp {

PathSet::Way::Way(PathSet& the_set, const PacketRoute& route, size_t max_packet_bytes, const RtoInfo& rto)
    : set(the_set), path(route, max_packet_bytes, rto),
      t3(the_set.timers_, this,
         [](void* owner, TimeUs) {
           Way& way = *static_cast<Way*>(owner);
           way.set.owner_.OnT3(way.path);
         }),
      heartbeat(the_set.timers_, this, [](void* owner, TimeUs) {
        Way& way = *static_cast<Way*>(owner);
        way.set.owner_.OnHeartbeatTimer(way.path);
      }) {}

Path& PathSet::Add(const PacketRoute& route, size_t max_packet_bytes, const RtoInfo& rto) {
  ways_.push_back(std::make_unique<Way>(*this, route, max_packet_bytes, rto));
  Path& path = ways_.back()->path;
  path.index = static_cast<uint8_t>(ways_.size() - 1);
  return path;
}

void PathSet::StopTimers() {
  for (const auto& way : ways_) {
    way->t3.Stop();
    way->heartbeat.Stop();
  }
}

bool PathSet::CountError(Path& path, uint32_t most_of_path, uint32_t most_of_peer) {
  ++peer_errors_;
  ++path.error_count;
  if (path.active && path.error_count > most_of_path) {
    path.active = false;
    owner_.OnPathChange(path);
  }
  return peer_errors_ <= most_of_peer;
}

void PathSet::ClearErrors() {
  ClearPeerErrors();
  for (const auto& way : ways_)
    if (way->path.answers) ClearPathErrors(way->path);
}

void PathSet::ClearPathErrors(Path& path) {
  path.error_count = 0;
  if (std::exchange(path.active, true)) return;
  owner_.OnPathChange(path);
}

}  // namespace mailport::sctp
