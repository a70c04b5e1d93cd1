// What is expected of the two ends, whatever applications and network do.
#include <algorithm>
#include <string>

#include "../test/pair.h"
#include "conversation.h"
#include "work.h"

namespace mailport::fuzz {

using namespace sctp;
using namespace sctp::test;

namespace {

constexpr uint32_t kLimitBytes = 65536;
constexpr size_t kMaxPacketBytes = 65'536;
constexpr uint32_t kRecbufBytes = 512 * 1024;  // The default.
constexpr TimeUs kHealTime = 130 * kSecond;  // Twice the longest RTO.
constexpr TimeUs kEndTime = 2 * 3600 * kSecond;
// Wide bounds: they are to find work that grows faster than what is sent.
constexpr uint64_t kWorkPerPacket = 40'000;
constexpr uint64_t kWorkPerByte = 100;

bool Contains(const std::vector<uint8_t>& whole, const std::vector<uint8_t>& part) {
  return part == whole || std::search(whole.begin(), whole.end(), part.begin(), part.end()) != whole.end();
}

}  // namespace

void Conversation::Collect() {
  for (Side& side : sides_)
    for (const SocketId socket : side.sockets)
      for (const OwnedItem& item : side.host->Take(socket)) OnItem(side, item);
}

void Conversation::OnItem(Side& side, const OwnedItem& item) {
  if (item.item.kind == ItemKind::kData) OnData(side, item);
  if (item.item.kind == ItemKind::kSendFailed) OnSendFailed(side, item);
}

void Conversation::OnData(Side& side, const OwnedItem& item) {
  REQUIRE(item.item.ppid < sent_.size());
  Sent& sent = sent_[item.item.ppid];
  EXPECT_EQ(sent.from, 1 - IndexOf(side));
  EXPECT_EQ(item.item.stream, sent.stream);
  EXPECT_EQ((item.item.flags & kFlagUnordered) != 0, sent.unordered);
  EXPECT_TRUE(item.bytes == sent.data);
  sent.is_delivered = true;
  // An old COOKIE ECHO and old DATA that the network has kept may make a new association, in which the message comes once more (RFC 9260 section 5.1.5).
  EXPECT_TRUE(seen_.insert({IndexOf(side), side.life, item.item.assoc_id, item.item.ppid}).second);
  if (sent.unordered) return;
  const std::array<uint32_t, 6> key{static_cast<uint32_t>(IndexOf(side)), side.life, item.item.assoc_id, sent.life, sent.assoc, sent.stream};
  const auto [last, is_first] = last_.try_emplace(key, item.item.ppid);
  if (is_first) return;
  EXPECT_TRUE(last->second < item.item.ppid);
  last->second = item.item.ppid;
}

void Conversation::OnSendFailed(Side& side, const OwnedItem& item) {
  REQUIRE(item.item.context < sent_.size());
  Sent& sent = sent_[item.item.context];
  EXPECT_TRUE(sent.from == IndexOf(side) && sent.life == side.life && sent.assoc == item.item.assoc_id);
  EXPECT_EQ(item.item.stream, sent.stream);
  EXPECT_TRUE(Contains(sent.data, item.bytes));
  sent.is_failed = true;
}

void Conversation::CheckBounds() {
  uint64_t packets = 0;
  for (const Side& side : sides_) {
    packets += side.host->engine->stats().packets_in + side.host->engine->stats().packets_out;
    for (const SocketId socket : side.sockets) {
      std::vector<uint32_t> held;
      EXPECT_EQ(side.host->engine->GetOption(socket, Option::kHeld, 0, &held), 0);
      // Nothing is taken beyond the limit but the packet that reaches it.
      if (is_limited_) EXPECT_TRUE(held[0] == 0 && held[1] <= kLimitBytes + 2 * kMaxPacketBytes);
    }
  }
  EXPECT_TRUE(WorkDone() - work_before_ <= kWorkPerPacket * (packets + calls_ + 100) + kWorkPerByte * (net_.bytes_sent + sent_bytes_));
}

void Conversation::Heal() {
  for (auto& fates : fates_) fates.clear();
  held_.clear();
  const LinkParams good{.mtu = net_.link.mtu};
  net_.UseLink(*sides_[0].host, *sides_[1].host, good);
  net_.UseLink(*sides_[1].host, *sides_[0].host, good);
  for (Side& side : sides_) side.host->room = SIZE_MAX;
  ReadAll();
  net_.RunFor(kHealTime);
  ReadAll();  // Of those that have come only now, too.
}

void Conversation::ReadAll() {
  for (Side& side : sides_) {
    SocketId accepted = 0;
    while (side.host->engine->Accept(side.sockets.front(), &accepted) == 0) side.sockets.push_back(accepted);
    for (const SocketId socket : side.sockets) {
      EXPECT_EQ(side.host->Set(socket, Option::kRecbuf, 0, {kRecbufBytes}), 0);
      side.host->engine->SetCredit(socket, kUnlimitedCredit);
    }
    for (const SocketId socket : side.sockets) side.host->engine->Drain(socket);
    side.host->engine->DrainBlocked();
  }
  Collect();
}

void Conversation::End() {
  Heal();
  // A last message on every association that still takes one: if it is not delivered, its sender hears so.
  for (Side& side : sides_)
    for (const SocketId socket : std::vector(side.sockets))
      for (const Chosen& chosen : Associations(side, socket)) Send(side, chosen, 0, 100, 0, 0);
  net_.RunFor(kHealTime);
  ReadAll();
  for (const Side& side : sides_)
    for (const auto& [socket, count] : side.waiting) EXPECT_TRUE(side.host->writable[socket] > count || IsCalling(side, socket));
  for (Side& side : sides_)
    for (const SocketId socket : side.sockets)
      for (const Chosen& chosen : Associations(side, socket))
        if (!one_to_one_ || socket != side.sockets.front()) (void)side.host->Send(socket, chosen.second, 0, {}, kFlagEof);
  net_.RunFor(kHealTime);
  ReadAll();
  for (Side& side : sides_)
    for (const SocketId socket : side.sockets) EXPECT_EQ(side.host->engine->Close(socket, false), 0);
  net_.RunFor(kEndTime);
  ExpectAccountedFor();
  ExpectNothingLeft();
}

// An association calls, and has not been answered: that takes as long as the options say.
bool Conversation::IsCalling(const Side& side, SocketId socket) const {
  constexpr uint32_t kEstablished = 4;
  for (const Chosen& chosen : Associations(side, socket)) {
    const std::vector<uint32_t> status = side.host->Get(socket, Option::kStatus, chosen.second);
    if (!status.empty() && status[0] < kEstablished) return true;
  }
  return false;
}

void Conversation::ExpectAccountedFor() {
  if (sides_[0].has_dropped || sides_[1].has_dropped) return;
  // A report of a message that has failed carries the message, and is lost where there is no room for that (docs/sctp.md).
  if (sides_[0].host->engine->stats().events_dropped + sides_[1].host->engine->stats().events_dropped != 0) return;
  for (size_t i = 0; i < sent_.size(); i++) {
    // A message that gap blocks have acknowledged counts as come when it makes room for another one (docs/rfc3758.md, deviation 4).
    if (sent_[i].is_delivered || sent_[i].is_failed || sent_[i].may_make_room) continue;
    check::Fail(__FILE__, __LINE__, "message " + std::to_string(i) + " of " + sides_[sent_[i].from].host->name + " was accepted, and has got lost");
  }
}

void Conversation::ExpectNothingLeft() {
  for (const Side& side : sides_) {
    const Engine& engine = *side.host->engine;
    EXPECT_EQ(engine.AssociationsOn(1), 0u);
    EXPECT_EQ(engine.NextDeadline(), kNever);
    EXPECT_EQ(engine.stats().queued_in_bytes, 0u);
    EXPECT_EQ(engine.stats().queued_in_items, 0u);
    EXPECT_EQ(engine.stats().queued_out_bytes, 0u);
    std::vector<uint32_t> held;
    for (const Option option : {Option::kHeld, Option::kSending}) {
      EXPECT_EQ(engine.GetOption(0, option, 0, &held), 0);
      EXPECT_TRUE(std::all_of(held.begin(), held.end(), [](uint32_t word) { return word == 0; }));
    }
  }
}

}  // namespace mailport::fuzz
