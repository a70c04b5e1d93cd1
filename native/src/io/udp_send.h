// Sending runs of packets in as few system calls as the kernel allows. A packet that the kernel refuses takes no other packet with it, nor does an
// error that is about another packet.
//
// On a socket that asks for ICMP errors (IP_RECVERR), an error that has arrived makes the next call fail, whatever the call sends and to whom. So
// anybody on the path can make calls fail. Such a call is made again.
#pragma once

#include <array>
#include <span>
#include <type_traits>
#include <vector>

#include "../sctp/packet/wire.h"
#include "../sctp/types.h"
#include "message_calls.h"
#include "outgoing_packets.h"

namespace mailport::io {

// Where sending stopped: in which run, and how many of its bytes have gone.
struct SendPosition {
  size_t run = 0;
  size_t offset = 0;
};

// The calls into the kernel.
class SendCalls {
 public:
  // As sendmmsg: how many were taken, or -1 with errno if the first was not.
  virtual int Send(MessageHeader* messages, unsigned count) = 0;
  // Takes the error off the socket that waits there for the next call.
  virtual void TakeError() = 0;
  // A packet that may not be fragmented is longer than what the device carries.
  virtual void OnTooBig(const sctp::PacketRoute&, sctp::Bytes) {}

 protected:
  ~SendCalls() = default;
};

// Where segmentation (UDP_SEGMENT) does not work: on the whole system, or on the way to some peers.
class Unsegmented {
 public:
  bool Has(const sctp::IpAddress& remote) const;
  void Add(const sctp::IpAddress& remote);

  bool all = false;
  static constexpr size_t kMaxRemotes = 16;  // More than that, and it is the system.

 private:
  std::vector<sctp::IpAddress> remotes_;
};

// A packet that did not leave, or did not arrive, because of its size.
struct TooBig {
  static constexpr size_t kQuotedBytes = sctp::kCommonHeaderBytes;
  sctp::PacketRoute route;
  std::array<uint8_t, kQuotedBytes> quoted;  // How it began.
  size_t mtu = 0;                            // The size that would have done, of an IP packet; 0: not known.
};

// How often a message is tried while the error may be an ICMP message's. With an error for every second call, one message in 250 is lost.
constexpr unsigned kTries = 8;
// The same of EMSGSIZE, which most often is about the message itself.
constexpr unsigned kTriesOfTooBig = 3;

// Sends `runs` from `position` on, as UdpSocket::Send has it. `choose_source`: each packet names its source address.
bool SendRuns(SendCalls& calls, uint8_t family, bool choose_source, Unsegmented* unsegmented, std::span<const PacketRun> runs,
              SendPosition* position);

}  // namespace mailport::io
