// SPDX-License-Identifier: MIT
#include "store/libpq.hpp"

#include <dlfcn.h>

namespace mahavishnu::store {

namespace {

error not_loaded(const std::string& file, const char* said) {
  // What the loader says begins with the name of the file.
  std::string why = said ? said : "there is no reason given";
  if (why.starts_with(file + ": "))
    why.erase(0, file.size() + 2);
  return {errc::unsupported, "cannot load '" + file +
                                 "', the library that a journal in PostgreSQL needs: " + why +
                                 "; install version 14 or later of it (apt install libpq5), or "
                                 "keep the journal in a file (no storage.url)"};
}

} // namespace

result<libpq> libpq::load(const std::string& file) {
  // Never closed: what is open when the program ends is closed by it.
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return not_loaded(file, ::dlerror());
  libpq loaded;
  auto find = [library]<class Function>(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(::dlsym(library, name));
    return function != nullptr;
  };
#define MAHAVISHNU_FIND(name)                                                                      \
  if (!find(loaded.name, #name))                                                                   \
    return not_loaded(file, ::dlerror());
  MAHAVISHNU_LIBPQ_FUNCTIONS(MAHAVISHNU_FIND)
#undef MAHAVISHNU_FIND
  return loaded;
}

const result<libpq>& load_libpq() {
  static const auto loaded = libpq::load("libpq.so.5");
  return loaded;
}

const libpq& pq() {
  return *load_libpq();
}

} // namespace mahavishnu::store
