"""Who may call what: every route of the binary's own list, for every kind of caller, on objects of
one's own and of others (faults.md S1). A route that is not described here fails the test."""

import datetime
import json
import unittest
import urllib.parse

from admin import AdminTest, bearer, hash_of

MARK = "foreign-mark"  # within a name of each object of others
DENIED = (401, 403, 404)

# What each route is asked about an object. {names} are replaced; None: an empty body.
REQUESTS = {
    "POST /spend/calculate": {"completion_response": {
        "model": "chat", "usage": {"prompt_tokens": 1, "completion_tokens": 1}}},
    "POST /global/spend/reset": {},
    "GET /spend/reconciliation": "",
    "POST /spend/reconciliation": {"call_id": "none", "cost": 0},
    "POST /key/generate": {"user_id": "{user}", "team_id": "{team}", "organization_id": "{org}"},
    "POST /key/service-account/generate": {"team_id": "{team}"},
    "POST /key/update": {"key": "{key}", "max_budget": 1000000},
    "POST /key/bulk_update": {"keys": [{"key": "{key}", "max_budget": 1000000}]},
    "POST /key/delete": {"keys": ["{key}"]},
    "POST /key/block": {"key": "{key}"},
    "POST /key/unblock": {"key": "{key}"},
    "POST /key/regenerate": {"key": "{key}"},
    "POST /key/{key}/regenerate": {},
    "POST /key/{key}/reset_spend": {"reset_to": 0},
    "GET /key/info": "?key={key}",
    "POST /v2/key/info": {"keys": ["{key}"]},
    "GET /key/list": "?return_full_object=true&size=100",
    "GET /key/aliases": "",
    "POST /key/health": {},
    "POST /user/new": {"user_role": "proxy_admin"},
    "POST /user/update": {"user_id": "{user}", "max_budget": 1000000},
    "POST /user/delete": {"user_ids": ["{user}"]},
    "GET /user/info": "?user_id={user}",
    "GET /v2/user/info": "?user_id={user}",
    "GET /user/list": "",
    "POST /team/new": {"organization_id": "{org}"},
    "POST /team/update": {"team_id": "{team}", "max_budget": 1000000},
    "POST /team/delete": {"team_ids": ["{team}"]},
    "POST /team/block": {"team_id": "{team}"},
    "POST /team/unblock": {"team_id": "{team}"},
    "GET /team/info": "?team_id={team}",
    "GET /team/list": "",
    "GET /v2/team/list": "?page_size=100",
    "POST /team/member_add": {"team_id": "{team}", "member": {"role": "admin",
                                                              "user_id": "intruder"}},
    "POST /team/member_update": {"team_id": "{team}", "user_id": "{user}", "role": "admin"},
    "POST /team/member_delete": {"team_id": "{team}", "user_id": "{user}"},
    "POST /team/model/add": {"team_id": "{team}", "models": ["claude"]},
    "POST /team/model/delete": {"team_id": "{team}", "models": ["chat"]},
    "GET /team/permissions_list": "?team_id={team}",
    "POST /team/permissions_update": {"team_id": "{team}",
                                      "team_member_permissions": ["/key/generate"]},
    "POST /organization/new": {"organization_alias": "x"},
    "PATCH /organization/update": {"organization_id": "{org}", "max_budget": 1000000},
    "POST /organization/update": {"organization_id": "{org}", "max_budget": 1000000},
    "DELETE /organization/delete": {"organization_ids": ["{org}"]},
    "GET /organization/info": "?organization_id={org}",
    "GET /organization/list": "",
    "POST /organization/member_add": {"organization_id": "{org}",
                                      "member": {"role": "org_admin", "user_id": "intruder"}},
    "PATCH /organization/member_update": {"organization_id": "{org}", "user_id": "{user}",
                                          "role": "org_admin"},
    "DELETE /organization/member_delete": {"organization_id": "{org}", "user_id": "{user}"},
    "POST /budget/new": {"max_budget": 1},
    "POST /budget/update": {"budget_id": "{budget}", "max_budget": 1000000},
    "POST /budget/delete": {"id": "{budget}"},
    "POST /budget/info": {"budgets": ["{budget}"]},
    "GET /budget/settings": "?budget_id={budget}",
    "GET /budget/list": "",
    "POST /tag/new": {"name": "another"},
    "POST /tag/update": {"name": "{tag}", "max_budget": 1000000},
    "POST /tag/delete": {"name": "{tag}"},
    "POST /tag/info": {"names": ["{tag}"]},
    "GET /tag/list": "",
    "POST /model/new": {"model_name": "x", "litellm_params": {"model": "openai/x"}},
    "POST /model/update": {"model_info": {"id": "{model}"}, "model_name": "y"},
    "PATCH /model/{id}/update": {"model_name": "y"},
    "POST /model/delete": {"id": "{model}"},
    "POST /spend/calculate": {"model": "gpt-4o",
                              "messages": [{"role": "user", "content": "Hello"}]},
    "POST /global/spend/reset": {},
    "GET /audit": "", "GET /audit/{id}": "",
    "GET /v1/model/info": "", "GET /model/info": "", "GET /v2/model/info": "",
    "GET /model_group/info": "",
    "GET /v1/models": "", "GET /models": "", "GET /v1/models/{id...}": "", "GET /models/{id...}": "",
    "GET /health": "?model=no-such-model", "GET /health/backlog": "",
    "GET /health/services": "?service=none",
    "GET /health/history": "", "GET /health/latest": "",
    "POST /health/test_connection": {"litellm_params": {"model": "openai/x",
                                                        "api_base": "http://127.0.0.1:1"}},
    "GET /health/readiness/details": "",
}
for surface in ("customer", "end_user"):
    REQUESTS.update({
        f"POST /{surface}/new": {"user_id": "another"},
        f"POST /{surface}/update": {"user_id": "{customer}", "max_budget": 1000000},
        f"POST /{surface}/delete": {"user_ids": ["{customer}"]},
        f"POST /{surface}/block": {"user_ids": ["{customer}"]},
        f"POST /{surface}/unblock": {"user_ids": ["{customer}"]},
        f"GET /{surface}/info": "?end_user_id={customer}",
        f"GET /{surface}/list": "",
    })
TODAY = datetime.datetime.now(datetime.timezone.utc).date()
SPEND_QUERY = (f"?start_date={TODAY - datetime.timedelta(days=1)}"
               f"&end_date={TODAY + datetime.timedelta(days=1)}&api_key={{key}}&user_id={{user}}"
               "&team_id={team}&team_ids={team}&organization_ids={org}&end_user_ids={customer}")
# No proxy admin may.
MASTER_KEY_ALONE = {"POST /global/spend/reset"}
WITHOUT_KEY = {"open", "metrics", "pipeline"}

# Routes that a caller may use on what is its own; every other one in the table is denied, or
# answers without it.
OWN = {
    "inference": {"GET /key/info"},
    "member": {"GET /key/info", "GET /team/info", "GET /user/info", "GET /v2/user/info",
               "GET /team/permissions_list"},
    "team_admin": {"GET /key/info", "GET /team/info", "POST /team/member_add", "POST /key/block",
                   "POST /key/unblock", "POST /key/update", "POST /team/permissions_update"},
    "org_admin": {"GET /organization/info", "GET /team/info", "POST /team/update",
                  "POST /organization/member_add", "POST /key/block", "POST /key/unblock",
                  "POST /key/update", "POST /team/block", "POST /team/unblock"},
    "internal": {"GET /key/info", "GET /user/info", "GET /v2/user/info"},
}


def filled(template, names):
    if isinstance(template, str):
        for name, value in names.items():
            template = template.replace("{" + name + "}", value)
        return template
    if isinstance(template, list):
        return [filled(item, names) for item in template]
    if isinstance(template, dict):
        return {key: filled(value, names) for key, value in template.items()}
    return template


class AuthorisationTest(AdminTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.routes = cls.gateway.get("/routes").json()["routes"]
        cls.own = cls.make_objects("own")
        cls.foreign = cls.make_objects(MARK)
        cls.callers = {"none": None, **cls.make_callers()}
        # Something to be seen in what was spent.
        answer = cls.gateway.chat("chat", user=cls.foreign["customer"],
                                  headers=bearer(cls.foreign["key"]))
        assert answer.status == 200, answer
        cls.secrets = (MARK, cls.foreign["team"], cls.foreign["org"],
                       hash_of(cls.foreign["key"]))

    @classmethod
    def made(cls, path, body):
        answer = cls.gateway.post(path, body)
        assert answer.status == 200, (path, answer)
        return answer.json()

    @classmethod
    def make_objects(cls, mark):
        user = cls.made("/user/new", {"user_id": f"user-{mark}", "user_alias": mark,
                                      "auto_create_key": False})["user_id"]
        org = cls.made("/organization/new", {"organization_alias": f"org-{mark}"})
        org = org["organization_id"]
        cls.made("/organization/member_add", {
            "organization_id": org, "member": {"role": "internal_user", "user_id": user}})
        team = cls.made("/team/new", {
            "team_alias": f"team-{mark}", "organization_id": org, "models": ["chat"],
            "max_budget": 5, "members_with_roles": [{"role": "user", "user_id": user}]})["team_id"]
        key = cls.made("/key/generate", {"key_alias": f"key-{mark}", "team_id": team,
                                         "user_id": user, "max_budget": 5})["key"]
        budget = cls.made("/budget/new", {"budget_id": f"budget-{mark}", "max_budget": 5})
        cls.made("/customer/new", {"user_id": f"customer-{mark}", "max_budget": 5})
        cls.made("/tag/new", {"name": f"tag-{mark}", "max_budget": 5})
        return {"user": user, "org": org, "team": team, "key": key,
                "budget": budget["budget_id"], "customer": f"customer-{mark}",
                "tag": f"tag-{mark}", "model": f"model-{mark}", "id": f"model-{mark}",
                "id...": f"model-{mark}"}

    @classmethod
    def make_callers(cls):
        def person(name, **fields):
            return cls.made("/user/new", {"user_id": name, "auto_create_key": False, **fields})

        def key(user, **fields):
            return cls.made("/key/generate", {"user_id": user, **fields})["key"]

        for name in ("admin-of-team", "admin-of-org", "plain"):
            person(name)
        person("viewer", user_role="proxy_admin_viewer")
        person("boss", user_role="proxy_admin")
        cls.made("/team/member_add", {"team_id": cls.own["team"], "member": {
            "role": "admin", "user_id": "admin-of-team"}})
        cls.made("/organization/member_add", {"organization_id": cls.own["org"], "member": {
            "role": "org_admin", "user_id": "admin-of-org"}})
        return {
            "inference": cls.made("/key/generate", {})["key"],
            "member": cls.own["key"],
            "team_admin": key("admin-of-team"),
            "org_admin": key("admin-of-org"),
            "internal": key("plain"),
            "viewer": key("viewer"),
            "proxy_admin": key("boss"),
        }

    def known_routes(self):
        for route in self.routes:
            if route["access"] in WITHOUT_KEY:
                continue
            for method in route["methods"]:
                yield method, route["path"], route["access"]

    def template(self, name, access):
        if name in REQUESTS:
            return REQUESTS[name]
        if access in ("own_spend", "global_spend"):
            return SPEND_QUERY if name.startswith("GET") else {}
        return None

    def call(self, caller, method, path, access, names):
        template = self.template(f"{method} {path}", access)
        query = filled(template, {k: urllib.parse.quote(v) for k, v in names.items()}) \
            if isinstance(template, str) else ""
        body = filled(template, names) if isinstance(template, dict) else None
        return self.gateway.request(method, filled(path, names) + query, body,
                                    headers=bearer(self.callers[caller]))

    def state(self, names):
        """What an administrator sees of the objects."""
        out = []
        for path in ("/key/info?key={key}", "/user/info?user_id={user}", "/team/info?team_id={team}",
                     "/organization/info?organization_id={org}",
                     "/customer/info?end_user_id={customer}", "/budget/settings?budget_id={budget}"):
            out.append(self.get(filled(path, names)))
        return json.dumps(out, sort_keys=True)

    def test_every_route_is_described(self):
        known = {f"{method} {path}" for method, path, access in self.known_routes()
                 if self.template(f"{method} {path}", access) is None}
        self.assertEqual(known, set())
        listed = {f"{method} {route['path']}" for route in self.routes
                  for method in route["methods"]}
        self.assertEqual(set(REQUESTS) - listed, set())

    def test_nobody_without_a_key(self):
        for method, path, access in self.known_routes():
            with self.subTest(route=f"{method} {path}"):
                answer = self.call("none", method, path, access, self.foreign)
                error = self.assert_error(answer, 401)
                self.assertIn("No api key passed in", error["message"])

    def test_objects_of_others(self):
        before = self.state(self.foreign)
        for caller in ("inference", "member", "team_admin", "org_admin", "internal"):
            for method, path, access in self.known_routes():
                with self.subTest(caller=caller, route=f"{method} {path}"):
                    answer = self.call(caller, method, path, access, self.foreign)
                    text = self.without_echo(answer)
                    for secret in self.secrets:
                        self.assertNotIn(secret, text)
                    if answer.status not in DENIED:
                        self.assertEqual(answer.status, 200, answer)
                        self.assertIn(access, ("info", "models", "own_management", "own_spend"))
        self.assertEqual(self.state(self.foreign), before)

    def without_echo(self, answer):
        """Refusals repeat what was asked for; everything else counts."""
        if answer.status in DENIED:
            return ""
        text = answer.body.decode()
        for value in self.foreign.values():
            text = text.replace(f'"key":"{value}"', "").replace(f'"keys":["{value}"]', "")
        return text

    def test_own_objects(self):
        for caller, allowed in OWN.items():
            for name in sorted(allowed):
                method, path = name.split(" ", 1)
                names = dict(self.own)
                if caller in ("inference", "internal"):
                    names["key"] = self.callers[caller]
                if caller == "internal":
                    names["user"] = "plain"
                with self.subTest(caller=caller, route=name):
                    answer = self.call(caller, method, path, "own_management", names)
                    # A second addition of the same member is refused for what it is.
                    self.assertIn(answer.status, (200, 400), answer)

    def test_nobody_widens_what_bounds_it(self):
        before = self.state(self.own)
        for caller, name in (("member", "POST /key/update"), ("member", "POST /key/unblock"),
                             ("member", "POST /team/update"), ("member", "POST /user/update"),
                             ("member", "POST /team/member_update"),
                             ("member", "POST /key/{key}/reset_spend"),
                             ("member", "POST /team/model/add"),
                             ("team_admin", "POST /team/update"),
                             ("team_admin", "POST /team/unblock"),
                             ("team_admin", "POST /team/model/add"),
                             ("team_admin", "POST /organization/update"),
                             ("org_admin", "POST /organization/update"),
                             ("org_admin", "POST /user/update")):
            method, path = name.split(" ", 1)
            with self.subTest(caller=caller, route=name):
                answer = self.call(caller, method, path, "own_management", self.own)
                self.assertIn(answer.status, DENIED, answer)
        self.assertEqual(self.state(self.own), before)

    def test_a_viewer_reads_and_changes_nothing(self):
        before = self.state(self.foreign)
        reading = {"POST /v2/key/info", "POST /key/health", "POST /budget/info", "POST /tag/info"}
        for method, path, access in self.known_routes():
            name = f"{method} {path}"
            with self.subTest(route=name):
                answer = self.call("viewer", method, path, access, self.foreign)
                if method == "GET" or name in reading or access in ("own_spend", "global_spend"):
                    self.assertNotIn(answer.status, (401, 403), answer)
                else:
                    self.assertIn(answer.status, (401, 403), answer)
        self.assertEqual(self.state(self.foreign), before)

    def test_a_proxy_admin_may_everything(self):
        nothing = {name: "sk-" + "y" * 43 if name == "key" else f"nothing-{name}"
                   for name in self.own}
        for method, path, access in self.known_routes():
            with self.subTest(route=f"{method} {path}"):
                answer = self.call("proxy_admin", method, path, access, nothing)
                if f"{method} {path}" in MASTER_KEY_ALONE:
                    self.assertIn(answer.status, DENIED, answer)
                    continue
                self.assertNotIn(answer.status, (401, 403), answer)


if __name__ == "__main__":
    unittest.main()
