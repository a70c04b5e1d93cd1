// Setting up (RFC 9260 section 5): INIT, COOKIE ECHO and T1 of the end that calls, and the tags that tie a cookie to an association that is there
// already (5.2.2). The end that is called keeps nothing until the cookie comes back: see InitResponder.
#pragma once

#include <vector>

#include "capabilities.h"
#include "context.h"
#include "cookie.h"
#include "packet/packet.h"
#include "timers.h"

namespace mailport::sctp {

class Handshake {
 public:
  // What is set up.
  class View {
   public:
    virtual ~View() = default;
    virtual Offer OfferNow() const = 0;
    virtual const InitMsg& init_options() const = 0;
    virtual const Terms& terms() const = 0;
    virtual void SetTerms(const Terms& terms) = 0;
    // A COOKIE ECHO, with what is queued for the peer behind it if there is room.
    virtual void SendCookieEcho(Bytes cookie) = 0;
    // The peer's INIT ACK has come: the terms are whole.
    virtual void OnPeerKnown(const PacketRoute& from, const ListedAddresses& listed) = 0;
    virtual void OnEstablished(AssocState change) = 0;
  };

  Handshake(Context& context, View& view, const PathSet& paths, TimerQueue& timers);

  // Calls the peer.
  void Start();
  // The peer's cookie, or its COOKIE ACK, has come: there is nothing left to wait for.
  void Complete();

  void Stop() { t1_.Stop(); }

  // Of these each is false if the chunk does not belong here.
  bool OnInitAck(const PacketRoute& from, const Chunk& chunk);
  bool OnCookieAck();
  bool OnStaleCookie(uint32_t staleness_us);

  // Marks a cookie as one for a peer of this association that begins again, and knows it again.
  void Tie(CookieState* cookie);
  bool IsTiedTo(const CookieState& cookie) const;
  // Cookies for the peer's life before this one are void.
  void Untie() { local_tie_tag_ = 0; }

 private:
  void SendInit();
  void EchoCookie();
  void StartT1();
  void OnT1();
  // Nothing can be built on the INIT ACK: the peer and the user hear of it.
  void Refuse(const InitChunk& init, InitError error);
  void ReportUnknown(const InitChunk& init);

  Context& context_;
  View& view_;
  const PathSet& paths_;
  uint32_t attempts_ = 0;
  uint32_t stale_cookies_ = 0;
  uint32_t cookie_preservative_ms_ = 0;
  uint32_t local_tie_tag_ = 0, peer_tie_tag_ = 0;  // 0 until an INIT makes them necessary.
  std::vector<uint8_t> cookie_;                    // To be echoed.
  Timer t1_;
};

}  // namespace mailport::sctp
