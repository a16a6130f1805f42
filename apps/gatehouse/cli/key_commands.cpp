#include <array>

#include "gatehouse/core/money.hpp"
#include "request_text.hpp"
#include "session.hpp"
#include "terms_options.hpp"

namespace gatehouse::app::cli {
namespace {

constexpr std::array kColumns = {
    Column{"NAME", "key_name"},
    Column{"ALIAS", "key_alias"},
    Column{"TEAM", "team_id"},
    Column{"USER", "user_id"},
    Column{"SPEND", "spend", true},
    Column{"BUDGET", "max_budget", true},
    Column{"EVERY", "budget_duration"},
    Column{"MODELS", "models"},
    Column{"EXPIRES", "expires"},
    Column{"BLOCKED", "blocked"},
    Column{"HASH", "token"},
};

/// What `key generate` and `key update` share.
struct KeyOptions {
  std::string key;
  std::optional<std::string> alias, user, team, organization, lifetime, type, metadata;
  std::vector<std::string> models, tags, clear;
  TermsOptions terms;
};

void add_key_options(CLI::App& command, KeyOptions& o) {
  command.add_option("--alias", o.alias, "name for people");
  command.add_option("--models", o.models, "models it may use (default: all)")->delimiter(',');
  command.add_option("--user", o.user, "user id");
  command.add_option("--team", o.team, "team id");
  command.add_option("--organization", o.organization, "organization id");
  command.add_option("--expires-in", o.lifetime, "lifetime: 30s, 12h, 30d, …; -1: never");
  command.add_option("--type", o.type, "what it is for")
      ->check(CLI::IsMember({"default", "llm_api", "management", "read_only"}));
  command.add_option("--tags", o.tags, "tags of its calls")->delimiter(',');
  command.add_option("--metadata", o.metadata, "JSON object");
  o.terms.add(command);
}

Body& write(Body& body, const KeyOptions& o) {
  body.text("key_alias", o.alias).texts("models", o.models).text("user_id", o.user);
  body.text("team_id", o.team).text("organization_id", o.organization);
  body.text("duration", o.lifetime).text("key_type", o.type).texts("tags", o.tags);
  body.raw("metadata", o.metadata);
  return o.terms.write(body);
}

void add_generate(CLI::App& key, Session& session) {
  CLI::App* command = key.add_subcommand("generate", "make a key; its text is shown once");
  command->footer(
      "example: gatehouse key generate --alias ci --models gpt-4o --max-budget 5 "
      "--budget-duration 30d");
  auto o = std::make_shared<KeyOptions>();
  add_key_options(*command, *o);
  session.on(command, [&session, o] {
    Body body;
    return session.call(
        {"POST", "/key/generate", write(body, *o).str()}, [](const JsonValue& made) {
          const JsonValue* text = made.find("key");
          const JsonValue* hash = made.find("token");
          return (text ? text->shown() : "?") + "\nhash " + (hash ? hash->shown() : "?") +
                 "\nKeep it: it is not shown again.\n";
        });
  });
}

void add_update(CLI::App& key, Session& session) {
  CLI::App* command = key.add_subcommand("update", "change what is given, keep the rest");
  command->footer("example: gatehouse key update HASH --max-budget 20 --clear rpm_limit");
  auto o = std::make_shared<KeyOptions>();
  command->add_option("key", o->key, "the key, its hash, or - for standard input")->required();
  add_key_options(*command, *o);
  command->add_option("--clear", o->clear, "fields to empty: rpm_limit, team_id, …")
      ->delimiter(',');
  session.on(command, [&session, o] {
    Body body;
    body.text("key", Session::key_argument(o->key));
    return session.call({"POST", "/key/update", write(body, *o).nulls(o->clear).str()},
                        show_text("updated"));
  });
}

void add_list(CLI::App& key, Session& session) {
  struct Options {
    std::optional<std::string> user, team, organization, alias;
    std::string page = "1", size = "50";
    bool deleted = false;
  };
  CLI::App* command = key.add_subcommand("list", "keys, newest first");
  command->footer("example: gatehouse key list --team research --json");
  auto o = std::make_shared<Options>();
  command->add_option("--user", o->user, "user id");
  command->add_option("--team", o->team, "team id");
  command->add_option("--organization", o->organization, "organization id");
  command->add_option("--alias", o->alias, "alias");
  command->add_option("--page", o->page, "page, from 1")->check(CLI::PositiveNumber);
  command->add_option("--size", o->size, "rows of a page, at most 100")->check(CLI::Range(1, 100));
  command->add_flag("--deleted", o->deleted, "those that were deleted");
  session.on(command, [&session, o] {
    Query query("/key/list");
    query.add("page", o->page).add("size", o->size).add("return_full_object", "true");
    query.add("include_team_keys", "true").add("user_id", o->user).add("team_id", o->team);
    query.add("organization_id", o->organization).add("key_alias", o->alias);
    if (o->deleted) query.add("status", "deleted");
    return session.call({"GET", query.str(), {}}, show_table("keys", kColumns));
  });
}

/// Commands that have a key and nothing else.
void add_plain(CLI::App& key, Session& session) {
  struct Plain {
    const char* name;
    const char* help;
    const char* path;
    const char* done;
  };
  static constexpr Plain kPlain[] = {
      {"block", "refuse its calls from now on", "/key/block", "blocked"},
      {"unblock", "accept its calls again", "/key/unblock", "unblocked"},
  };
  for (const Plain& plain : kPlain) {
    CLI::App* command = key.add_subcommand(plain.name, plain.help);
    auto given = std::make_shared<std::string>();
    command->add_option("key", *given, "the key, its hash, or - for standard input")->required();
    session.on(command, [&session, given, &plain] {
      const std::string body = Body().text("key", Session::key_argument(*given)).str();
      return session.call({"POST", plain.path, body}, show_text(plain.done));
    });
  }
}

void add_info(CLI::App& key, Session& session) {
  CLI::App* command = key.add_subcommand("info", "everything about one key");
  command->footer("example: gatehouse key info - < key.txt");
  auto given = std::make_shared<std::string>();
  command->add_option("key", *given, "the key, its hash, or - for standard input")->required();
  session.on(command, [&session, given] {
    Query query("/key/info");
    query.add("key", std::string_view(Session::key_argument(*given)));
    return session.call({"GET", query.str(), {}}, show_fields("info"));
  });
}

void add_delete(CLI::App& key, Session& session) {
  struct Options {
    std::vector<std::string> keys, aliases;
  };
  CLI::App* command = key.add_subcommand("delete", "delete keys; what they spent is kept");
  command->footer("example: gatehouse key delete --alias ci --alias staging");
  auto o = std::make_shared<Options>();
  command->add_option("keys", o->keys, "keys or hashes");
  command->add_option("--alias", o->aliases, "alias of a key to delete");
  session.on(command, [&session, o] {
    std::vector<std::string> keys;
    for (const std::string& one : o->keys) keys.push_back(Session::key_argument(one));
    const std::string body = Body().texts("keys", keys).texts("key_aliases", o->aliases).str();
    return session.call({"POST", "/key/delete", body}, [](const JsonValue& answer) {
      const JsonValue* deleted = answer.find("deleted_keys");
      return std::to_string(deleted ? deleted->items().size() : 0) + " deleted\n";
    });
  });
}

void add_regenerate(CLI::App& key, Session& session) {
  struct Options {
    std::string key;
    std::optional<std::string> grace;
  };
  CLI::App* command =
      key.add_subcommand("regenerate", "a new text for a key; everything else stays");
  command->footer("example: gatehouse key regenerate HASH --grace 24h");
  auto o = std::make_shared<Options>();
  command->add_option("key", o->key, "the key, its hash, or - for standard input")->required();
  command->add_option("--grace", o->grace,
                      "how long the old text stays good (default: not at all)");
  session.on(command, [&session, o] {
    const std::string body =
        Body().text("key", Session::key_argument(o->key)).text("grace_period", o->grace).str();
    return session.call({"POST", "/key/regenerate", body}, [](const JsonValue& made) {
      const JsonValue* text = made.find("key");
      return (text ? text->shown() : "?") + "\nKeep it: it is not shown again.\n";
    });
  });
}

}  // namespace

void add_key_commands(CLI::App& app, Session& session) {
  CLI::App* key = app.add_subcommand("key", "virtual keys");
  key->require_subcommand(1);
  add_generate(*key, session);
  add_list(*key, session);
  add_info(*key, session);
  add_update(*key, session);
  add_plain(*key, session);
  add_delete(*key, session);
  add_regenerate(*key, session);
}

}  // namespace gatehouse::app::cli
