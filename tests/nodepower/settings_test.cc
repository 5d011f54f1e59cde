#include "nodepower/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "support/temporary_folder.h"

namespace drover::nodepower {
namespace {

using testing::HasSubstr;

std::string settings_problem(const std::string& text) {
  const auto read = parse_settings(text, "settings.yaml");
  return read ? "" : read.error().message;
}

TEST(Settings, AreReadFieldByField) {
  const auto read = parse_settings(
      "governor: powersave\nenergyPerformancePreference: balance_power\nidleCores: {offline: 25%, headroom: 80%, window: 30m}\n",
      "f");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->governor, "powersave");
  EXPECT_EQ(read->preference, "balance_power");
  EXPECT_EQ(read->idle_cores, (IdleCores{.share = 0.25, .headroom = 0.8, .window = minutes{30}}));
  EXPECT_EQ(parse_settings("idleCores: {offline: 3}", "f")->idle_cores->count, 3);
}

TEST(Settings, ThatSayNothingWantNothing) {
  for (const char* text : {"", "\n\n", "# nothing yet\n", "---\n", "{}"})
    EXPECT_EQ(parse_settings(text, "f").value(), Settings{}) << text;
  const test::TemporaryFolder folder;
  EXPECT_EQ(read_settings(folder.path("not-there.yaml")).value(), Settings{});
}

TEST(Settings, ThatCantBeReadAreNotTakenForNone) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(read_settings(folder.path()));  // a folder
}

TEST(Settings, AreRefusedInWordsThatSayWhatToWrite) {
  EXPECT_THAT(settings_problem("gouvernor: powersave"), HasSubstr("gouvernor"));
  EXPECT_THAT(settings_problem("governor: power save"), HasSubstr("governor: must be a word"));
  EXPECT_THAT(settings_problem("governor: \"../x\""), HasSubstr("must be a word"));
  EXPECT_THAT(settings_problem("governor: userspace"), HasSubstr("name another"));
  EXPECT_THAT(settings_problem("energyPerformancePreference: default"), HasSubstr("leave the field out"));
  EXPECT_THAT(settings_problem("governor: performance\nenergyPerformancePreference: power"), HasSubstr("leave it out"));
  EXPECT_THAT(settings_problem("idleCores: {}"), HasSubstr("idleCores.offline: is missing"));
  EXPECT_THAT(settings_problem("idleCores: {offline: 120%}"), HasSubstr("0% to 100%"));
  EXPECT_THAT(settings_problem("idleCores: {offline: -1}"), HasSubstr("whole number"));
  EXPECT_THAT(settings_problem("idleCores: {offline: 1, window: 5s}"), HasSubstr("from 1m to 24h"));
  EXPECT_THAT(settings_problem("governor: powersave\n---\ngovernor: performance"), HasSubstr("second document"));
  EXPECT_THAT(settings_problem("[a, b]"), HasSubstr("map"));
}

TEST(Settings, HaveOneTextForOneMeaning) {
  EXPECT_EQ(settings_text({}), "");
  EXPECT_EQ(settings_text(parse_settings("idleCores: {offline: 25%}", "f").value()),
            settings_text(parse_settings("idleCores: {offline: 25%, headroom: 50%, window: 10m}", "f").value()));
  EXPECT_NE(settings_text(parse_settings("governor: powersave", "f").value()),
            settings_text(parse_settings("governor: ondemand", "f").value()));
}

// Pieces of settings, put together at random: read or refused, and what is read goes into no file but as a plain word.
TEST(Settings, OfAnyTextAreWordsOrRefused) {
  const std::vector<std::string> pieces = {
      "governor", ": ",  "powersave", "\n", "idleCores", "{offline", ": 3", "}", "25%", "- ",
      "&a",       "*a ", "..",        "/",  "\"",        "\x01",     "[",   "]", "#",   "energyPerformancePreference"};
  std::mt19937 random(3);
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (unsigned i = random() % 9; i > 0; --i) text += pieces[random() % pieces.size()];
    const auto read = parse_settings(text, "f");
    if (!read) continue;
    for (const auto& word : {read->governor, read->preference}) {
      EXPECT_EQ(word.value_or("").find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace drover::nodepower
