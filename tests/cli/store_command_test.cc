// weir store as its users run it: the program itself, on the file of a store that is in use.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/system_clock.h"
#include "cli/program.h"
#include "store/shared/shared_store.h"
#include "support/keys.h"

namespace weir::cli {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class StoreCommandTest : public testing::Test {
 protected:
  StoreCommandTest() {
    folder_ = (std::filesystem::temp_directory_path() / "weir-store-XXXXXX").string();
    WEIR_CHECK(::mkdtemp(folder_.data()) != nullptr);
    file_ = folder_ + "/weir.store";
  }
  ~StoreCommandTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<store::SharedStore> open() const {
    auto store = store::SharedStore::open({.file = file_, .max_keys = 64});
    EXPECT_TRUE(store.has_value());
    return std::move(*store);
  }
  bool charge(store::SharedStore& store, const Key& key) const {
    const auto outcome =
        store.charge({.key = key,
                      .limit = limit::WindowLimit{1, limit::Geometry::for_window(hours(1))},
                      .now = now_});
    return outcome && outcome->charge.admitted;
  }
  Outcome run(const std::string& words) const {
    return weir("", "store " + words + " --file " + file_);
  }

  Rng rng_{1};
  Time now_ = base::SystemClock().now();
  std::string folder_;
  std::string file_;
};

TEST_F(StoreCommandTest, InspectsAndVerifiesAStoreThatIsInUse) {
  const auto store = open();
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(charge(*store, test::random_key(rng_)));
  const Outcome text = run("inspect --keys");
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(text.output.find("keys       8 of 64 (12.5 %)\nlive       8\n"), std::string::npos)
      << text.output;
  const Outcome inspected = run("inspect --keys --format json");
  ASSERT_EQ(inspected.exit_code, 0) << inspected.output;
  const auto json = boost::json::parse(inspected.output);
  EXPECT_EQ(json.at("keys").to_number<int>(), 8);
  EXPECT_EQ(json.at("bytes").to_number<std::uintmax_t>(), std::filesystem::file_size(file_));
  EXPECT_EQ(json.at("key_list").as_array().size(), 8U);
  EXPECT_EQ(json.at("key_list").at(0).at("algorithm"), "exact_window");
  const Outcome verified = run("verify");
  EXPECT_EQ(verified.exit_code, 0);
  EXPECT_EQ(verified.output, file_ + ": OK, 8 keys\n");
}

TEST_F(StoreCommandTest, ResetsOneKeyOrAll) {
  const auto store = open();
  const Key key = test::random_key(rng_);
  ASSERT_TRUE(charge(*store, key));
  const Outcome inspected = run("inspect --keys --format json");
  const auto json = boost::json::parse(inspected.output);
  const std::string name(json.at("key_list").at(0).at("key").as_string());
  EXPECT_FALSE(charge(*store, key));
  EXPECT_EQ(run("reset " + name).output, file_ + ": forgot 1 key\n");
  EXPECT_TRUE(charge(*store, key));
  EXPECT_EQ(run("reset --all").output, file_ + ": forgot 1 key\n");
  EXPECT_TRUE(charge(*store, key));
  EXPECT_EQ(run("reset 00000000000000000000000000000000").exit_code, 2);
}

TEST_F(StoreCommandTest, TellsEachFlawOfADamagedFile) {
  const Key key = test::random_key(rng_);
  store::Layout layout;
  {
    const auto store = open();
    ASSERT_TRUE(charge(*store, key));
    layout = store->file_layout();
  }
  {
    // The total of the first record of the first chunk.
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(layout.arena_at + 32));
    file.put('\x07');
  }
  const Outcome told = run("verify");
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_NE(told.output.find("its total is not the sum of its counts"), std::string::npos)
      << told.output;
  EXPECT_FALSE(charge(*open(), key)) << "mended, not forgotten";
  EXPECT_EQ(run("verify").exit_code, 0);
}

TEST_F(StoreCommandTest, SaysInOneLineWhatIsWrong) {
  struct Case {
    std::string words;
    std::string says;
  };
  for (const Case& one :
       {Case{"inspect", "No such file"}, Case{"verify", "No such file"},
        Case{"reset --all", "No such file"}, Case{"reset", "nothing is said to be reset"},
        Case{"reset 12", "'12' is no key"}}) {
    const Outcome outcome = run(one.words);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.output;
    EXPECT_NE(outcome.output.find(one.says), std::string::npos) << outcome.output;
    EXPECT_EQ(outcome.output.find('\n'), outcome.output.size() - 1) << outcome.output;
  }
  EXPECT_FALSE(std::filesystem::exists(file_));
  std::ofstream(file_) << "hello";
  std::filesystem::permissions(file_, std::filesystem::perms(0600));
  const Outcome foreign = run("inspect --format json");
  EXPECT_EQ(foreign.exit_code, 2);
  EXPECT_EQ(std::string(boost::json::parse(foreign.output).at("error").at("message").as_string()),
            file_ + " is no store of Weir");
}

}  // namespace
}  // namespace weir::cli
