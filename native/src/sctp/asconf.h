// Changes of addresses while an association is there (RFC 5061): tells the peer of ours, one ASCONF at a time, and obeys the peer's requests about its own. Both are
// always authenticated: an association without authenticated chunks has no Asconf.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "context.h"
#include "packet/asconf_chunk.h"
#include "timers.h"

namespace mailport::sctp {

class Asconf {
 public:
  // The association.
  class View {
   public:
    virtual ~View() = default;
    // A request of the peer, which came from `from`. kCauseNone: done. kCauseLater: not yet, the peer is to ask again.
    virtual Cause AddPeerAddress(const IpAddress& address, const PacketRoute& from) = 0;
    virtual Cause DeletePeerAddress(const IpAddress& address, const PacketRoute& from) = 0;
    virtual Cause DeleteOtherPeerAddresses(const PacketRoute& from) = 0;
    virtual Cause PreferPeerAddress(const IpAddress& address) = 0;
    // Sends an answer to where the request came from.
    virtual void SendAsconfAck(const PacketRoute& from, Bytes value) = 0;
    // An address of ours that the peer knows; the any address if we do not know which.
    virtual IpAddress KnownAddress() const = 0;
    // The peer knows another address of ours.
    virtual void OnAddressTold(const IpAddress& address) = 0;
    // From now on nothing leaves from that address. False: it is the last one, or the peer does not know it.
    virtual bool LeaveAddress(const IpAddress& address) = 0;
  };
  // Never on the wire.
  static constexpr Cause kCauseLater = static_cast<Cause>(UINT16_MAX);
  static constexpr size_t kMaxRequests = 64;     // Of one ASCONF of the peer's.
  static constexpr size_t kMaxAnswerBytes = 1200;
  static constexpr size_t kMaxWaiting = 64;      // Of ours.

  Asconf(Context& context, View& view, PathSet& paths, TimerQueue& timers, uint32_t local_initial_tsn, uint32_t peer_initial_tsn);

  // Each waits until what was asked for before has been answered. Beyond kMaxWaiting they are dropped.
  void Add(const IpAddress& address) { Ask(kParamAddIp, address); }
  void Delete(const IpAddress& address) { Ask(kParamDeleteIp, address); }
  void SetPeerPrimary(const IpAddress& address) { Ask(kParamSetPrimary, address); }

  // A request to delete the address has not left yet.
  bool IsToDelete(const IpAddress& address) { return NotLeft(kParamDeleteIp, address) != waiting_.end(); }

  // Each returns false if the chunk does not belong here.
  bool OnAsconf(const PacketRoute& from, const Chunk& chunk);
  bool OnAck(const Chunk& chunk);
  // Queues an ASCONF if one is due.
  void QueueIfDue() { SendNext(); }
  // The peer does not know ASCONF after all.
  void GiveUp();
  void Stop() { t4_.Stop(); }
  // A request of ours has no answer yet.
  bool IsAsking() const { return !value_.empty(); }

 private:
  struct Request {
    uint16_t type;
    IpAddress address;
  };
  // Requests in one ASCONF of ours.
  static constexpr size_t kMaxTogether = 8;

  void Ask(uint16_t type, const IpAddress& address);
  // That request, if it has not left yet.
  std::deque<Request>::iterator NotLeft(uint16_t type, const IpAddress& address);
  bool MayBeSent() const;
  void SendNext();
  void Send();
  void OnT4();
  Cause Obey(const AsconfParam& request, const PacketRoute& from);
  // False: the peer is to ask again.
  bool ObeyAll(Bytes requests, const PacketRoute& from, std::vector<uint8_t>* answer);

  Context& context_;
  View& view_;
  PathSet& paths_;
  Timer t4_;
  std::deque<Request> waiting_;   // The first `asked_` are under way.
  size_t asked_ = 0;
  uint32_t next_serial_;
  std::vector<uint8_t> value_;    // Of the ASCONF that is under way; empty if there is none.
  uint32_t peer_serial_;          // The last request that was obeyed.
  std::vector<uint8_t> answer_;   // To that one: the peer may not have got it.
};

}  // namespace mailport::sctp
