// Messages and notifications of the kernel's SCTP that come in parts.
#if defined(__linux__)

#include <string_view>

#include "../src/kernel_sctp/assembly.h"
#include "check.h"
#include "notifications.h"

namespace mailport::kernel_sctp::test {
namespace {

using sctp::Bytes;
using sctp::Item;
using sctp::ItemKind;

// `text` is a literal, or lives longer.
Part PartOf(std::string_view text, const Buffer& control, bool last) {
  Part part;
  part.data = {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  part.control = control;
  part.last = last;
  return part;
}

}  // namespace

TEST("RV-13: parts of messages are put together by association and stream, and never mix") {
  Assembly assembly;
  const Buffer one = Control(77, 0);
  const Buffer other = Control(78, 0);
  const Buffer stream = Control(77, 1);
  Item item;
  using Outcome = Assembly::Outcome;
  EXPECT_TRUE(assembly.Take(PartOf("whole", one, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "whole");
  EXPECT_TRUE(assembly.Take(PartOf("a1", one, false), &item) == Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(PartOf("b1", other, false), &item) == Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(PartOf("c1", stream, false), &item) == Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(PartOf("a2", one, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "a1a2");
  EXPECT_EQ(assembly.bytes(), 4);
  Assembly moved;
  assembly.Move(77, &moved);
  EXPECT_TRUE(moved.Take(PartOf("c2", stream, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "c1c2");
  EXPECT_TRUE(moved.empty());
  EXPECT_TRUE(assembly.Drop(78));
  EXPECT_FALSE(assembly.Drop(78));
  EXPECT_TRUE(assembly.empty());
  // Without data and flags the socket is at its end.
  EXPECT_TRUE(assembly.Take(PartOf("", {}, false), &item) == Outcome::kEnd);
}

TEST("RV-13: the ppid of a message is that of its first part; the kernel puts numbers of I-DATA fragments in its place in the others") {
  Assembly assembly;
  const Buffer first = Control(77, 0, 46), later = Control(77, 0, 723);
  Item item;
  EXPECT_TRUE(assembly.Take(PartOf("a1", first, false), &item) == Assembly::Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(PartOf("a2", later, false), &item) == Assembly::Outcome::kNothing);
  Assembly moved;
  assembly.Move(77, &moved);
  EXPECT_TRUE(moved.Take(PartOf("a3", later, true), &item) == Assembly::Outcome::kItem);
  EXPECT_EQ(Text(item.data), "a1a2a3");
  EXPECT_EQ(item.ppid, 46u);
}

TEST("a notification in parts is put together, too, between the parts of a message") {
  Assembly assembly;
  const Buffer control = Control(77, 0);
  const Buffer failed = SendFailed("payload");
  Item item;
  using Outcome = Assembly::Outcome;
  EXPECT_TRUE(assembly.Take(PartOf("one", control, false), &item) == Outcome::kNothing);
  Part first;
  first.notification = true;
  first.data = Bytes(failed).first(30);
  EXPECT_TRUE(assembly.Take(first, &item) == Outcome::kNothing);
  Part second = first;
  second.data = Bytes(failed).subspan(30);
  second.last = true;
  EXPECT_TRUE(assembly.Take(second, &item) == Outcome::kItem);
  EXPECT_EQ(item.kind, ItemKind::kSendFailed);
  EXPECT_EQ(Text(item.data), "payload");
  EXPECT_TRUE(assembly.Take(PartOf("two", control, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "onetwo");
}

TEST("a message that never ends is given up, and its association named") {
  Assembly assembly;
  const Buffer control = Control(77, 0);
  const std::string megabyte(1 << 20, 'x');
  Item item;
  Assembly::Outcome outcome = Assembly::Outcome::kNothing;
  size_t taken = 0;
  for (; outcome == Assembly::Outcome::kNothing && taken < 200; taken++) outcome = assembly.Take(PartOf(megabyte, control, false), &item);
  EXPECT_TRUE(outcome == Assembly::Outcome::kTooLarge);
  EXPECT_EQ(taken, Assembly::kMaxMessageBytes / megabyte.size() + 1);
  EXPECT_EQ(item.assoc_id, 77);
  EXPECT_TRUE(assembly.empty());
}

TEST("the rest of a message that was given up is not taken for a message; what comes after it is one") {
  using Outcome = Assembly::Outcome;
  const Buffer control = Control(77, 0);
  const std::string megabyte(1 << 20, 'x');
  Item item;
  const auto give_up = [&](Assembly& assembly) {
    Outcome outcome = Outcome::kNothing;
    while (outcome == Outcome::kNothing) outcome = assembly.Take(PartOf(megabyte, control, false), &item);
    REQUIRE(outcome == Outcome::kTooLarge);
  };
  Assembly assembly;
  give_up(assembly);
  EXPECT_TRUE(assembly.Take(PartOf("more", control, false), &item) == Outcome::kNothing);
  EXPECT_EQ(assembly.bytes(), 0);
  EXPECT_TRUE(assembly.Take(PartOf("other", Control(77, 1), true), &item) == Outcome::kItem);
  EXPECT_TRUE(assembly.Take(PartOf("its end", control, true), &item) == Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(PartOf("next", control, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "next");
  // An association that is peeled off takes its state in the assembly along.
  give_up(assembly);
  Assembly moved;
  assembly.Move(77, &moved);
  EXPECT_TRUE(moved.Take(PartOf("its end", control, true), &item) == Outcome::kNothing);
  // A peer that begins anew never ends the message that was under way (RV-18).
  give_up(moved);
  EXPECT_TRUE(moved.Drop(77));
  EXPECT_TRUE(moved.Take(PartOf("anew", control, true), &item) == Outcome::kItem);
}

TEST("of messages of many associations that never end the largest is given up, with its association; the others go on") {
  using Outcome = Assembly::Outcome;
  const std::string megabyte(1 << 20, 'x');
  Assembly assembly;
  EXPECT_EQ(assembly.max_bytes(), Assembly::kMaxBytes);
  // The cost of each unfinished message beside its bytes counts, too.
  assembly.SetMaxBytes(Assembly::kMaxBytes + 5 * Assembly::kPartOverheadBytes);
  Item item;
  const auto take = [&](sctp::AssocId assoc, size_t megabytes) {
    Outcome outcome = Outcome::kNothing;
    for (size_t i = 0; i < megabytes && outcome == Outcome::kNothing; i++) outcome = assembly.Take(PartOf(megabyte, Control(assoc, 3), false), &item);
    return outcome;
  };
  for (sctp::AssocId assoc = 71; assoc <= 74; assoc++) EXPECT_TRUE(take(assoc, assoc == 73 ? 64 : 63) == Outcome::kNothing);
  EXPECT_TRUE(take(75, 3) == Outcome::kNothing);
  EXPECT_EQ(assembly.bytes(), Assembly::kMaxBytes);
  // The end of a message adds nothing to hold.
  EXPECT_TRUE(assembly.Take(PartOf("", Control(74, 3), true), &item) == Outcome::kItem);
  EXPECT_EQ(item.data.size(), 63 * megabyte.size());
  EXPECT_TRUE(take(76, 63) == Outcome::kNothing);
  EXPECT_TRUE(take(75, 1) == Outcome::kTooLarge);
  EXPECT_EQ(item.assoc_id, 73);
  EXPECT_EQ(assembly.bytes(), Assembly::kMaxBytes - 63 * megabyte.size());
  EXPECT_TRUE(take(73, 1) == Outcome::kNothing);
  EXPECT_EQ(assembly.bytes(), Assembly::kMaxBytes - 63 * megabyte.size());
  EXPECT_TRUE(assembly.Take(PartOf("end", Control(75, 3), true), &item) == Outcome::kItem);
  EXPECT_EQ(item.data.size(), 4 * megabyte.size() + 3);
  Assembly moved;
  assembly.Move(71, &moved);
  EXPECT_EQ(moved.bytes(), 63 * megabyte.size());
  for (const sctp::AssocId assoc : {72, 73, 76}) EXPECT_TRUE(assembly.Drop(assoc));
  EXPECT_EQ(assembly.bytes(), 0);
}

}  // namespace mailport::kernel_sctp::test

#endif
