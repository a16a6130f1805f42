"""What tests of the administration have in common."""

import hashlib

from harness import GatewayTest

UNKNOWN_KEY = "sk-" + "x" * 43


def hash_of(key):
    return hashlib.sha256(key.encode()).hexdigest()


def bearer(key):
    """Header fields of a caller; None is a caller without a key."""
    return {"Authorization": None if key is None else f"Bearer {key}"}


class AdminTest(GatewayTest):
    """Asks as the proxy admin unless told otherwise by `key`."""

    def ask(self, method, path, body=None, key=None, status=200, headers=None):
        fields = dict(headers or {})
        if key is not None:
            fields.update(bearer(key))
        answer = self.gateway.request(method, path, body, headers=fields)
        allowed = status if isinstance(status, tuple) else (status,)
        self.assertIn(answer.status, allowed, f"{method} {path} {body}: {answer}")
        return answer.json()

    def post(self, path, body=None, **options):
        return self.ask("POST", path, {} if body is None else body, **options)

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def refused(self, method, path, body=None, status=400, **options):
        """The error of an E1 refusal."""
        error = self.ask(method, path, body, status=status, **options)["error"]
        self.assertEqual(set(error), {"message", "type", "param", "code"})
        self.assertEqual(error["code"], str(status))
        return error

    def new_key(self, **fields):
        return self.post("/key/generate", fields)

    def info(self, key, **options):
        return self.get(f"/key/info?key={key}", **options)["info"]

    def new_user(self, role="internal_user", **fields):
        return self.post("/user/new", {"user_role": role, **fields})
