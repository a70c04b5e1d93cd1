// What an SCTP stack offers to its binding (sctp_binding.h): SctpStack of native/contract/sctp.ts without JavaScript values. Failures are positive
// errno values. A stack is made for one JavaScript environment, and alive until the environment ends.
#pragma once

#include <napi.h>

#include <cerrno>
#include <span>
#include <string>
#include <vector>

#include "../sctp/engine.h"
#include "carrier_request.h"
#include "counters.h"

namespace mailport::addon {

// SctpOpenParams of native/contract/sctp.ts.
struct OpenRequest {
  uint16_t port = 0;
  std::vector<sctp::IpAddress> addresses;  // None: any.
  uint8_t family = 4;
  bool one_to_one = false;
  bool ipv6_only = false;
  uint16_t encaps_port = 0;
  uint16_t remote_encaps_port = 0;
  uint32_t recbuf = 0;
  bool reuse_address = false;
  std::string device;             // The only one to send and receive by; empty: any.
  std::string network_namespace;  // File that stands for it; empty: that of the process.
  bool over_ip = false;  // SCTP of IP itself, without UDP.
  std::vector<uint32_t> carriers;  // Carriers of JavaScript's; none: UDP sockets.

  // Whether a socket like this can have peers with such an address.
  bool CanReach(const sctp::IpAddress& address) const { return address.family == family || (family == 6 && !ipv6_only); }
};

struct BoundName {
  std::vector<sctp::IpAddress> addresses;
  uint16_t port = 0;
  uint16_t udp_port = 0;
};

class SctpStack {
 public:
  virtual ~SctpStack() = default;

  virtual const char* name() const = 0;
  // Whether one SendMany costs less than as many calls of Send.
  virtual bool takes_runs() const { return false; }
  // The environment is ending: nothing below may be called any more.
  virtual bool ended() const = 0;
  // The process exits without ending the environment: last words to peers, if the stack owes them any.
  virtual void OnProcessExit() = 0;

  virtual int Open(const OpenRequest& request, sctp::SocketId* socket) = 0;
  // A backlog of 0 ends listening; a backlog above the system's limit counts as the limit.
  virtual int Listen(sctp::SocketId socket, uint32_t backlog) = 0;
  virtual int Connect(sctp::SocketId socket, const std::vector<sctp::IpAddress>& addresses, uint16_t port, bool watch,
                      sctp::AssocId* assoc) = 0;
  virtual void Unwatch(sctp::SocketId socket, sctp::AssocId assoc) = 0;
  virtual int Send(sctp::SocketId socket, const sctp::SendParams& params, sctp::Bytes data) = 0;
  // Sends in order, until one is not taken.
  virtual sctp::SendsTaken SendMany(sctp::SocketId socket, std::span<const sctp::SendRequest> requests) {
    sctp::SendsTaken taken;
    for (const auto& [params, data] : requests) {
      taken.error = Send(socket, params, data);
      if (taken.error != 0) break;
      taken.count++;
    }
    return taken;
  }
  virtual void SetCredit(sctp::SocketId socket, sctp::Credit credit) = 0;
  // Moves what the socket may deliver into the batch, and answers how many records. See Delivery::Drain.
  virtual size_t Drain(Napi::Env env, sctp::SocketId socket) = 0;
  virtual int Accept(sctp::SocketId socket, sctp::SocketId* accepted) = 0;
  virtual int Bindx(sctp::SocketId socket, const std::vector<sctp::IpAddress>& addresses, bool add) = 0;
  // Re-configuration (RFC 6525). Directions: 1 incoming, 2 outgoing; no streams: all of them.
  virtual int ResetStreams(sctp::SocketId socket, sctp::AssocId assoc, uint32_t directions, const std::vector<uint32_t>& streams) = 0;
  virtual int ResetAssociation(sctp::SocketId socket, sctp::AssocId assoc) = 0;
  virtual int AddStreams(sctp::SocketId socket, sctp::AssocId assoc, uint16_t inbound, uint16_t outbound) = 0;
  virtual int PeelOff(sctp::SocketId socket, sctp::AssocId assoc, sctp::SocketId* peeled) = 0;
  virtual int Close(sctp::SocketId socket, bool abort) = 0;
  // ENOTSUP: what the stack cannot do.
  virtual int SetOption(sctp::SocketId socket, sctp::Option option, const sctp::OptionKey& key, const std::vector<uint32_t>& values) = 0;
  virtual int GetOption(sctp::SocketId socket, sctp::Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values) = 0;
  virtual int SockName(sctp::SocketId socket, BoundName* name) = 0;
  virtual int LocalNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::IpAddress>* addresses) = 0;
  virtual int PeerNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::PeerName>* names) = 0;
  virtual sctp::AssocId FindAssociation(sctp::SocketId socket, const sctp::IpAddress& peer, uint16_t port) = 0;
  virtual void QueuedBytes(sctp::SocketId socket, size_t* in, size_t* out) = 0;
  virtual Counters Stats() = 0;

  // Carriers whose packets JavaScript brings to their receivers, see native/contract/carrier.ts. ENOTSUP: the stack has none.
  virtual int OpenCarrier(CarrierRequest, sctp::CarrierId*) { return ENOTSUP; }
  virtual int CloseCarrier(sctp::CarrierId, bool) { return ENOTSUP; }
  virtual int Input(sctp::CarrierId, const PacketOrigin&, sctp::Bytes) { return ENOTSUP; }
  virtual Counters CarrierStats(sctp::CarrierId) { return {}; }

 protected:
  SctpStack() = default;
  SctpStack(const SctpStack&) = delete;
  SctpStack& operator=(const SctpStack&) = delete;
};

// A stack whose caller tells the time and makes the turns: SteppedSctpStack of native/contract/stepped.ts.
class SteppedStack : public SctpStack {
 public:
  virtual void SetTime(sctp::TimeUs now) = 0;
  virtual size_t Step(Napi::Env env) = 0;
  virtual sctp::TimeUs NextStep() const = 0;
  // Nobody has the port that the packet was sent to, and the receiver's host says so by ICMP.
  virtual int Refused(sctp::CarrierId carrier, const PacketOrigin& by, sctp::Bytes packet) = 0;
  // A packet of that carrier was lost on its way, as only packets of so many bytes pass, and whoever lost it says so.
  virtual int TooBig(sctp::CarrierId carrier, const PacketOrigin& to, sctp::Bytes packet, size_t bytes) = 0;
};

}  // namespace mailport::addon
