// Two engines talk to each other; the input is a script of what their applications and the network between them do. See conversation.h for what is expected.
#include "conversation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailport::fuzz::Input input(data, size);
  mailport::fuzz::Conversation conversation(input);
  while (!input.empty()) conversation.Step(input);
  conversation.End();
  return 0;
}
