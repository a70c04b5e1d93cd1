// The surroundings of an Outbound for tests of sending: a pool, and a set of one path whose timers nobody runs.
#pragma once

#include "path_set.h"
#include "tx/outbound.h"

namespace mailport::sctp::test {

struct OnePath : private PathOwner {
  explicit OnePath(size_t packet_bytes) : path(paths.Add(PacketRoute{}, packet_bytes, RtoInfo{})) {}
  void OnT3(Path&) override {}
  void OnHeartbeatTimer(Path&) override {}
  void OnRecoveryTimer(Path&) override {}
  void OnMtuTimer(Path&) override {}
  void OnPathChange(const Path&) override {}

  TimerQueue timers;
  PathSet paths{timers, *this};
  SegmentPool pool;
  Path& path;
};

}  // namespace mailport::sctp::test
