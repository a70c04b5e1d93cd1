// A non-blocking socket of the kernel's SCTP (RFC 6458 on Linux), one-to-many or one-to-one. What libsctp offers is done by the socket options
// below it. Opening, binding and closing are in socket.cc, associations in associations.cc, sending in send.cc, options in set_options.cc and
// read_options.cc, addresses and look-ups in names.cc; receiving is a class of its own (receive_batch.h). Elsewhere than on Linux every call
// answers ENOTSUP (not_linux.cc).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "../io/socket_address.h"
#include "../io/unique_fd.h"
#include "../sctp/option.h"
#include "send_shares.h"

namespace mailport::kernel_sctp {

// A send buffer as the kernel counts it, its overhead included. Zeros if the kernel does not say.
struct SendBuffer {
  size_t size = 0;
  size_t free = 0;
};

struct SocketParams {
  std::vector<sctp::IpAddress> addresses;  // To bind; none: any.
  uint16_t port = 0;                 // 0: the kernel picks.
  uint8_t family = 4;                // 4, or 6, which carries IPv4 too unless `ipv6_only`.
  bool one_to_one = false;
  bool ipv6_only = false;
  uint16_t encaps_port = 0;         // RFC 6951. Linux has one for all sockets, net.sctp.udp_port. 0: that one.
  uint16_t remote_encaps_port = 0;  // 0: plain SCTP.
  bool reuse_address = false;       // Has an effect if every socket of the port has it (LS-7).
  bool beside_own = false;          // The port may be opened beside associations that closed sockets of ours have left there, see LeavePort.
  std::string device;               // The only one to send and receive by; empty: any.
  std::string network_namespace;    // File that stands for it; empty: that of the process.
  size_t receive_bytes = 0;         // Wanted for the windows; the kernel may give less.
  size_t send_bytes = 0;
};

class Socket : public SendShares::Kernel {
 public:
  // 0 if this kernel has SCTP, else the errno that says why not.
  static int Probe();
  // 0 or a positive errno; `socket` is set only on 0. ENOTSUP: the kernel has no such encapsulation port.
  static int Open(const SocketParams& params, std::unique_ptr<Socket>* socket);
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  // Closes gracefully: the kernel shuts the associations down, or aborts them if it holds unread data of one (CL-10).
  ~Socket() override;

  int Listen(uint32_t backlog);  // 0: no longer.
  // The next association that has come to a listening one-to-one socket. EAGAIN: none; EINVAL: not listening; EOPNOTSUPP: one-to-many.
  int Accept(std::unique_ptr<Socket>* accepted);
  // Adds local addresses, or takes them away: all or none.
  int Bindx(std::span<const sctp::IpAddress> addresses, bool add);
  // Starts an association; its id is known at once.
  int Connect(std::span<const sctp::IpAddress> addresses, uint16_t port, sctp::AssocId* assoc);
  int Send(const sctp::SendParams& params, sctp::Bytes data);
  // One after the other, as far as they are taken.
  sctp::SendsTaken SendMany(std::span<const sctp::SendRequest> requests);
  // `epoll`: the instance that will poll the new socket. If it has no room for the socket (EMFILE, ENFILE, ENOMEM), nothing has happened.
  int PeelOff(sctp::AssocId assoc, int epoll, std::unique_ptr<Socket>* peeled);
  // Re-configuration (RFC 6525), which has to be enabled (SCTP_ENABLE_STREAM_RESET). Directions: 1 incoming, 2 outgoing.
  int ResetStreams(sctp::AssocId assoc, uint32_t directions, std::span<const uint32_t> streams);
  int ResetAssociation(sctp::AssocId assoc);
  int AddStreams(sctp::AssocId assoc, uint16_t inbound, uint16_t outbound);
  // Closing will abort the associations.
  void AbortOnClose();
  // The socket is about to be closed. While its associations shut down, other sockets of ours may open its port.
  void LeavePort();
  // Aborts the association of a one-to-one socket. The kernel does that only when the descriptor is closed, so calls on the socket answer EINVAL from
  // then on, and sends EPIPE. No poll may be active.
  void AbortAndClose();
  // Takes a pending error off the socket.
  void ClearError();
  // Whether a poll would report that there is room for sends, if it looked now.
  bool IsWritable() const;

  // ENOTSUP: this kernel has no such option.
  int SetOption(sctp::Option option, const sctp::OptionKey& key, std::span<const uint32_t> values);
  int GetOption(sctp::Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values) const;

  // Bound addresses, in the order they were bound in, or the any address alone.
  int SockName(std::vector<sctp::IpAddress>* addresses, uint16_t* port) const;
  // Own addresses of an association; of the only one of a one-to-one socket, whatever `assoc` is.
  int LocalNames(sctp::AssocId assoc, std::vector<sctp::IpAddress>* addresses) const;
  // Peers' addresses of one association, or of all with `assoc` 0.
  int PeerNames(sctp::AssocId assoc, std::vector<sctp::PeerName>* names) const;
  sctp::AssocId FindAssociation(const sctp::IpAddress& peer, uint16_t port) const;
  // Of a one-to-one socket, whatever `assoc` is.
  bool HasAssociation(sctp::AssocId assoc = 0) const;
  // The kernel's count for both buffers, its overhead included.
  void QueuedBytes(size_t* in, size_t* out) const;
  // SendShares::Kernel
  bool IsShared() const override;
  size_t BufferBytes() const override;
  size_t QueuedBytes() const override;
  bool IsDry(sctp::AssocId assoc) const override;

  int fd() const { return fd_.get(); }
  bool one_to_one() const { return one_to_one_; }
  bool peeled() const { return peeled_; }
  // Listens as a one-to-one socket: associations wait for Accept, and there is nothing to read.
  bool awaits_accept() const { return one_to_one_ && listening_; }
  // Listens as a one-to-one socket or has done so: there may be associations that nobody has accepted.
  bool may_have_unaccepted() const { return may_have_unaccepted_; }
  // The events that the user has subscribed to, as Option::kEvents has them. The kernel also delivers events of associations and of partial delivery,
  // which the reader uses and leaves out.
  uint32_t events() const { return events_; }
  bool CanReach(const sctp::IpAddress& address) const { return address.family == family_ || (family_ == 6 && !ipv6_only_); }

 private:
  Socket(io::UniqueFd fd, uint8_t family, bool one_to_one, bool ipv6_only)
      : fd_(std::move(fd)), family_(family), one_to_one_(one_to_one), ipv6_only_(ipv6_only) {}
  int Configure(const SocketParams& params);
  int Bind(const SocketParams& params);
  int BindFirst(const sctp::IpAddress& address, uint16_t port) const;
  int Subscribe(uint32_t events);
  void NoteSendBuffer();
  // Whether options may be asked of that id: 1 and 2 name no association, though the kernel gives them a meaning (EV-20).
  bool IsOptionKey(sctp::AssocId assoc) const { return one_to_one_ || peeled_ || (assoc != 1 && assoc != 2); }
  // Wraps a one-to-one socket that the kernel has made of this one.
  std::unique_ptr<Socket> MakeBeside(io::UniqueFd fd, bool peeled) const;
  int SetAssocOption(sctp::Option option, sctp::AssocId assoc, std::span<const uint32_t> values);
  int GetAssocOption(sctp::Option option, sctp::AssocId assoc, std::vector<uint32_t>* values) const;
  // Fills in the association's defaults where they are asked for, and refuses what the kernel need not see. `before`: parameters resolved just now.
  int Resolve(sctp::SendParams* params, size_t bytes, const sctp::SendParams* before) const;
  SendBuffer ReadSendBuffer() const;
  // Makes the kernel send the messages that it was told to hold back.
  void Release(sctp::AssocId assoc);
  int ReadDefaults(sctp::SendParams* params) const;
  int PeerNamesOf(sctp::AssocId assoc, std::vector<sctp::PeerName>* names) const;
  int AssociationIds(std::vector<sctp::AssocId>* ids) const;

  io::UniqueFd fd_;
  uint8_t family_;
  bool one_to_one_;
  bool ipv6_only_;
  bool peeled_ = false;
  bool in_namespace_ = false;
  bool beside_others_ = false;  // Other sockets of ours use its port: they were peeled off or accepted from it, or are left of its predecessor.
  // It was peeled off or accepted. Then the kernel's SO_REUSEADDR is on, for the sake of the next listener; reuse_address_ is what the user has set.
  bool beside_ = false;
  bool reuse_address_ = false;
  bool bound_to_any_ = false;
  bool listening_ = false;
  bool may_have_unaccepted_ = false;
  uint32_t events_ = 0;
  size_t send_bytes_ = 0;      // Buffer, as Option::kSndbuf reads; no message may be longer (SD-10).
  bool has_defaults_ = false;  // Default send parameters have been set, so they must be asked for.
};

static_assert(!std::is_copy_constructible_v<Socket>);

}  // namespace mailport::kernel_sctp
