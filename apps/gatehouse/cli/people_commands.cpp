#include <array>

#include "request_text.hpp"
#include "session.hpp"
#include "terms_options.hpp"

namespace gatehouse::app::cli {
namespace {

constexpr std::array kUserColumns = {
    Column{"USER", "user_id"},      Column{"E-MAIL", "user_email"},
    Column{"ALIAS", "user_alias"},  Column{"ROLE", "user_role"},
    Column{"SPEND", "spend", true}, Column{"BUDGET", "max_budget", true},
    Column{"TEAMS", "teams"},
};
constexpr std::array kTeamColumns = {
    Column{"TEAM", "team_id"},
    Column{"ALIAS", "team_alias"},
    Column{"ORGANIZATION", "organization_id"},
    Column{"SPEND", "spend", true},
    Column{"BUDGET", "max_budget", true},
    Column{"EVERY", "budget_duration"},
    Column{"MODELS", "models"},
    Column{"BLOCKED", "blocked"},
};

struct UserOptions {
  std::optional<std::string> id, email, alias, role;
  std::vector<std::string> teams, models;
  bool with_key = false;
  TermsOptions terms;
};

struct TeamOptions {
  std::optional<std::string> id, alias, organization;
  std::vector<std::string> models;
  TermsOptions terms;
};

struct MemberOptions {
  std::string team, role = "user";
  std::optional<std::string> user, email, budget;
};

struct PageOptions {
  std::string page = "1", size = "50";
  void add(CLI::App& command) {
    command.add_option("--page", page, "page, from 1")->check(CLI::PositiveNumber);
    command.add_option("--size", size, "rows of a page, at most 100")->check(CLI::Range(1, 100));
  }
};

void add_user_new(CLI::App& user, Session& session) {
  CLI::App* command = user.add_subcommand("new", "make a user");
  command->footer("example: gatehouse user new --email ada@example.org --max-budget 10");
  auto o = std::make_shared<UserOptions>();
  command->add_option("--id", o->id, "user id (default: a new one)");
  command->add_option("--email", o->email, "e-mail address");
  command->add_option("--alias", o->alias, "name for people");
  command->add_option("--role", o->role, "what the user may do")
      ->check(CLI::IsMember(
          {"proxy_admin", "proxy_admin_viewer", "internal_user", "internal_user_viewer"}));
  command->add_option("--teams", o->teams, "ids of teams to join")->delimiter(',');
  command->add_option("--models", o->models, "models the user may use")->delimiter(',');
  command->add_flag("--with-key", o->with_key, "make a key, too");
  o->terms.add(*command);
  session.on(command, [&session, o] {
    Body body;
    body.text("user_id", o->id).text("user_email", o->email).text("user_alias", o->alias);
    body.text("user_role", o->role).texts("teams", o->teams).texts("models", o->models);
    body.raw("auto_create_key", o->with_key ? "true" : "false");
    return session.call({"POST", "/user/new", o->terms.write(body).str()},
                        [](const JsonValue& made) {
                          const JsonValue* id = made.find("user_id");
                          const JsonValue* key = made.find("key");
                          std::string out = "user " + (id ? id->shown() : "?") + '\n';
                          if (key && key->kind() == json::Kind::string) {
                            out += key->text() + "\nKeep it: it is not shown again.\n";
                          }
                          return out;
                        });
  });
}

void add_deletion(CLI::App& parent, Session& session, std::string_view what, std::string path,
                  std::string list) {
  CLI::App* command = parent.add_subcommand("delete", "delete, with all keys");
  auto ids = std::make_shared<std::vector<std::string>>();
  command->add_option("ids", *ids, std::string(what) + " ids")->required();
  session.on(command, [&session, ids, path = std::move(path), list = std::move(list)] {
    return session.call({"POST", path, Body().texts(list, *ids).str()}, show_text("deleted"));
  });
}

void add_info(CLI::App& parent, Session& session, std::string_view field, std::string path,
              std::string shown) {
  CLI::App* command = parent.add_subcommand("info", "everything about one");
  auto id = std::make_shared<std::string>();
  command->add_option("id", *id, std::string(field))->required();
  session.on(command, [&session, id, field = std::string(field), path = std::move(path),
                       shown = std::move(shown)] {
    const std::string target = Query(path).add(field, std::string_view(*id)).str();
    return session.call({"GET", target, {}}, show_fields(shown));
  });
}

void add_user_list(CLI::App& user, Session& session) {
  CLI::App* command = user.add_subcommand("list", "users, newest first");
  auto page = std::make_shared<PageOptions>();
  page->add(*command);
  session.on(command, [&session, page] {
    const std::string target =
        Query("/user/list").add("page", page->page).add("page_size", page->size).str();
    return session.call({"GET", target, {}}, show_table("users", kUserColumns));
  });
}

void add_team_new(CLI::App& team, Session& session) {
  CLI::App* command = team.add_subcommand("new", "make a team");
  command->footer(
      "example: gatehouse team new --alias research --max-budget 100 "
      "--budget-duration 30d");
  auto o = std::make_shared<TeamOptions>();
  command->add_option("--id", o->id, "team id (default: a new one)");
  command->add_option("--alias", o->alias, "name for people");
  command->add_option("--organization", o->organization, "organization id");
  command->add_option("--models", o->models, "models its keys may use")->delimiter(',');
  o->terms.add(*command);
  session.on(command, [&session, o] {
    Body body;
    body.text("team_id", o->id).text("team_alias", o->alias);
    body.text("organization_id", o->organization).texts("models", o->models);
    return session.call({"POST", "/team/new", o->terms.write(body).str()},
                        [](const JsonValue& made) {
                          const JsonValue* id = made.find("team_id");
                          return "team " + (id ? id->shown() : "?") + '\n';
                        });
  });
}

void add_member(CLI::App& team, Session& session) {
  CLI::App* command = team.add_subcommand("member-add", "add a user to a team");
  command->footer("example: gatehouse team member-add research --user ada --budget 10");
  auto o = std::make_shared<MemberOptions>();
  command->add_option("team", o->team, "team id")->required();
  auto* user = command->add_option("--user", o->user, "user id");
  command->add_option("--email", o->email, "e-mail address")->excludes(user);
  command->add_option("--role", o->role, "within the team")
      ->check(CLI::IsMember({"user", "admin"}));
  command->add_option("--budget", o->budget, "most the member may spend in the team")
      ->transform(usd_amount());
  session.on(command, [&session, o] {
    const std::string member =
        Body().text("role", o->role).text("user_id", o->user).text("user_email", o->email).str();
    const std::string body = Body()
                                 .text("team_id", o->team)
                                 .raw("member", member)
                                 .raw("max_budget_in_team", o->budget)
                                 .str();
    return session.call({"POST", "/team/member_add", body}, show_text("added"));
  });
}

}  // namespace

void add_user_commands(CLI::App& app, Session& session) {
  CLI::App* user = app.add_subcommand("user", "users");
  user->require_subcommand(1);
  add_user_new(*user, session);
  add_user_list(*user, session);
  add_info(*user, session, "user_id", "/user/info", "user_info");
  add_deletion(*user, session, "user", "/user/delete", "user_ids");
}

void add_team_commands(CLI::App& app, Session& session) {
  CLI::App* team = app.add_subcommand("team", "teams");
  team->require_subcommand(1);
  add_team_new(*team, session);
  CLI::App* list = team->add_subcommand("list", "teams");
  session.on(list, [&session] {
    return session.call({"GET", "/team/list", {}}, show_table("", kTeamColumns));
  });
  add_info(*team, session, "team_id", "/team/info", "team_info");
  add_deletion(*team, session, "team", "/team/delete", "team_ids");
  add_member(*team, session);
}

}  // namespace gatehouse::app::cli
