// What the applications and the network do. conversation_checks.cc has what is expected.
#include "conversation.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "../test/pair.h"
#include "work.h"

namespace mailport::fuzz {

using namespace sctp;
using namespace sctp::test;

namespace {

constexpr size_t kMaxHeldPackets = 16;
constexpr size_t kMaxSockets = 6;
constexpr size_t kMaxMessages = 2000;
constexpr size_t kMaxSentBytes = 4 * 1024 * 1024;
constexpr uint32_t kLimitBytes = 65536;  // The least that kMaxHeld and kMaxSending can be.

// The fate of one packet.
enum Fate : uint8_t { kPass, kLose, kHold, kCopy, kSpoil, kSpoilEnd, kFates };

}  // namespace

Conversation::Conversation(Input& input) : net_(1 + input.Byte()) {
  static constexpr size_t kMtus[] = {576, 1280, 1452, 9000, 65'504};
  static constexpr uint64_t kRates[] = {0, 0, 10'000, 1'000'000};
  net_.link.mtu = kMtus[input.Below(5)];
  net_.link.delay = input.Magnitude(200'000);
  net_.link.bytes_per_second = kRates[input.Below(4)];
  const uint8_t style = input.Byte();
  one_to_one_ = (style & 1) != 0;
  is_limited_ = (style & 2) != 0;
  interleaves_ = (style & 8) != 0;
  authenticates_ = (style & 16) != 0;
  for (size_t i = 0; i < kEnds; i++) {
    sides_[i].host = &net_.AddHost(i == 0 ? "left" : "right", Ipv4(10, 0, 0, static_cast<uint8_t>(1 + i)));
    OpenFirst(sides_[i]);
  }
  net_.tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) { return OnPacket(from, packet); };
  if ((style & 4) == 0) {
    Connect(sides_[0]);
    net_.RunFor(4 * net_.link.delay + kSecond);
  }
  work_before_ = WorkDone();
}

void Conversation::OpenFirst(Side& side) {
  const bool calls = one_to_one_ && IndexOf(side) == 0;
  const SocketId socket = side.host->Open({.port = kPort, .one_to_one = one_to_one_});
  if (!calls) EXPECT_EQ(side.host->engine->Listen(socket, kBacklog), 0);
  EXPECT_EQ(side.host->Set(socket, Option::kReconfigSupported, 0, {1}), 0);
  EXPECT_EQ(side.host->Set(socket, Option::kEnableStreamReset, 0, {7}), 0);
  if (interleaves_) EXPECT_EQ(side.host->Set(socket, Option::kInterleavingSupported, 0, {1}), 0);
  if (authenticates_) {
    EXPECT_EQ(side.host->Set(socket, Option::kAuthSupported, 0, {1}), 0);
    EXPECT_EQ(side.host->Set(socket, Option::kAsconfSupported, 0, {1}), 0);
    for (const uint32_t type : {kChunkData, kChunkIData, kChunkForwardTsn, kChunkIForwardTsn, kChunkReconfig})
      EXPECT_EQ(side.host->Set(socket, Option::kAuthChunk, 0, {type}), 0);
    EXPECT_EQ(side.host->Set(socket, Option::kAuthKey, 0, {1, 4, 0x01020304}), 0);
  }
  if (is_limited_) {
    EXPECT_EQ(side.host->Set(socket, Option::kMaxHeld, 0, {kLimitBytes}), 0);
    EXPECT_EQ(side.host->Set(socket, Option::kMaxSending, 0, {kLimitBytes}), 0);
  }
  if (side.sockets.empty()) {
    side.sockets.push_back(socket);
  } else {
    side.sockets.front() = socket;
  }
}

std::vector<Conversation::Chosen> Conversation::Associations(const Side& side, SocketId socket) const {
  std::vector<PeerName> names;
  std::vector<Chosen> found;
  EXPECT_EQ(side.host->engine->PeerNames(socket, 0, &names), 0);
  for (const PeerName& name : names) found.emplace_back(socket, name.assoc_id);
  std::sort(found.begin(), found.end());
  return found;
}

Conversation::Chosen Conversation::Choose(Side& side, Input& input) const {
  const SocketId socket = side.sockets[input.Below(static_cast<uint32_t>(side.sockets.size()))];
  const std::vector<Chosen> all = Associations(side, socket);
  return all.empty() ? Chosen{socket, 0} : all[input.Below(static_cast<uint32_t>(all.size()))];
}

void Conversation::Step(Input& input) {
  const uint8_t what = input.Byte();
  Side& side = sides_[what & 1];
  calls_++;
  for (Side& each : sides_) each.host->engine->SetNow(net_.now());
  switch ((what >> 1) % 16) {
    case 0:
    case 1:
    case 2:
      Send(side, input);
      break;
    case 3:
      Connect(side);
      break;
    case 4:
      Read(side, input);
      break;
    case 5:
      Finish(side, input);
      break;
    case 6:
      PeelOff(side, input);
      break;
    case 7:
      Close(side, input);
      break;
    case 8:
      SetOption(side, input);
      break;
    case 9:
      GetOptions(side, input);
      break;
    case 10:
      if (input.Below(4) == 0) {
        Crash(side);
      } else {
        Reconfigure(side);
      }
      break;
    case 11:
    case 12:
      Misbehave(input);
      break;
    default:
      Run(input);
  }
  CheckBounds();
}

void Conversation::Send(Side& side, Input& input) {
  const Chosen chosen = Choose(side, input);
  const uint8_t style = input.Byte();
  const size_t bytes = (style & 3) == 0 ? input.Magnitude(60'000) : 1 + input.Byte() * ((style & 3) - size_t{1});
  // A lifetime, a number of retransmissions or a priority, and which of them it is.
  const uint32_t limit = (style & 64) != 0 ? input.Magnitude(400'000) : 0;
  static constexpr uint32_t kPolicies[] = {0, kFlagPrTtl, kFlagPrRtx, kFlagPrPrio};
  const uint32_t flags = ((style & 32) != 0 ? kFlagUnordered : 0) | kPolicies[limit & 3];
  // A burst now and then, as one message seldom fills a window.
  for (uint32_t count = (style & 128) != 0 ? 1 + input.Below(64) : 1; count > 0; count--)
    Send(side, chosen, style >> 2 & 7, bytes, flags, limit >> 2);
}

void Conversation::Send(Side& side, const Chosen& chosen, uint32_t stream, size_t bytes, uint32_t flags, uint32_t limit) {
  if (sent_.size() >= kMaxMessages || sent_bytes_ >= kMaxSentBytes) return;
  const auto number = static_cast<uint32_t>(sent_.size());
  const SendParams params{chosen.second, stream, flags, number, number, limit};
  std::vector<uint8_t> data = MessageOf(number, bytes).data;
  const int error = side.host->engine->Send(chosen.first, params, data);
  calls_++;
  if (error == 0) {
    sent_.push_back({IndexOf(side), side.life, chosen.second, stream, (flags & kFlagUnordered) != 0, (flags & kFlagPrMask) == kFlagPrPrio, std::move(data)});
    sent_bytes_ += bytes;
  }
  if (error == EAGAIN) side.waiting[chosen.first] = side.host->writable[chosen.first];
  EXPECT_TRUE(error == 0 || error == EAGAIN || error == EPIPE || error == ESHUTDOWN || error == EINVAL || error == EMSGSIZE);
}

void Conversation::Connect(Side& side) {
  AssocId assoc = 0;
  const int error = side.host->engine->Connect(side.sockets.front(), {&Other(side).host->address, 1}, kPort, false, &assoc);
  EXPECT_TRUE(error == 0 || error == EISCONN || error == EALREADY || error == EADDRNOTAVAIL);
}

// Streams begin anew, or are added, or all numbers begin anew. What is asked for follows from the calls so far, so that inputs mean what they meant before.
void Conversation::Reconfigure(Side& side) {
  const SocketId socket = side.sockets[calls_ % side.sockets.size()];
  const std::vector<Chosen> all = Associations(side, socket);
  if (all.empty()) return;
  const AssocId assoc = all[calls_ % all.size()].second;
  Engine& engine = *side.host->engine;
  const std::array<uint32_t, 2> streams{0, 3};
  // Both ends know both keys.
  if (authenticates_) (void)side.host->Set(socket, Option::kAuthActiveKey, assoc, {static_cast<uint32_t>(calls_ / 5 % 2)});
  int error = 0;
  switch (calls_ % 5) {
    case 0:
      error = engine.ResetAssociation(socket, assoc);
      break;
    case 1:
      error = engine.AddStreams(socket, assoc, 1, 1);
      break;
    case 2:
      error = engine.ResetStreams(socket, assoc, kResetOutgoing, streams);
      break;
    default:
      error = engine.ResetStreams(socket, assoc, kResetIncoming | kResetOutgoing, {});
  }
  EXPECT_TRUE(error == 0 || error == EINPROGRESS || error == ENOTCONN || error == ENOPROTOOPT || error == EINVAL);
}

void Conversation::Read(Side& side, Input& input) {
  static constexpr uint32_t kCredits[] = {0, 1, 3, 100, kUnlimitedCredit};
  const SocketId socket = side.sockets[input.Below(static_cast<uint32_t>(side.sockets.size()))];
  const uint8_t style = input.Byte();
  side.host->engine->SetCredit(socket, kCredits[style % 5], (style & 64) != 0 ? input.Magnitude(100'000) : kUnlimitedCredit);
  if ((style & 128) != 0) side.host->room = input.Below(6) == 5 ? SIZE_MAX : input.Below(6);
  side.host->engine->Drain(socket);
  side.host->engine->DrainBlocked();
  SocketId accepted = 0;
  if (side.sockets.size() < kMaxSockets && side.host->engine->Accept(side.sockets.front(), &accepted) == 0) side.sockets.push_back(accepted);
}

void Conversation::Finish(Side& side, Input& input) {
  const Chosen chosen = Choose(side, input);
  const uint32_t flag = input.Below(4) == 0 ? kFlagAbort : kFlagEof;
  (void)side.host->Send(chosen.first, chosen.second, 0, {}, flag);
}

void Conversation::PeelOff(Side& side, Input& input) {
  const Chosen chosen = Choose(side, input);
  SocketId peeled = 0;
  if (side.sockets.size() >= kMaxSockets || side.host->engine->PeelOff(chosen.first, chosen.second, &peeled) != 0) return;
  side.sockets.push_back(peeled);
  side.host->engine->SetCredit(peeled, input.Bit() ? kUnlimitedCredit : 1);
  side.host->engine->Drain(peeled);
}

void Conversation::Close(Side& side, Input& input) {
  const size_t which = input.Below(static_cast<uint32_t>(side.sockets.size()));
  const SocketId socket = side.sockets[which];
  Collect();
  EXPECT_EQ(side.host->engine->Close(socket, input.Bit()), 0);
  side.has_dropped = true;
  side.host->items(socket).clear();
  side.waiting.erase(socket);
  if (which == 0) {
    OpenFirst(side);
  } else {
    side.sockets.erase(side.sockets.begin() + static_cast<ptrdiff_t>(which));
  }
}

// Any option with any value, but for those that would cut the host off for longer than the end of the run can wait, or hide failures from the checks.
void Conversation::SetOption(Side& side, Input& input) {
  const auto option = static_cast<Option>(input.Below(64));
  const Chosen chosen = Choose(side, input);
  const bool is_time = option == Option::kRtoInfo || option == Option::kAssocInfo || option == Option::kPeerAddrParams || option == Option::kInitMsg ||
                       option == Option::kAutoclose || option == Option::kLinger;
  std::array<uint32_t, 5> values;
  for (uint32_t& value : values) value = is_time ? (input.Bit() ? 0 : 200 + 16 * input.Byte()) : input.Magnitude(UINT32_MAX);
  if (option == Option::kPeerAddrParams) values[4] = input.Byte();
  if (option == Option::kPeerAddrParams && values[3] != 0) values[3] = input.Byte();
  if (option == Option::kEvents) values[0] |= kEventAssociation | kEventSendFailure;
  if (option == Option::kRemoteUdpEncapsPort || (is_limited_ && (option == Option::kMaxHeld || option == Option::kMaxSending))) return;
  const bool of_all = IsOfAll(option);
  // The limits take one word and no more.
  const size_t words = of_all || IsOfEmbeddedStack(option) || option == Option::kMaxHeld ? 1 : values.size();
  (void)side.host->engine->SetOption(of_all ? 0 : chosen.first, option, input.Bit() ? chosen.second : 0, std::span(values).first(words));
}

void Conversation::GetOptions(Side& side, Input& input) {
  const Chosen chosen = Choose(side, input);
  const uint8_t which = input.Byte();
  for (uint32_t option = 0; option < 64; option++) {
    std::vector<uint32_t> values;
    (void)side.host->engine->GetOption((which & 1) != 0 ? 0 : chosen.first, static_cast<Option>(option), (which & 2) != 0 ? chosen.second : 0, &values);
  }
}

void Conversation::Crash(Side& side) {
  Collect();
  side.host->Crash();
  side.host->room = SIZE_MAX;
  side.has_dropped = true;
  side.life++;
  side.sockets.clear();
  side.waiting.clear();
  OpenFirst(side);
}

bool Conversation::OnPacket(SimHost& from, std::vector<uint8_t>& packet) {
  const size_t to = &from == sides_[0].host ? 1 : 0;
  std::deque<uint8_t>& fates = fates_[to];
  if (fates.empty()) return true;
  const uint8_t fate = fates.front();
  fates.pop_front();
  switch (fate % kFates) {
    case kLose:
      return false;
    case kHold:
    case kCopy:
      held_.push_back({to, packet});
      if (held_.size() > kMaxHeldPackets) held_.pop_front();
      return fate % kFates == kCopy;
    case kSpoil:
      packet[fate * size_t{37} % packet.size()] ^= static_cast<uint8_t>(1 + fate);
      return true;
    case kSpoilEnd:
      packet.resize(packet.size() - std::min<size_t>(packet.size(), 1 + fate));
      return true;
    default:
      return true;
  }
}

void Conversation::Arrive(size_t to, const std::vector<uint8_t>& packet) {
  const PacketRoute route{.carrier = 1, .local = sides_[to].host->address, .remote = sides_[1 - to].host->address, .remote_udp_port = kPort};
  sides_[to].host->Inject(route, packet);
}

void Conversation::Misbehave(Input& input) {
  const uint8_t what = input.Byte();
  if ((what & 1) != 0) {
    std::deque<uint8_t>& fates = fates_[what >> 1 & 1];
    for (const uint8_t fate : input.Take(what >> 2)) fates.push_back(fate);
    return;
  }
  if (held_.empty()) return;
  // A packet that was kept back, or an old one once more.
  const size_t which = (what >> 2) % held_.size();
  const Held held = held_[which];
  if ((what & 2) != 0) held_.erase(held_.begin() + static_cast<ptrdiff_t>(which));
  Arrive(held.to, held.packet);
}

void Conversation::Run(Input& input) {
  const uint8_t style = input.Byte();
  const TimeUs time = uint64_t{1} << style % 27;  // Up to 67 s.
  if (style >= 200) {
    net_.Sleep(time << 6);  // Up to 71 minutes.
    net_.Settle();
  } else if (style >= 100) {
    net_.Settle();
  } else {
    net_.RunFor(time);
  }
  Collect();
}

}  // namespace mailport::fuzz
