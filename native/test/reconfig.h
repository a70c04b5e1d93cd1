// Two ends that know RE-CONFIG and allow everything, unless the test says otherwise, and RE-CONFIG chunks of the client.
#pragma once

#include "handshake.h"
#include "packet/reconfig_chunk.h"
#include "pair.h"

namespace mailport::sctp::test {

constexpr uint32_t kAllResets = 7;
constexpr uint32_t kIn = kResetIncoming, kOut = kResetOutgoing;
constexpr uint32_t kEventsWithResets = kDefaultEvents | kReconfigEvents;

struct Reconfiguring : Pair {
  struct Setup {
    bool client_offers = true, server_offers = true, interleaves = false, partial = true;
    uint32_t client_allows = kAllResets, server_allows = kAllResets;
    uint32_t outbound = 4, most_inbound = 64;
  };
  Reconfiguring() : Reconfiguring(Setup{}) {}
  explicit Reconfiguring(const Setup& setup, uint64_t seed = 1) : Pair(seed) {
    Configure(client, client_socket, setup, setup.client_offers, setup.client_allows);
    Configure(server, server_socket, setup, setup.server_offers, setup.server_allows);
  }
  static void Configure(SimHost& host, SocketId socket, const Setup& setup, bool offers, uint32_t allows) {
    host.Set(socket, Option::kReconfigSupported, 0, {offers});
    host.Set(socket, Option::kEnableStreamReset, 0, {allows});
    host.Set(socket, Option::kEvents, 0, {kEventsWithResets});
    host.Set(socket, Option::kInitMsg, 0, {setup.outbound, setup.most_inbound, 0, 0});
    host.Set(socket, Option::kNodelay, 0, {1});
    host.Set(socket, Option::kInterleavingSupported, 0, {setup.interleaves});
    host.Set(socket, Option::kPrSupported, 0, {setup.partial});
  }

  int Reset(uint32_t directions, std::initializer_list<uint32_t> streams = {}) {
    return client.engine->ResetStreams(client_socket, client_assoc, directions, std::span(streams.begin(), streams.size()));
  }
  int RestartNumbers() { return client.engine->ResetAssociation(client_socket, client_assoc); }
  int Add(uint16_t inbound, uint16_t outbound) { return client.engine->AddStreams(client_socket, client_assoc, inbound, outbound); }
  int SendToServer(const std::string& text, uint32_t stream = 0, uint32_t flags = 0) {
    return client.Send(client_socket, client_assoc, stream, AsBytesOf(text), flags);
  }
  int SendToClient(const std::string& text, uint32_t stream = 0) { return server.Send(server_socket, server_assoc, stream, AsBytesOf(text)); }
  std::string ClientStory() { return Story(client.Take(client_socket)); }
  std::string ServerStory() { return Story(server.Take(server_socket)); }
  // Texts with the numbers that they had in their streams, and the words of the other items.
  std::string Numbered(std::vector<OwnedItem> items) {
    std::string all;
    for (OwnedItem& owned : items) {
      std::vector<OwnedItem> one;
      const bool is_data = owned.item.kind == ItemKind::kData;
      const std::string tail = is_data ? "#" + std::to_string(owned.item.ssn) : "";
      one.push_back(std::move(owned));
      all += (all.empty() ? "" : " ") + Story(one) + tail;
    }
    return all;
  }
  std::string ServerNumbered() { return Numbered(server.Take(server_socket)); }
  std::string ClientNumbered() { return Numbered(client.Take(client_socket)); }
  // Streams of the client: outbound, inbound.
  std::pair<uint32_t, uint32_t> Streams() {
    const auto status = client.Get(client_socket, Option::kStatus, client_assoc);
    return {status.at(5), status.at(4)};
  }

  // A RE-CONFIG of the client with these parameters; the numbers of requests count from the first one.
  std::vector<uint8_t> Packet(std::initializer_list<ReconfigParam> params) const {
    std::vector<uint8_t> value;
    for (const ReconfigParam& param : params) WriteReconfigParam(param, &value);
    return PacketBuilder(kClientPort, kServerPort, tag_to_server).Chunk(kChunkReconfig, 0, value).Done();
  }
  ReconfigParam Request(uint16_t type, uint32_t number, Bytes streams = {}) const {
    ReconfigParam param;
    param.type = type;
    param.sequence = client_tsn + number;
    param.answers = server_tsn - 1;
    param.last_tsn = client_tsn - 1;
    param.streams = streams;
    return param;
  }
  ReconfigParam AddRequest(uint16_t type, uint32_t number, uint16_t streams) const {
    ReconfigParam param = Request(type, number);
    param.streams_added = streams;
    return param;
  }
  // What the server sends at once when a packet comes in. None of it arrives.
  std::vector<std::vector<uint8_t>> Answers(Bytes packet) { return AnswersOf(*this, server, FromClient(), packet); }
  // The parameters in these packets.
  static std::vector<ReconfigParam> ParamsIn(const std::vector<std::vector<uint8_t>>& packets) {
    std::vector<ReconfigParam> params;
    for (const auto& packet : packets) {
      for (const ChunkView& chunk : ChunksOf(packet)) {
        if (chunk.type != kChunkReconfig) continue;
        ReconfigChunk reconfig;
        EXPECT_TRUE(ParseReconfig({chunk.type, chunk.flags, chunk.whole}, &reconfig));
        for (size_t index = 0; index < reconfig.count; ++index) params.push_back(reconfig.params[index]);
      }
    }
    return params;
  }
  // "0:1 1:2": for each response its request, counted from the client's first, and the result. Requests are named by their types.
  std::string ResultsOf(const std::vector<std::vector<uint8_t>>& packets) const {
    std::string all;
    for (const ReconfigParam& param : ParamsIn(packets)) {
      if (!all.empty()) all += ' ';
      all += param.type == kParamReconfigResponse
                 ? std::to_string(static_cast<int32_t>(param.sequence - client_tsn)) + ":" + std::to_string(static_cast<uint32_t>(param.result))
                 : "type" + std::to_string(param.type);
    }
    return all;
  }
  std::string Results(Bytes packet) { return ResultsOf(Answers(packet)); }
};

}  // namespace mailport::sctp::test
