import json

import pytest
from django.utils import timezone

from governance.tokens import mint
from tests.factories import ApiTokenFactory

ADMISSION = "/api/v1/admission"
ACKNOWLEDGEMENTS = "/api/v1/admission/acknowledgements"


class Platform:
    """A platform with a token: asks as one does, without cookies."""

    def __init__(self, client, **token):
        self.text = mint()
        self.token = ApiTokenFactory(text=self.text, last_used_at=timezone.now(), **token)
        self.client, self.headers = client, {"Authorization": f"Bearer {self.text}"}

    @property
    def user(self):
        return self.token.user

    def ask(self, sha256, **headers):
        return self.client.get(ADMISSION, {"sha256": sha256}, headers={**self.headers, **headers})

    def send(self, document, address=ADMISSION, **changed):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        given = {"data": body, "content_type": "application/json", "headers": self.headers, **changed}
        return self.client.post(address, **given)

    def open(self, **query):
        return self.client.get(ACKNOWLEDGEMENTS, query, headers=self.headers)

    def acknowledge(self, **document):
        return self.send(document, ACKNOWLEDGEMENTS)


@pytest.fixture
def platform(client, db):
    return Platform(client)
