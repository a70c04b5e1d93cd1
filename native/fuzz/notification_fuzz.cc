// What the kernel's SCTP gives: notifications, control messages, lists of addresses, and messages in parts. Whatever the bytes are, nothing beyond them is
// read, items hold only what the addon can write down, a message comes out as its parts went in, and unfinished messages stay within their limit.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../src/kernel_sctp/assembly.h"
#include "../src/kernel_sctp/notification.h"
#include "../src/kernel_sctp/packed_addresses.h"
#include "../test/check.h"
#include "../test/notifications.h"
#include "../test/sound_item.h"
#include "input.h"

namespace mailport::fuzz {
namespace {

using kernel_sctp::Assembly;
using kernel_sctp::NotificationKind;
using kernel_sctp::Part;
using kernel_sctp::test::Buffer;
using kernel_sctp::test::ExpectSound;
using sctp::Item;
using sctp::ItemKind;

constexpr size_t kMaxHeldBytes = 65536;
constexpr size_t kMaxAddresses = 16;

// In memory of exactly their size, so that the address sanitizer sees a byte too far.
Buffer Exact(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

class Socket {
 public:
  Socket() {
    assembly_.SetMaxBytes(kMaxHeldBytes);
    other_.SetMaxBytes(kMaxHeldBytes);
  }

  void Step(Input& input) {
    switch (input.Below(8)) {
      case 0: {
        Item item;
        const Buffer bytes = Exact(input.Take(input.Byte()));
        if (kernel_sctp::ParseNotification(bytes, &item) == NotificationKind::kItem) ExpectSound(item);
        return;
      }
      case 1:
        EXPECT_TRUE(kernel_sctp::UnpackSockaddrs(Exact(input.Take(input.Byte())), kMaxAddresses).size() <= kMaxAddresses);
        return;
      case 2:
        Drop(input.Below(3));
        return;
      case 3:
        Move(input.Below(3));
        return;
      case 4:
        return Take(input, true, Exact(input.Take(input.Byte())));  // Control messages from the input.
      case 5:
        return Take(input, true, {});
      default:
        return Take(input, false, kernel_sctp::test::Control(input.Below(3), static_cast<uint16_t>(input.Below(3))));
    }
  }

 private:
  using Key = std::pair<uint32_t, uint32_t>;

  void Take(Input& input, bool notification, const Buffer& control) {
    const bool is_real = !notification;
    if (!control.empty()) notification = false;
    Part part;
    part.notification = notification;
    part.last = input.Bit();
    Buffer data = Exact(input.Take(input.Byte()));
    if (input.Below(4) == 0) data.resize(input.Magnitude(kMaxHeldBytes), 'x');
    part.data = data;
    part.control = control;
    Item item;
    const Assembly::Outcome outcome = assembly_.Take(part, &item);
    EXPECT_TRUE(assembly_.held_bytes() <= kMaxHeldBytes);
    if (outcome == Assembly::Outcome::kItem) ExpectSound(item);
    if (is_real) Compare(part, outcome, item);
    if (!is_real && !notification) Forget();  // The bytes may have named any message.
  }

  void Compare(const Part& part, Assembly::Outcome outcome, const Item& item) {
    Item named;
    EXPECT_TRUE(kernel_sctp::ReadSendReceiveInfo(part.control, &named));
    const Key key{named.assoc_id, named.stream};
    if (outcome == Assembly::Outcome::kTooLarge) Forget();
    if (outcome == Assembly::Outcome::kEnd || unknown_) return;
    Buffer& whole = messages_[key];
    whole.insert(whole.end(), part.data.begin(), part.data.end());
    if (outcome == Assembly::Outcome::kItem) EXPECT_TRUE(std::equal(item.data.begin(), item.data.end(), whole.begin(), whole.end()));
    EXPECT_EQ(outcome == Assembly::Outcome::kItem, part.last);
    if (part.last) messages_.erase(key);
  }

  void Drop(uint32_t assoc) {
    const bool any = assembly_.Drop(assoc);
    if (unknown_) return;
    EXPECT_EQ(any, std::erase_if(messages_, [assoc](const auto& entry) { return entry.first.first == assoc; }) > 0);
  }

  // To another socket and back, as peeling off does.
  void Move(uint32_t assoc) {
    assembly_.Move(assoc, &other_);
    EXPECT_TRUE(other_.held_bytes() <= kMaxHeldBytes);
    other_.Move(assoc, &assembly_);
    EXPECT_TRUE(other_.empty() && other_.bytes() == 0);
  }

  void Forget() { unknown_ = true; }

  Assembly assembly_, other_;
  std::map<Key, Buffer> messages_;
  bool unknown_ = false;  // A message was given up, or came with control messages from the input: contents are compared no more.
};

}  // namespace
}  // namespace mailport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailport::fuzz::Input input(data, size);
  mailport::fuzz::Socket socket;
  while (!input.empty()) socket.Step(input);
  return 0;
}
