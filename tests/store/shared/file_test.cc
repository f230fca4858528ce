// The file of a shared store: who may use it, what is refused and why.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "store/shared/shared_fixture.h"

namespace weir::store {
namespace {

using std::chrono::seconds;

class SharedFileTest : public SharedFixture {
 protected:
  void overwrite(std::size_t offset, std::string_view bytes) const {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void flip(std::size_t offset) const {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const char flipped = static_cast<char>(~file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(flipped);
  }
  // The sentence with which the file is refused.
  std::string refusal(ErrorCode code) const {
    const auto store = SharedStore::open({.file = path(), .max_keys = 64});
    if (store) return "it was opened";
    EXPECT_EQ(store.error().code, code);
    EXPECT_NE(store.error().cure, "");
    EXPECT_NE(store.error().message.find(path()), std::string::npos);
    return store.error().message.substr(path().size() + 1);
  }
};

TEST_F(SharedFileTest, IsMadeForItsOwnerOnlyWithAllItsBlocksAndNothingBesideIt) {
  const auto store = open();
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_GE(status.st_blocks * 512, status.st_size) << "a full disk would end the process later";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(SharedFileTest, KeepsItsPepperAndItsSize) {
  const std::string pepper(open(64)->pepper());
  EXPECT_EQ(pepper.size(), 32u);
  const auto store = open(1000);
  EXPECT_EQ(store->max_keys(), 64u);
  EXPECT_EQ(store->pepper(), pepper);
  EXPECT_NE(open_at(path("other.store"))->pepper(), pepper);
}

TEST_F(SharedFileTest, IsNotMadeWhereItMustBeThere) {
  const auto store = SharedStore::open({.file = path(), .missing = SharedFile::Missing::fail});
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().code, ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(SharedFileTest, NeedsAFolderAndAMeaningfulNumberOfKeys) {
  EXPECT_FALSE(SharedStore::open({.file = path("no/such/folder")}).has_value());
  EXPECT_FALSE(SharedStore::open({.file = path(), .max_keys = 0}).has_value());
  EXPECT_FALSE(SharedStore::open({.file = path(), .max_keys = Layout::kMaxKeys + 1}).has_value());
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(SharedFileTest, RefusesWhatIsNoStoreOfItsOwn) {
  std::ofstream(path()) << "hello";
  ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
  EXPECT_EQ(refusal(ErrorCode::invalid_input), "is no store of Weir");
  std::ofstream(path()) << std::string(100'000, 'x');
  EXPECT_EQ(refusal(ErrorCode::invalid_input), "is no store of Weir");
  std::ofstream(path(), std::ios::trunc);
  EXPECT_EQ(refusal(ErrorCode::invalid_input), "is no store of Weir");
  std::filesystem::remove(path());
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_EQ(refusal(ErrorCode::invalid_input), "is no regular file");
}

TEST_F(SharedFileTest, RefusesAFileThatOthersCanUse) {
  open();
  for (const mode_t mode : {0640U, 0604U, 0660U, 0666U}) {
    ASSERT_EQ(::chmod(path().c_str(), mode), 0);
    EXPECT_EQ(refusal(ErrorCode::unauthorized), "can be used by others than its owner");
  }
}

TEST_F(SharedFileTest, RefusesANewerVersionAndAnotherKindOfLocks) {
  open();
  overwrite(12, "\x7f");
  EXPECT_EQ(refusal(ErrorCode::unsupported),
            "was made by a Weir for another C library or processor");
  overwrite(8, "\x02");
  EXPECT_EQ(refusal(ErrorCode::unsupported), "was made by a newer Weir");
}

TEST_F(SharedFileTest, RefusesADamagedHeader) {
  for (const std::size_t offset : {16U, 24U, 40U, 64U, 95U, 96U, 127U}) {
    std::filesystem::remove(path());
    open();
    flip(offset);
    EXPECT_EQ(refusal(ErrorCode::invalid_input), "is damaged: its header is not what was written")
        << offset;
  }
}

TEST_F(SharedFileTest, RefusesAFileThatWasCutOrHasGrown) {
  open();
  const auto size = std::filesystem::file_size(path());
  for (const std::uintmax_t other : {size - 1, size / 2, size_t{4096}, size + 1}) {
    std::filesystem::resize_file(path(), other);
    EXPECT_EQ(refusal(ErrorCode::invalid_input), "is damaged: it has " + std::to_string(other) +
                                                     " bytes instead of " + std::to_string(size));
  }
}

// A limit on the size of files stands for a full disk; it is the process's, so a child has it.
TEST_F(SharedFileTest, SaysThatThereIsNoRoomAndLeavesNothingBehind) {
  const pid_t child = in_a_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{20'000, 20'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto store = SharedStore::open({.file = path(), .max_keys = 100'000});
    ::_exit(!store && store.error().code == ErrorCode::limit_exceeded ? 0 : 1);
  });
  EXPECT_TRUE(ended_well(child));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

// Whatever is in the records: no crash, the flaws are told, and what makes sense is kept.
TEST_F(SharedFileTest, BearsAnyBytesInTheTable) {
  const Key key = test::random_key(rng_);
  for (int round = 0; round < 60; ++round) {
    std::filesystem::remove(path());
    { admitted_of(*open(), 1, request(key, 5, seconds(10))); }
    const auto size = std::filesystem::file_size(path());
    for (int i = 0; i < 40; ++i) {
      std::string bytes(1 + rng_.below(64), '\0');
      for (char& c : bytes) c = static_cast<char>(rng_.below(256));
      // Everything but the header and the locks.
      const std::size_t from = 4096 + 64;
      const std::size_t offset = from + rng_.below(size - from - bytes.size());
      overwrite(offset, bytes);
    }
    {
      const auto seen = SharedStore::open({.file = path(), .mend = false});
      ASSERT_TRUE(seen.has_value());
      EXPECT_TRUE((*seen)->flaws().has_value());
      EXPECT_TRUE((*seen)->summary(kStart).has_value());
    }
    const auto store = open();
    expect_whole(*store);
    for (int i = 0; i < 200; ++i) {
      // What was scribbled may look like keys that live for ever.
      const auto outcome =
          store->charge(request(test::random_key(rng_), 5, seconds(1), kStart + seconds(i)));
      EXPECT_TRUE(outcome || outcome.error().code == ErrorCode::limit_exceeded);
    }
    expect_whole(*store);
  }
}

}  // namespace
}  // namespace weir::store
