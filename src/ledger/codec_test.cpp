#include "codec.hpp"

#include <gtest/gtest.h>

#include <string>

#include "crc32c.hpp"
#include "test_support.hpp"

namespace gatehouse::ledger {
namespace {

using testing::Call;

template <class Entry>
std::string encoded(const Entry& entry) {
  std::string bytes(kMaxEntry, '\0');
  const auto size = encode(entry, bytes);
  if (!size) return {};
  bytes.resize(*size);
  return bytes;
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4U];
    text += kDigits[static_cast<unsigned char>(byte) & 15U];
  }
  return text;
}

void expect_same_facts(const CallFacts& got, const CallFacts& want) {
  EXPECT_EQ(got.call_id, want.call_id);
  EXPECT_EQ(got.call_type, want.call_type);
  EXPECT_EQ(got.api_key, want.api_key);
  EXPECT_EQ(got.key_alias, want.key_alias);
  EXPECT_EQ(got.user_id, want.user_id);
  EXPECT_EQ(got.team_id, want.team_id);
  EXPECT_EQ(got.organization_id, want.organization_id);
  EXPECT_EQ(got.end_user, want.end_user);
  EXPECT_EQ(got.requested_model, want.requested_model);
  EXPECT_EQ(got.model_group, want.model_group);
  EXPECT_EQ(got.session_id, want.session_id);
  EXPECT_EQ(got.requester_ip, want.requester_ip);
  EXPECT_EQ(got.price_version, want.price_version);
  EXPECT_EQ(got.started_at, want.started_at);
  EXPECT_TRUE(std::equal(got.tags.begin(), got.tags.end(), want.tags.begin(), want.tags.end()));
}

void expect_same_periods(std::span<const core::ChargedPeriod> got,
                         std::span<const core::ChargedPeriod> want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].scope, want[i].scope) << i;
    EXPECT_EQ(got[i].id, want[i].id) << i;
    EXPECT_EQ(got[i].duration, want[i].duration) << i;
    EXPECT_EQ(got[i].period_start, want[i].period_start) << i;
    EXPECT_EQ(got[i].period_end, want[i].period_end) << i;
  }
}

TEST(Crc32c, MatchesThePublishedVectors) {
  // RFC 3720, B.4.
  const std::string zeros(32, '\0');
  const std::string ones(32, '\xff');
  for (const auto function : {crc32c, crc32c_by_table}) {
    EXPECT_EQ(function("123456789", 9, 0), 0xE3069283U);
    EXPECT_EQ(function(zeros.data(), 32, 0), 0x8A9136AAU);
    EXPECT_EQ(function(ones.data(), 32, 0), 0x62A8AB43U);
    EXPECT_EQ(function("6789", 4, function("12345", 5, 0)), 0xE3069283U);
  }
}

TEST(Codec, AReservationComesBack) {
  const Call call;
  const std::string bytes = encoded(call.reservation());
  Decoder decoder;
  const ReservationEntry* const entry = decoder.reservation(bytes);
  ASSERT_NE(entry, nullptr);
  expect_same_facts(entry->facts, call.facts());
  expect_same_periods(entry->periods, call.periods);
  EXPECT_EQ(entry->amount.nano_usd(), call.reserved);
}

TEST(Codec, ASettlementComesBack) {
  Call call;
  const std::string other_pair = core::pair_id("team-2", "user-1");
  call.periods.push_back({core::Scope::team_member, other_pair, "7d", testing::at_seconds(1'000)});
  call.periods.push_back({core::Scope::deployment, "d-1", "", {}});
  call.periods.push_back({core::Scope::provider, "openai", "1d", testing::at_seconds(0)});
  call.periods.push_back({core::Scope::tag, "not of the call", "", {}});
  SettlementEntry want = call.settlement();
  want.status = CallStatus::interrupted;
  want.http_status = 499;
  want.cost_known = false;
  want.cost_clamped = true;
  want.usage = {1, 2, 3, 4, 5, 6, 7, ~std::uint64_t{0}};
  want.error_class = "client_left";
  want.error_message = "the client left";
  want.client_metadata = R"({"a":1})";
  want.retries = 3;
  want.fallbacks = 1;
  const std::string bytes = encoded(want);
  Decoder decoder;
  const SettlementEntry* const got = decoder.settlement(bytes);
  ASSERT_NE(got, nullptr);
  expect_same_facts(got->facts, want.facts);
  expect_same_periods(got->periods, want.periods);
  EXPECT_EQ(got->status, want.status);
  EXPECT_EQ(got->http_status, want.http_status);
  EXPECT_EQ(got->stream, want.stream);
  EXPECT_EQ(got->cost_known, want.cost_known);
  EXPECT_EQ(got->cost_clamped, want.cost_clamped);
  EXPECT_EQ(got->usage_source, want.usage_source);
  EXPECT_EQ(got->reserved, want.reserved);
  EXPECT_EQ(got->cost, want.cost);
  EXPECT_EQ(got->usage, want.usage);
  EXPECT_EQ(got->response_id, want.response_id);
  EXPECT_EQ(got->model, want.model);
  EXPECT_EQ(got->deployment, want.deployment);
  EXPECT_EQ(got->provider, want.provider);
  EXPECT_EQ(got->api_base, want.api_base);
  EXPECT_EQ(got->error_class, want.error_class);
  EXPECT_EQ(got->error_message, want.error_message);
  EXPECT_EQ(got->client_metadata, want.client_metadata);
  EXPECT_EQ(got->retries, want.retries);
  EXPECT_EQ(got->fallbacks, want.fallbacks);
  EXPECT_EQ(got->ended_at, want.ended_at);
  EXPECT_EQ(got->first_token_at, want.first_token_at);
}

TEST(Codec, IdsThatTheCallNamesCostTwoBytes) {
  Call call;
  call.periods.clear();
  const std::size_t without = encoded(call.settlement()).size();
  call.charge_usual_scopes();
  const std::size_t with = encoded(call.settlement()).size();
  // 7 lifetimes of 2 bytes (the tag 3) and a period with its times: 2 + 4 + 8 + 8.
  EXPECT_EQ(with - without, 7U * 2 + 1 + 22);
}

TEST(Codec, GoldenBytes) {
  Call call("c-1");
  call.key = "ab";
  call.user = "u";
  call.team = "t";
  call.tags = {"x"};
  const std::string pair = core::pair_id("t", "u");
  const core::ChargedPeriod periods[] = {
      {core::Scope::key, "ab", "", {}},
      {core::Scope::team_member, pair, "1d", testing::at_seconds(1), testing::at_seconds(2)},
      {core::Scope::tag, "x", "", {}},
      {core::Scope::provider, "p", "1h", testing::at_seconds(1)}};
  CallFacts facts;
  facts.call_id = "c-1";
  facts.call_type = "a";
  facts.api_key = call.key;
  facts.user_id = call.user;
  facts.team_id = call.team;
  facts.tags = call.tags;
  facts.started_at = core::WallTime(core::Nanos(0x0102030405060708));
  EXPECT_EQ(hex(encoded(ReservationEntry{facts, core::Money::nano_usd(300), periods})),
            "010103632d31"                                // reservation, version 1, call id
            "0807060504030201"                            // started
            "016102616200"                                // type, key, alias
            "017501740000"                                // user, team, organization, end user
            "0000000000"                                  // models, session, address, price version
            "010178"                                      // tags
            "2c01000000000000"                            // amount
            "04"                                          // periods: key, lifetime, by reference
            "0582"                                        //
            "030b02316400ca9a3b000000000094357700000000"  // team and user, 1d, its times
            "078a00"                                      // tag number 0
            "0940017002316800ca9a3b00000000");            // a literal provider, endless
  std::string room(100, '\0');
  const auto size = encode_dispatch("c-1", room);
  ASSERT_TRUE(size);
  EXPECT_EQ(hex(std::string_view(room).substr(0, *size)), "020103632d31");

  SettlementEntry entry;
  entry.facts = facts;
  entry.facts.tags = {};
  entry.cost = core::Money::nano_usd(5);
  entry.usage.prompt = 300;
  entry.provider = "p";
  entry.periods = std::span(periods).subspan(3);
  entry.ended_at = core::WallTime(core::Nanos(9));
  entry.first_token_at = core::WallTime(core::Nanos(8));
  EXPECT_EQ(hex(encoded(entry)),
            "030103632d31"
            "0807060504030201"
            "016102616200"
            "017501740000"
            "0000000000"
            "00"          // no tags
            "000a00c801"  // answered, cost known and a first token, source, 200
            "00000000000000000500000000000000"  // reserved, cost
            "ac0200000000000000"                // usage
            "0000000170"                        // response, model, deployment, provider
            "00000000"                          // base, class, message, metadata
            "0000"                              // retries, fallbacks
            "0900000000000000"                  // ended
            "0800000000000000"                  // first token
            "01"                                // periods
            "09480231680"
            "0ca9a3b00000000");  // the provider by reference, endless
}

TEST(Codec, LongTextsAreCutAtACharacter) {
  Call call;
  SettlementEntry entry = call.settlement();
  const std::string message = std::string(kMaxErrorMessage - 1, 'x') + "é and more";
  const std::string metadata(kMaxClientMetadata + 1, ' ');
  entry.error_message = message;
  entry.client_metadata = metadata;
  const std::string bytes = encoded(entry);
  Decoder decoder;
  const SettlementEntry* const got = decoder.settlement(bytes);
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(got->error_message, std::string(kMaxErrorMessage - 1, 'x'));
  EXPECT_EQ(got->client_metadata, "") << "half a JSON text is none";
  EXPECT_EQ(bounded(std::string(9, '\x80'), 5).size(), 2U) << "no text at all is cut anyhow";
}

TEST(Codec, TheLargestSettlementFits) {
  const std::string longest(10'000, 'x');
  Call call;
  std::vector<std::string_view> tags(kMaxTags + 5, longest);
  SettlementEntry entry = call.settlement();
  CallFacts& facts = entry.facts;
  for (std::string_view* text :
       {&facts.call_id,         &facts.call_type,   &facts.api_key,         &facts.key_alias,
        &facts.user_id,         &facts.team_id,     &facts.organization_id, &facts.end_user,
        &facts.requested_model, &facts.model_group, &facts.session_id,      &facts.requester_ip,
        &facts.price_version,   &entry.response_id, &entry.model,           &entry.deployment,
        &entry.provider,        &entry.api_base,    &entry.error_class,     &entry.error_message}) {
    *text = longest;
  }
  facts.tags = tags;
  const std::string metadata(kMaxClientMetadata, 'm');
  entry.client_metadata = metadata;
  entry.retries = entry.fallbacks = ~0U;
  const std::uint64_t most = ~std::uint64_t{0};
  entry.usage = {most, most, most, most, most, most, most, most};
  const auto key = longest.substr(0, kMaxId);
  // What reserve() accepted, and 16 periods that a fallback added.
  std::vector<core::ChargedPeriod> periods(
      kMaxReservedPeriods,
      {core::Scope::key, key, "1234567890123456", testing::at_seconds(1), testing::at_seconds(2)});
  const std::string literal(200, 'y');
  std::size_t literals = 0;
  for (; literals < periods.size(); ++literals) {
    periods[literals].id = literal;
    if (encoded(ReservationEntry{facts, {}, periods}).empty()) break;
  }
  periods[literals].id = key;
  ASSERT_FALSE(encoded(ReservationEntry{facts, {}, periods}).empty());
  EXPECT_GT(literals, 5U);
  for (int i = 0; i < 8; ++i) {
    periods.push_back({core::Scope::model, literal, "1234567890123456", testing::at_seconds(1)});
    periods.push_back({core::Scope::key_model, literal, "", {}});
  }
  entry.periods = periods;
  const std::string bytes = encoded(entry);
  EXPECT_FALSE(bytes.empty());
  EXPECT_LE(bytes.size(), kMaxEntry);
  EXPECT_GT(bytes.size(), kMaxEntry - 4'000) << "the room that is kept is needed";
}

TEST(Codec, NegativeAmountsAndTooManyPeriodsAreRefused) {
  Call call;
  call.reserved = -1;
  EXPECT_EQ(encoded(call.reservation()), "");
  EXPECT_EQ(encoded(call.settlement()), "");
  call.reserved = 1;
  call.cost = -1;
  EXPECT_EQ(encoded(call.settlement()), "");
  call.cost = 1;
  call.periods.resize(kMaxReservedPeriods + 1);
  EXPECT_EQ(encoded(call.reservation()), "");
  EXPECT_NE(encoded(call.settlement()), "");
  call.periods.resize(kMaxPeriods + 1);
  EXPECT_EQ(encoded(call.settlement()), "");
}

TEST(Codec, GarbageIsRefused) {
  Decoder decoder;
  const std::string settlement = encoded(Call().settlement());
  const std::string reservation = encoded(Call().reservation());
  for (std::size_t size = 0; size < settlement.size(); ++size) {
    EXPECT_EQ(decoder.settlement(settlement.substr(0, size)), nullptr) << size;
  }
  for (std::size_t size = 0; size < reservation.size(); ++size) {
    EXPECT_EQ(decoder.reservation(reservation.substr(0, size)), nullptr) << size;
  }
  EXPECT_EQ(decoder.settlement(settlement + "x"), nullptr);
  EXPECT_EQ(decoder.settlement(reservation), nullptr);
  std::string newer = settlement;
  newer[1] = 2;
  EXPECT_FALSE(peek(newer));
  EXPECT_TRUE(is_newer(newer));
  core::SeededRandom random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string broken = settlement;
    broken[random.below(broken.size())] = static_cast<char>(random.next());
    decoder.settlement(broken);
    broken = reservation;
    broken[random.below(broken.size())] = static_cast<char>(random.next());
    decoder.reservation(broken);
  }
}

}  // namespace
}  // namespace gatehouse::ledger
