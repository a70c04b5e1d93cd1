// Two engines with any number of associations between one socket of each, and a network between them that loses nothing, takes no time of its own and keeps its
// memory: whatever is allocated in a run is the engines'.
#pragma once

#include <vector>

#include "check.h"
#include "engine.h"
#include "random.h"

namespace mailport::sctp::test {

class Crowd;

class CrowdHost final : public Host {
 public:
  CrowdHost(Crowd& crowd, uint64_t seed);

  uint8_t* ReservePacket(size_t capacity) override;
  void CommitPacket(const PacketRoute& route, size_t length, bool may_be_fragmented) override;
  size_t MaxPacketBytes(CarrierId, const IpAddress&) override { return 1452; }
  bool AddressesOf(CarrierId, std::vector<IpAddress>*) override { return false; }
  CarrierId CarrierTo(std::span<const CarrierId> carriers, const IpAddress&) override { return carriers[0]; }
  bool Deliver(SocketId socket, const Item& item) override;
  void FillRandom(std::span<uint8_t> out) override { random_.Fill(out); }

  Engine engine;
  SocketId socket = 0;
  std::vector<AssocId> assocs;  // In the order in which they came up.
  uint64_t messages = 0;        // That have come.
  size_t ended = 0;             // Associations that have.
  std::vector<AssocId> to_answer;  // Where `answers`: who has sent since.
  bool answers = false;
  bool is_off = false;  // Packets neither come nor go.

 private:
  friend class Crowd;
  Crowd& crowd_;
  Random random_;
  std::vector<uint8_t> reserved_;
};

class Crowd {
 public:
  static constexpr uint16_t kPort = 5000;

  explicit Crowd(uint64_t seed = 1);
  // So many associations more, up at both ends.
  void Establish(size_t count);
  // Every association of the client sends one message; all arrive, and are acknowledged as far as they are at once.
  void RoundFromClient(Bytes data);
  // What happens at the present time, and what answers it.
  void Settle();
  // Gives back what the network keeps, so that what is in use is the engines'.
  void TrimNetwork();
  // Time goes by in steps, with all that it brings.
  void RunFor(TimeUs duration, TimeUs step = 10'000);

  TimeUs now = 1'000'000'000;
  CrowdHost client, server;
  uint64_t packets = 0;

 private:
  friend class CrowdHost;
  struct Packet {
    CrowdHost* to;
    PacketRoute route;
    size_t begin, length;
  };
  struct Wire {
    std::vector<Packet> packets;
    std::vector<uint8_t> bytes;
  };
  void Turn();

  Wire leaving_, arriving_;
  uint32_t called_ = 0;
};

}  // namespace mailport::sctp::test
