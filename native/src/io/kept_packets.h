// Packets that a full socket did not take, in order, until it takes them. Packets beyond a bound are lost, as on a network.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "outgoing_packets.h"
#include "udp_send.h"

namespace mailport::io {

class KeptPackets {
 public:
  // More than this on its way out would only be delay.
  static constexpr size_t kMaxBytes = 512 * 1024;

  bool empty() const { return packets_ == nullptr; }
  // Keeps copies of `runs` from `from` on, behind what is kept.
  void Add(std::span<const PacketRun> runs, SendPosition from);
  // Passes the packets to `send`, which answers as UdpSocket::Send does. True if all of them have gone.
  template <typename Send>
  bool SendBy(Send send) {
    if (packets_ == nullptr || send(packets_->runs(), &position_)) {
      packets_.reset();
      return true;
    }
    return false;
  }

 private:
  // Makes room where packets have gone.
  void Compact();

  std::unique_ptr<OutgoingPackets> packets_;
  SendPosition position_;  // In the runs of packets_.
};

}  // namespace mailport::io
