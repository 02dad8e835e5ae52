// SPDX-License-Identifier: MIT
#include "store/faulty_vfs.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

namespace mahavishnu::test {

namespace {

struct state {
  sqlite3_vfs* real = nullptr;
  sqlite3_vfs vfs{};
  disk_fault fault;
  /// Calls until the fault; 0: there is none.
  std::size_t left = 0;
  bool has_failed = false;
  bool remembers = false;
  std::map<sqlite3_file*, std::string> names;
  std::map<std::string, std::string> synced;
  std::function<void()> before_write;
};

state disk;

void notice_write() {
  if (!disk.before_write)
    return;
  auto call = std::exchange(disk.before_write, {});
  call();
  disk.before_write = std::move(call);
}

bool fails(disk_call call) {
  if (disk.fault.only && *disk.fault.only != call)
    return false;
  bool is_read = call == disk_call::read;
  bool wants_read = (disk.fault.code & 0xFFFF) == SQLITE_IOERR_READ;
  if (is_read != wants_read)
    return false;
  if (disk.has_failed)
    return disk.fault.stays;
  if (disk.left == 0 || --disk.left > 0)
    return false;
  disk.has_failed = true;
  return true;
}

struct file {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* real(sqlite3_file* each) {
  return reinterpret_cast<file*>(each)->real();
}

/// Calls the same method of the real file.
template <auto Method, class... Argument>
int pass_on(sqlite3_file* each, Argument... arguments) {
  return (real(each)->pMethods->*Method)(real(each), arguments...);
}

int read(sqlite3_file* each, void* into, int size, sqlite3_int64 at) {
  if (fails(disk_call::read))
    return disk.fault.code;
  return pass_on<&sqlite3_io_methods::xRead>(each, into, size, at);
}

int write(sqlite3_file* each, const void* from, int size, sqlite3_int64 at) {
  notice_write();
  if (!fails(disk_call::write))
    return pass_on<&sqlite3_io_methods::xWrite>(each, from, size, at);
  if (disk.fault.is_half_done)
    pass_on<&sqlite3_io_methods::xWrite>(each, from, size / 2, at);
  return disk.fault.code;
}

int truncate(sqlite3_file* each, sqlite3_int64 size) {
  notice_write();
  return fails(disk_call::truncate) ? disk.fault.code
                                    : pass_on<&sqlite3_io_methods::xTruncate>(each, size);
}

std::string content_of(sqlite3_file* each) {
  sqlite3_int64 size = 0;
  pass_on<&sqlite3_io_methods::xFileSize>(each, &size);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  pass_on<&sqlite3_io_methods::xRead>(each, static_cast<void*>(bytes.data()),
                                      static_cast<int>(size), sqlite3_int64{0});
  return bytes;
}

int sync(sqlite3_file* each, int) {
  notice_write();
  if (fails(disk_call::sync))
    return disk.fault.code;
  if (disk.remembers)
    disk.synced[disk.names[each]] = content_of(each);
  return SQLITE_OK;
}

int map(sqlite3_file* each, int region, int size, int extend, void volatile** to) {
  return extend && fails(disk_call::map)
             ? disk.fault.code
             : pass_on<&sqlite3_io_methods::xShmMap>(each, region, size, extend, to);
}

int control(sqlite3_file* each, int what, void* value) {
  if (what != SQLITE_FCNTL_LAST_ERRNO || !disk.has_failed)
    return pass_on<&sqlite3_io_methods::xFileControl>(each, what, value);
  *static_cast<int*>(value) = disk.fault.system_error;
  return SQLITE_OK;
}

void barrier(sqlite3_file* each) {
  real(each)->pMethods->xShmBarrier(real(each));
}

int close(sqlite3_file* each) {
  disk.names.erase(each);
  return real(each)->pMethods ? pass_on<&sqlite3_io_methods::xClose>(each) : SQLITE_OK;
}

const sqlite3_io_methods methods = [] {
  sqlite3_io_methods made{};
  made.iVersion = 2;
  made.xClose = close;
  made.xRead = read;
  made.xWrite = write;
  made.xTruncate = truncate;
  made.xSync = sync;
  made.xFileSize = pass_on<&sqlite3_io_methods::xFileSize>;
  made.xLock = pass_on<&sqlite3_io_methods::xLock>;
  made.xUnlock = pass_on<&sqlite3_io_methods::xUnlock>;
  made.xCheckReservedLock = pass_on<&sqlite3_io_methods::xCheckReservedLock>;
  made.xFileControl = control;
  made.xSectorSize = pass_on<&sqlite3_io_methods::xSectorSize>;
  made.xDeviceCharacteristics = pass_on<&sqlite3_io_methods::xDeviceCharacteristics>;
  made.xShmMap = map;
  made.xShmLock = pass_on<&sqlite3_io_methods::xShmLock>;
  made.xShmBarrier = barrier;
  made.xShmUnmap = pass_on<&sqlite3_io_methods::xShmUnmap>;
  return made;
}();

int open(sqlite3_vfs*, const char* name, sqlite3_file* each, int flags, int* out_flags) {
  each->pMethods = nullptr;
  if (fails(disk_call::open))
    return (disk.fault.code & 0xFF) == SQLITE_FULL ? SQLITE_CANTOPEN : disk.fault.code;
  int code = disk.real->xOpen(disk.real, name, real(each), flags, out_flags);
  if (code == SQLITE_OK) {
    each->pMethods = &methods;
    disk.names[each] = name ? name : "";
  }
  return code;
}

int remove(sqlite3_vfs*, const char* name, int is_synced) {
  return fails(disk_call::remove) ? SQLITE_IOERR_DELETE
                                  : disk.real->xDelete(disk.real, name, is_synced);
}

int sleep(sqlite3_vfs*, int microseconds) {
  return microseconds;
}

int last_error(sqlite3_vfs*, int size, char* into) {
  return disk.has_failed ? disk.fault.system_error
                         : disk.real->xGetLastError(disk.real, size, into);
}

} // namespace

const std::vector<std::pair<std::string, disk_fault>>& disk_faults() {
  static const std::vector<std::pair<std::string, disk_fault>> all{
      {"full", {SQLITE_FULL, ENOSPC, false, false, {}}},
      {"full in the middle of a write", {SQLITE_FULL, ENOSPC, true, false, {}}},
      {"full for long", {SQLITE_FULL, ENOSPC, true, true, {}}},
      {"an error", {SQLITE_IOERR_WRITE, EIO, false, false, {}}},
      {"an error in the middle of a write", {SQLITE_IOERR_WRITE, EIO, true, false, {}}},
      {"an error for long", {SQLITE_IOERR_WRITE, EIO, true, true, {}}},
      {"a sync that fails", {SQLITE_IOERR_FSYNC, EIO, false, false, disk_call::sync}},
      {"an error of reading", {SQLITE_IOERR_READ, EIO, false, false, {}}},
      {"an error of reading for long", {SQLITE_IOERR_READ, EIO, false, true, {}}},
  };
  return all;
}

faulty_disk::faulty_disk() {
  if (const char* usual = std::getenv("TMPDIR"))
    usual_directory_ = usual;
  if (std::filesystem::is_directory("/dev/shm"))
    ::setenv("TMPDIR", "/dev/shm", 1);
  disk = {};
  disk.real = sqlite3_vfs_find(nullptr);
  disk.vfs = *disk.real; // what is not replaced does not look at the vfs that it is called for
  disk.vfs.zName = "faulty";
  disk.vfs.szOsFile = static_cast<int>(sizeof(file)) + disk.real->szOsFile;
  disk.vfs.xOpen = open;
  disk.vfs.xDelete = remove;
  disk.vfs.xSleep = sleep;
  disk.vfs.xGetLastError = last_error;
  sqlite3_vfs_register(&disk.vfs, 1);
}

faulty_disk::~faulty_disk() {
  if (usual_directory_)
    ::setenv("TMPDIR", usual_directory_->c_str(), 1);
  else
    ::unsetenv("TMPDIR");
  sqlite3_vfs_unregister(&disk.vfs);
  sqlite3_vfs_register(disk.real, 1);
}

void faulty_disk::fail(std::size_t nth, disk_fault fault) {
  disk.fault = fault;
  disk.left = nth;
  disk.has_failed = false;
}

void faulty_disk::mend() {
  fail(0, {});
}

void faulty_disk::before_each_write(std::function<void()> call) {
  disk.before_write = std::move(call);
}

void faulty_disk::remember_syncs() {
  disk.remembers = true;
  disk.synced.clear();
}

std::optional<std::string> faulty_disk::synced(const std::string& path) const {
  auto found = disk.synced.find(path);
  return found == disk.synced.end() ? std::nullopt : std::optional{found->second};
}

bool faulty_disk::has_failed() const {
  return disk.has_failed;
}

} // namespace mahavishnu::test
