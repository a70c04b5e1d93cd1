// Messages and notifications of the kernel's SCTP that come in parts.
#if defined(__linux__)

#include <string_view>

#include "../src/io/kernel_sctp_assembly.h"
#include "check.h"
#include "notifications.h"

namespace mailport::io::test {
namespace {

using sctp::Bytes;
using sctp::Item;
using sctp::ItemKind;

// `text` is a literal, or lives longer.
SctpPart Part(std::string_view text, const Buffer& control, bool last) {
  SctpPart part;
  part.data = {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  part.control = control;
  part.last = last;
  return part;
}

}  // namespace

TEST("RV-13: parts of messages are put together by association and stream, and never mix") {
  SctpAssembly assembly;
  const Buffer one = Control(77, 0);
  const Buffer other = Control(78, 0);
  const Buffer stream = Control(77, 1);
  Item item;
  using Outcome = SctpAssembly::Outcome;
  EXPECT_TRUE(assembly.Take(Part("whole", one, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "whole");
  EXPECT_TRUE(assembly.Take(Part("a1", one, false), &item) == Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(Part("b1", other, false), &item) == Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(Part("c1", stream, false), &item) == Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(Part("a2", one, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "a1a2");
  EXPECT_EQ(assembly.bytes(), 4);
  SctpAssembly moved;
  assembly.Move(77, &moved);
  EXPECT_TRUE(moved.Take(Part("c2", stream, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "c1c2");
  EXPECT_TRUE(moved.empty());
  EXPECT_TRUE(assembly.Drop(78));
  EXPECT_FALSE(assembly.Drop(78));
  EXPECT_TRUE(assembly.empty());
  // Without data and flags the socket is at its end.
  EXPECT_TRUE(assembly.Take(Part("", {}, false), &item) == Outcome::kEnd);
}

TEST("a notification in parts is put together, too, between the parts of a message") {
  SctpAssembly assembly;
  const Buffer control = Control(77, 0);
  const Buffer failed = SendFailed("payload");
  Item item;
  using Outcome = SctpAssembly::Outcome;
  EXPECT_TRUE(assembly.Take(Part("one", control, false), &item) == Outcome::kNothing);
  SctpPart first;
  first.notification = true;
  first.data = Bytes(failed).first(30);
  EXPECT_TRUE(assembly.Take(first, &item) == Outcome::kNothing);
  SctpPart second = first;
  second.data = Bytes(failed).subspan(30);
  second.last = true;
  EXPECT_TRUE(assembly.Take(second, &item) == Outcome::kItem);
  EXPECT_EQ(item.kind, ItemKind::kSendFailed);
  EXPECT_EQ(Text(item.data), "payload");
  EXPECT_TRUE(assembly.Take(Part("two", control, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "onetwo");
}

TEST("a message that never ends is given up, and its association named") {
  SctpAssembly assembly;
  const Buffer control = Control(77, 0);
  const std::string megabyte(1 << 20, 'x');
  Item item;
  SctpAssembly::Outcome outcome = SctpAssembly::Outcome::kNothing;
  size_t taken = 0;
  for (; outcome == SctpAssembly::Outcome::kNothing && taken < 200; taken++) outcome = assembly.Take(Part(megabyte, control, false), &item);
  EXPECT_TRUE(outcome == SctpAssembly::Outcome::kTooLarge);
  EXPECT_EQ(taken, SctpAssembly::kMaxMessageBytes / megabyte.size() + 1);
  EXPECT_EQ(item.assoc_id, 77);
  EXPECT_TRUE(assembly.empty());
}

TEST("the rest of a message that was given up is not taken for a message; what comes after it is one") {
  using Outcome = SctpAssembly::Outcome;
  const Buffer control = Control(77, 0);
  const std::string megabyte(1 << 20, 'x');
  Item item;
  const auto give_up = [&](SctpAssembly& assembly) {
    Outcome outcome = Outcome::kNothing;
    while (outcome == Outcome::kNothing) outcome = assembly.Take(Part(megabyte, control, false), &item);
    REQUIRE(outcome == Outcome::kTooLarge);
  };
  SctpAssembly assembly;
  give_up(assembly);
  EXPECT_TRUE(assembly.Take(Part("more", control, false), &item) == Outcome::kNothing);
  EXPECT_EQ(assembly.bytes(), 0);
  EXPECT_TRUE(assembly.Take(Part("other", Control(77, 1), true), &item) == Outcome::kItem);
  EXPECT_TRUE(assembly.Take(Part("its end", control, true), &item) == Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(Part("next", control, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "next");
  // An association that is peeled off takes what is known of it along.
  give_up(assembly);
  SctpAssembly moved;
  assembly.Move(77, &moved);
  EXPECT_TRUE(moved.Take(Part("its end", control, true), &item) == Outcome::kNothing);
  // Who begins anew never ends what was under way (RV-18).
  give_up(moved);
  EXPECT_TRUE(moved.Drop(77));
  EXPECT_TRUE(moved.Take(Part("anew", control, true), &item) == Outcome::kItem);
}

TEST("of messages of many associations that never end the largest is given up, with its association; the others go on") {
  using Outcome = SctpAssembly::Outcome;
  const std::string megabyte(1 << 20, 'x');
  SctpAssembly assembly;
  EXPECT_EQ(assembly.max_bytes(), SctpAssembly::kMaxBytes);
  // What each of them costs beside its bytes counts, too.
  assembly.SetMaxBytes(SctpAssembly::kMaxBytes + 5 * SctpAssembly::kPartOverheadBytes);
  Item item;
  const auto take = [&](sctp::AssocId assoc, size_t megabytes) {
    Outcome outcome = Outcome::kNothing;
    for (size_t i = 0; i < megabytes && outcome == Outcome::kNothing; i++) outcome = assembly.Take(Part(megabyte, Control(assoc, 3), false), &item);
    return outcome;
  };
  for (sctp::AssocId assoc = 71; assoc <= 74; assoc++) EXPECT_TRUE(take(assoc, assoc == 73 ? 64 : 63) == Outcome::kNothing);
  EXPECT_TRUE(take(75, 3) == Outcome::kNothing);
  EXPECT_EQ(assembly.bytes(), SctpAssembly::kMaxBytes);
  // The end of a message is no more of it to be held.
  EXPECT_TRUE(assembly.Take(Part("", Control(74, 3), true), &item) == Outcome::kItem);
  EXPECT_EQ(item.data.size(), 63 * megabyte.size());
  EXPECT_TRUE(take(76, 63) == Outcome::kNothing);
  EXPECT_TRUE(take(75, 1) == Outcome::kTooLarge);
  EXPECT_EQ(item.assoc_id, 73);
  EXPECT_EQ(assembly.bytes(), SctpAssembly::kMaxBytes - 63 * megabyte.size());
  EXPECT_TRUE(take(73, 1) == Outcome::kNothing);
  EXPECT_EQ(assembly.bytes(), SctpAssembly::kMaxBytes - 63 * megabyte.size());
  EXPECT_TRUE(assembly.Take(Part("end", Control(75, 3), true), &item) == Outcome::kItem);
  EXPECT_EQ(item.data.size(), 4 * megabyte.size() + 3);
  SctpAssembly moved;
  assembly.Move(71, &moved);
  EXPECT_EQ(moved.bytes(), 63 * megabyte.size());
  for (const sctp::AssocId assoc : {72, 73, 76}) EXPECT_TRUE(assembly.Drop(assoc));
  EXPECT_EQ(assembly.bytes(), 0);
}

}  // namespace mailport::io::test

#endif
