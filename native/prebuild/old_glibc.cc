// Symbols that g++ 12 refers to and that the libraries of older systems lack. With them here a prebuilt binary runs wherever Node's own does: glibc 2.28,
// libstdc++ of GCC 6. What is built on the user's machine needs none of this.
#include <cstdlib>

// glibc 2.32 has it for shared_ptr: whether the process has one thread, so that counters need not be atomic. Node always has several.
extern "C" __attribute__((visibility("hidden"))) char __libc_single_threaded = 0;

namespace std {

// libstdc++ of GCC 11: called where `new T[n]` is asked for more than there can be. There are no exceptions here.
__attribute__((visibility("hidden"), noreturn)) void __throw_bad_array_new_length() { std::abort(); }

}  // namespace std

// libstdc++ of GCC 9: std::make_shared asks it whether a type is its own, in case that one part of a program has RTTI and another has none. Nothing here has any.
extern "C" __attribute__((visibility("hidden"))) bool IsMakeSharedTag(const void*) __asm__("_ZNSt19_Sp_make_shared_tag5_S_eqERKSt9type_info");
extern "C" bool IsMakeSharedTag(const void*) { return false; }
