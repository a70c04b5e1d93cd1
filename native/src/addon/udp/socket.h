// One open socket of UDP: the descriptor, its place on the loop, what it waits for, and what was read of it and is not delivered yet.
#pragma once

#include <uv.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../io/datagram_reader.h"
#include "../../io/inet_option.h"
#include "../../io/socket_name.h"
#include "../../io/unique_fd.h"
#include "../busy_wait.h"
#include "../delivery.h"
#include "../socket_poll.h"

namespace mailport::addon {

// How many datagrams to ask the kernel for. Asking for one is quickest if one has come, and asking for many if many have: what came last says what to
// expect.
class ReadAhead {
 public:
  unsigned count() const { return count_; }
  void Note(unsigned asked, unsigned got) {
    if (asked < count_) return;
    if (got < asked) {
      count_ = got <= 1 ? 1 : std::clamp(2 * got, kFew, io::DatagramReader::kMost);
    } else if (count_ > 1) {
      count_ = std::min(4 * count_, io::DatagramReader::kMost);
    } else if (++singles_ == kSingles) {
      // More may come at a time by now.
      singles_ = 0;
      count_ = kFew;
    }
  }

 private:
  static constexpr unsigned kFew = 4;
  static constexpr unsigned kSingles = 8;
  unsigned count_ = 1;
  unsigned singles_ = 0;  // Single datagrams that were asked for, and came.
};

// How large the places for datagrams are: as the longest of late, in steps. Small ones lie close together, and many fit into a batch.
class SlotSize {
 public:
  size_t bytes() const { return kBytes[step_]; }
  void Note(size_t longest) {
    if (longest > bytes()) {
      while (step_ + 1 < std::size(kBytes) && longest > bytes()) step_++;
      shorter_ = 0;
    } else if (step_ > 0 && longest <= kBytes[step_ - 1]) {
      if (++shorter_ == kShorter) {
        step_--;
        shorter_ = 0;
      }
    } else {
      shorter_ = 0;
    }
  }

 private:
  static constexpr size_t kBytes[] = {256, 2048, 16384, 65536};
  static constexpr unsigned kShorter = 16;
  size_t step_ = 1;
  unsigned shorter_ = 0;  // Reads in a row that a smaller size would have been enough for.
};

// Options with which the kernel tells more of a datagram than bytes and sender.
constexpr io::InetOption kAncillaryOptions[] = {io::InetOption::kRecvTos, io::InetOption::kRecvTtl, io::InetOption::kRecvTclass,
                                                io::InetOption::kRecvPktinfo, io::InetOption::kGro};

class UdpSocket {
 public:
  UdpSocket(sctp::SocketId id, io::InetFamily family, io::UniqueFd fd) : id(id), family(family), fd_(std::move(fd)) {}
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // A datagram that was read and could not be delivered: its record but for the words of the payload.
  struct Held {
    io::SocketName from;
    RecordBatch::Words words;
    std::vector<uint8_t> payload;
    size_t data_bytes;  // Without the sender's path.
  };

  int fd() const { return fd_.get(); }
  // Whether the socket is to be read. What is held comes first.
  bool MayRead() const { return credit.IsLeft() && held.empty(); }
  int PollEvents() const { return (MayRead() ? UV_READABLE : 0) | (wants_writable ? UV_WRITABLE : 0); }
  void ReleaseDescriptor() { (void)fd_.Release(); }

  // One of kAncillaryOptions is on, or off.
  void NoteAncillary(io::InetOption option, bool on) {
    std::erase(ancillary_, option);
    if (on) ancillary_.push_back(option);
  }
  bool has_ancillary() const { return !ancillary_.empty(); }
  // The kernel may join datagrams.
  bool has_gro() const { return std::ranges::find(ancillary_, io::InetOption::kGro) != ancillary_.end(); }

  // If a call that sends several datagrams fails behind the first, the kernel has lost the error. So a connected socket, which hears of ICMP errors, sends
  // them one by one until so many have gone well that the peer seems to be there.
  bool SendsOneByOne() const { return peer.has_value() && good_sends_ < kGoodSends; }
  void NoteSent(size_t count, bool failed) { good_sends_ = failed ? 0 : std::min<size_t>(good_sends_ + count, kGoodSends); }

  const sctp::SocketId id;
  const io::InetFamily family;

 private:
  static constexpr size_t kGoodSends = 64;
  io::UniqueFd fd_;
  std::vector<io::InetOption> ancillary_;
  size_t good_sends_ = 0;

 public:
  SocketPoll poll;  // After the descriptor, so that polling ends before it is closed.
  sctp::Credit credit;
  std::deque<Held> held;
  size_t held_bytes = 0;
  DrainMark drain_mark;

  std::optional<io::SocketName> bound;  // The name that it was bound to.
  std::optional<io::SocketName> peer;   // That it is connected to.
  uint32_t buffer_bytes = 65536;
  uint32_t read_packets = 256;
  BusyPoll busy_poll;
  bool gso = false;
  // The longest datagrams that may leave as pieces: the way of some was seen to take no longer ones.
  size_t max_segment_bytes = SIZE_MAX;
  ReadAhead read_ahead;
  unsigned joined = 1;  // How many datagrams the kernel had joined to one at most, in the last read.
  SlotSize slot_size;

  bool wants_writable = false;  // A send was refused for want of room.
  bool told_writable = false;   // kWritable has been delivered, and the kernel has taken nothing since.
  bool wants_retry = false;     // Sends were refused, and no poll tells when they may be tried again.
};

static_assert(!std::is_copy_constructible_v<UdpSocket>);

}  // namespace mailport::addon
