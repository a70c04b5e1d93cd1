// Two hosts with several addresses each (homes.h) that may change them while an association is there (RFC 5061), and requests of the client that the test makes and signs.
#pragma once

#include "authentication.h"
#include "hex.h"
#include "homes.h"

namespace mailport::sctp::test {

struct Readdressing : Homes {
  explicit Readdressing(size_t client_homes = 1, size_t server_homes = 1, uint64_t seed = 1) : Homes(client_homes, server_homes, seed) {
    Offer(client, client_socket);
    Offer(server, server_socket);
    net.tap = [this](SimHost& from, SimHost& to, std::vector<uint8_t>& packet) {
      for (const ChunkView& chunk : ChunksOf(packet)) {
        const bool is_ours = (&from == &client && &to == &server) || (&from == &server && &to == &client);
        if (is_ours && (chunk.type == kChunkInit || chunk.type == kChunkInitAck)) {
          (&from == &client ? tag_to_client : tag_to_server) = chunk.Word(0);
          (&from == &client ? client_tsn : server_tsn) = chunk.Word(12);
          (&from == &client ? keys.client_vector : keys.server_vector) = KeyVectorOf(packet);
        }
        if (chunk.type == kChunkAsconf || chunk.type == kChunkAsconfAck) seen.push_back({&from, packet});
      }
      return !tap || tap(from, to, packet);
    };
  }
  static void Offer(SimHost& host, SocketId socket) {
    EXPECT_EQ(host.Set(socket, Option::kAuthSupported, 0, {1}), 0);
    EXPECT_EQ(host.Set(socket, Option::kAsconfSupported, 0, {1}), 0);
  }
  int AddHome(SimHost& host, SocketId socket, const IpAddress& address, uint16_t port) {
    host.engine->SetNow(net.now());
    return host.engine->AddCarrier(socket, host.CarrierAt(address, port));
  }
  int AddClientHome(size_t home) { return AddHome(client, client_socket, ClientAt(home), kClientPort); }
  int RemoveClientHome(size_t home) {
    client.engine->SetNow(net.now());
    return client.engine->RemoveCarrier(client_socket, client.CarrierAt(ClientAt(home), kClientPort));
  }
  std::string ServerChanges() { return Changes(server.Take(server_socket)); }
  std::string ClientChanges() { return Changes(client.Take(client_socket)); }
  // The ASCONFs and ASCONF-ACKs that either end has sent.
  size_t Count(const SimHost& host, uint8_t type) const {
    size_t count = 0;
    for (const auto& [from, packet] : seen) count += from == &host && HasChunk(packet, type);
    return count;
  }

  // --- The test in the client's place
  static std::vector<uint8_t> AddressParam(const IpAddress& address) {
    std::vector<uint8_t> param(address.family == 4 ? 8 : 20);
    param[1] = address.family == 4 ? 5 : 6;
    param[3] = static_cast<uint8_t>(param.size());
    std::copy(address.bytes.begin(), address.bytes.begin() + (address.family == 4 ? 4 : 16), param.begin() + 4);
    return param;
  }
  static std::vector<uint8_t> Request(uint16_t type, uint32_t id, const IpAddress& address) {
    const auto param = AddressParam(address);
    std::vector<uint8_t> request(8);
    Store16(&request[0], type);
    Store16(&request[2], static_cast<uint32_t>(8 + param.size()));
    Store32(&request[4], id);
    request.insert(request.end(), param.begin(), param.end());
    return request;
  }
  // An ASCONF with the client's serial number `number` (the first one is 0), not signed.
  std::vector<uint8_t> Ask(uint32_t number, const std::vector<std::vector<uint8_t>>& requests, const IpAddress& named = Ipv4(0, 0, 0, 0)) const {
    std::vector<uint8_t> body(4);
    Store32(&body[0], client_tsn + number);
    const auto param = AddressParam(named);
    body.insert(body.end(), param.begin(), param.end());
    for (const auto& request : requests) body.insert(body.end(), request.begin(), request.end());
    return PacketBuilder(kClientPort, kServerPort, tag_to_server).Chunk(kChunkAsconf, 0, body).Done();
  }
  // The server gets the packet, signed, as from that address. Gives the body of its ASCONF-ACK behind the serial number, or "none". The client, which has not
  // asked, does not get it.
  std::string Answer(const std::vector<uint8_t>& packet, const IpAddress& from, bool signs = true) {
    std::string answer = "none";
    const Tap before = tap;
    const auto watched = net.watch;
    tap = [&](SimHost& host, SimHost& to, std::vector<uint8_t>& sent) { return !HasChunk(sent, kChunkAsconfAck) && (!before || before(host, to, sent)); };
    net.watch = [&](const IpAddress& source, const IpAddress& to, Bytes sent) {
      for (const auto& chunk : ChunksOf(sent))
        if (source == ServerAt(0) && chunk.type == kChunkAsconfAck) answer = ToHex(chunk.body.subspan(4));
      if (watched) watched(source, to, sent);
    };
    server.Inject({.carrier = server.CarrierAt(ServerAt(0), kServerPort), .local = ServerAt(0), .remote = from, .remote_udp_port = kClientPort},
                  signs ? keys.Signed(packet) : packet);
    net.Settle();
    tap = before;
    net.watch = watched;
    return answer;
  }

  Authentication keys;  // Only what it knows of keys is used.
  Tap tap;
  uint32_t tag_to_client = 0, tag_to_server = 0, client_tsn = 0, server_tsn = 0;
  std::vector<std::pair<SimHost*, std::vector<uint8_t>>> seen;
};

constexpr uint16_t kAdd = 0xC001, kDelete = 0xC002, kPrefer = 0xC004;

}  // namespace mailport::sctp::test
