// A socket whose host had no room was noted again at every attempt to drain it, so the list of such sockets grew while the host was busy.
#include "check.h"
#include "core.h"
#include "endpoint.h"
#include "socket.h"

namespace mailport::sctp {
namespace {

class BusyHost final : public Host {
 public:
  uint8_t* ReservePacket(size_t) override { return nullptr; }
  void CommitPacket(const PacketRoute&, size_t, bool) override {}
  bool AddressesOf(CarrierId, std::vector<IpAddress>*) override { return true; }
  CarrierId CarrierTo(std::span<const CarrierId> carriers, const IpAddress&) override { return carriers.front(); }
  size_t MaxPacketBytes(CarrierId, const IpAddress&) override { return 1452; }
  bool Deliver(SocketId, const Item&) override {
    ++offers;
    return !busy;
  }
  void FillRandom(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), uint8_t{1}); }

  bool busy = true;
  int offers = 0;
};

TEST("a socket that waits for room is noted once, however often it is drained") {
  BusyHost host;
  Core core(host);
  Endpoint& endpoint = *core.EndpointFor({.carrier = 1, .port = 7});
  {
    Socket socket(core, endpoint, 1, {.carrier = 1, .port = 7});
    socket.SetCredit({10});
    Item item;
    item.kind = ItemKind::kShutdownEvent;
    item.assoc_id = 3;
    EXPECT_FALSE(socket.Deliver(item, nullptr));
    for (int i = 0; i < 5; i++) socket.Drain();
    EXPECT_EQ(host.offers, 6);
    EXPECT_EQ(core.blocked.size(), 1u);
    core.blocked.clear();
    socket.Unblock();
    socket.Drain();
    EXPECT_EQ(core.blocked.size(), 1u);
    host.busy = false;
    socket.Drain();
    EXPECT_EQ(core.stats.queued_in_items, 0u);
  }
}

}  // namespace
}  // namespace mailport::sctp
