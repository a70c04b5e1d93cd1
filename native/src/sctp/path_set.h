// The paths to a peer, and how often the peer or one path has not answered (RFC 9260 sections 8.1, 8.2). Each path has its T3 and its heartbeat timer here, and
// its number, by which chunks on their way name it. So far there is one path: the one that the association began with.
#pragma once

#include <memory>
#include <vector>

#include "path.h"
#include "timers.h"

namespace mailport::sctp {

// Receives the events of paths.
class PathOwner {
 public:
  virtual ~PathOwner() = default;
  virtual void OnT3(Path& path) = 0;
  virtual void OnHeartbeatTimer(Path& path) = 0;
  // The path answers again, or no longer.
  virtual void OnPathChange(const Path& path) = 0;
};

class PathSet {
 public:
  PathSet(TimerQueue& timers, PathOwner& owner) : timers_(timers), owner_(owner) {}
  PathSet(const PathSet&) = delete;
  PathSet& operator=(const PathSet&) = delete;

  Path& Add(const PacketRoute& route, size_t max_packet_bytes, const RtoInfo& rto);

  Path& operator[](size_t index) { return ways_[index]->path; }
  const Path& operator[](size_t index) const { return ways_[index]->path; }
  // The path for everything that is not bound to one: control chunks, and options about the primary path of RFC 6458.
  Path& primary() { return (*this)[0]; }
  const Path& primary() const { return (*this)[0]; }
  // The path that new data and retransmissions take next.
  Path& Next() { return primary(); }

  Timer& T3(const Path& path) { return ways_[path.index]->t3; }
  Timer& HeartbeatTimer(const Path& path) { return ways_[path.index]->heartbeat; }
  template <typename Each>
  void ForEach(Each each) {
    for (const auto& way : ways_) each(way->path);
  }

  void StopTimers();

  // No answer came. False: the peer has now been silent more often in a row than it may be.
  bool CountError(Path& path, uint32_t most_of_path, uint32_t most_of_peer);
  // The peer takes data, on those paths that the acknowledgement at hand tells of.
  void ClearErrors();
  // Only the path has answered.
  void ClearPathErrors(Path& path);
  void ClearPeerErrors() { peer_errors_ = 0; }

 private:
  struct Way {
    Way(PathSet& the_set, const PacketRoute& route, size_t max_packet_bytes, const RtoInfo& rto);
    PathSet& set;
    Path path;
    Timer t3, heartbeat;
  };

  TimerQueue& timers_;
  PathOwner& owner_;
  std::vector<std::unique_ptr<Way>> ways_;
  uint32_t peer_errors_ = 0;
};

}  // namespace mailport::sctp
