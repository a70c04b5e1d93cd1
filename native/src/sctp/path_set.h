// The paths to a peer, one for each of its addresses, and how often the peer or one path has not answered (RFC 9260 sections 8.1, 8.2). Each path has its T3, its
// heartbeat timer and the timers of RFC 8985 and RFC 8899 here, and its number, by which chunks on their way name it. The set also says which way data takes next (sections 6.4,
// 6.4.1), with the state "potentially failed" of RFC 7829 between active and inactive.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "lazily.h"
#include "path.h"
#include "timers.h"

namespace mailport::sctp {

// Receives the events of paths.
class PathOwner {
 public:
  virtual ~PathOwner() = default;
  virtual void OnT3(Path& path) = 0;
  virtual void OnHeartbeatTimer(Path& path) = 0;
  // A loss may show by now, or a probe is due.
  virtual void OnRecoveryTimer(Path& path) = 0;
  // A probe of the path's MTU was not answered.
  virtual void OnMtuTimer(Path& path) = 0;
  // The path answers again, or no longer.
  virtual void OnPathChange(const Path& path) = 0;
};

class PathSet {
 public:
  PathSet(TimerQueue& timers, PathOwner& owner) : timers_(timers), owner_(owner) {}
  PathSet(const PathSet&) = delete;
  PathSet& operator=(const PathSet&) = delete;

  Path& Add(const PacketRoute& route, size_t max_packet_bytes, const RtoInfo& rto);
  // Forgets a path, which is not the last one, and on which nothing is on its way. The others keep their numbers.
  void Remove(Path& path);
  // Forgets all paths. Only while nothing is on its way.
  void Clear();

  Path& operator[](size_t index) { return index == 0 ? *first_ : *(*further_)[index - 1]; }
  const Path& operator[](size_t index) const { return const_cast<PathSet&>(*this)[index]; }
  bool Has(size_t index) const { return index == 0 ? first_.has_value() : index < numbers_ && (*further_)[index - 1] != nullptr; }
  size_t size() const { return count_; }
  // The path to an address of the peer; null if there is none.
  Path* Find(const IpAddress& address);
  const Path* Find(const IpAddress& address) const { return const_cast<PathSet*>(this)->Find(address); }

  // The path that the user has chosen, or the one that the association began with (RFC 6458 section 8.1.9).
  Path& primary() { return (*this)[primary_]; }
  const Path& primary() const { return (*this)[primary_]; }
  void SetPrimary(const Path& path);
  // The path that data, retransmissions and control chunks take next: the primary one, unless it fails.
  Path& Next() { return (*this)[next_]; }
  const Path& Next() const { return (*this)[next_]; }
  // The path for acknowledgements: that of the data, or another one if the peer seems not to get them (section 6.4).
  Path& Reply();
  void NoteData(const Path* from, bool duplicate);

  // Active, but not beyond doubt: it has not answered once, and alternates are better (RFC 7829 section 4; PFMR is 0, as on Linux).
  bool IsPotentiallyFailed(const Path& path) const { return count_ > 1 && path.confirmed && path.active && path.error_count != 0; }
  void Confirm(Path& path);
  // Of the addresses that were called, this one has answered: it takes what follows, whatever the primary one is.
  void PreferAnswered(const IpAddress& address);

  // Timers of the data that the path carries: to look at them, or to stop them, makes none.
  Timer& T3(const Path& path) { return TimersOf(path).t3; }
  Timer& RecoveryTimer(const Path& path) { return TimersOf(path).recovery; }
  Timer& MtuTimer(const Path& path) { return TimersOf(path).mtu; }
  TimeUs T3EndsAt(const Path& path) const {
    const Way& way = static_cast<const Way&>(path);
    return way.timers == nullptr ? kNever : way.timers->t3.deadline();
  }
  bool T3IsRunning(const Path& path) const { return T3EndsAt(path) != kNever; }
  void StopT3(const Path& path) { Stop(path, &DataTimers::t3); }
  void StopRecoveryTimer(const Path& path) { Stop(path, &DataTimers::recovery); }
  void StopMtuTimer(const Path& path) { Stop(path, &DataTimers::mtu); }
  Timer& HeartbeatTimer(const Path& path) { return WayOf(path).heartbeat_timer; }
  template <typename Each>
  void ForEach(Each each) {
    ForEachWay([&](Way& way) { each(static_cast<Path&>(way)); });
  }
  template <typename Each>
  void ForEach(Each each) const {
    const_cast<PathSet*>(this)->ForEachWay([&](const Way& way) { each(static_cast<const Path&>(way)); });
  }

  size_t FlightBytes() const;
  TimerQueue& timers() const { return timers_; }
  // Gives back what only data needs. All is acknowledged, and nothing has left this way for a while.
  void Trim(Path& path);
  void StopTimers();

  // No answer came on the path. False: the peer has now been silent more often in a row than it may be.
  bool CountError(Path& path, uint32_t most_of_peer);
  // No answer came, which says nothing of the peer.
  void CountPathError(Path& path);
  // The peer takes data, on those paths that the acknowledgement at hand tells of.
  void ClearErrors();
  // Only the path has answered.
  void ClearPathErrors(Path& path);
  void ClearPeerErrors() { peer_errors_ = 0; }

 private:
  struct Way;
  struct DataTimers {
    explicit DataTimers(Way& way);
    Timer t3, recovery, mtu;
  };
  // What every path of the set is.
  struct Way final : Path {
    Way(PathSet& the_set, const PacketRoute& route, size_t max_packet_bytes, const RtoInfo& rto);
    PathSet& set;
    Timer heartbeat_timer;
    std::unique_ptr<DataTimers> timers;  // Null until data leaves, and again once there has been none for a while.
  };
  static Way& WayOf(const Path& path) { return const_cast<Way&>(static_cast<const Way&>(path)); }
  DataTimers& TimersOf(const Path& path) {
    Way& way = WayOf(path);
    if (way.timers == nullptr) [[unlikely]]
      way.timers = std::make_unique<DataTimers>(way);
    return *way.timers;
  }
  void Stop(const Path& path, Timer DataTimers::* which) {
    Way& way = WayOf(path);
    if (way.timers != nullptr) ((*way.timers).*which).Stop();
  }

  bool IsGood(const Path& path) const { return path.confirmed && path.active && path.error_count == 0; }
  // Chooses Next() anew.
  void Choose();

  TimerQueue& timers_;
  PathOwner& owner_;
  // While there are few, a path gets a number that none has had before: data that waits to be read names its path by it.
  static constexpr size_t kFreshNumbers = 32;

  template <typename Each>
  void ForEachWay(Each each) {
    if (first_) each(*first_);
    if (!further_.exists()) return;
    for (const std::unique_ptr<Way>& way : *further_)
      if (way != nullptr) each(*way);
  }

  std::optional<Way> first_;  // Nearly all associations have this one alone, beside what else they need for a packet.
  Lazily<std::vector<std::unique_ptr<Way>>> further_;  // By their numbers, from 1 on; null where a path has been forgotten.
  uint32_t peer_errors_ = 0;
  uint16_t numbers_ = 0;  // That have been given.
  uint16_t count_ = 0;
  uint8_t primary_ = 0, next_ = 0, reply_ = 0;
};

}  // namespace mailport::sctp
