"""What a request may bring, and what becomes of one that makes no sense."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from governance.roles import Role
from governance.uploads import CappedUpload
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

MIB = 2**20


@pytest.fixture
def root():
    """A browser that shows what a superuser would see instead of raising."""
    browser = Client(raise_request_exception=False)
    browser.force_login(UserFactory(is_superuser=True, is_staff=True))
    return browser


@pytest.mark.parametrize(
    "address",
    [
        "/status/?q=%00",
        "/status/certificates/%00/",
        "/policy/%00/",
        "/policy/%00/policy.json",
        "/admin/governance/ledgerentry/?verb__exact=%00",
        "/admin/plugins/plugin/?q=a%00",
    ],
)
def test_a_nul_in_an_address_cannot_be_read(root, address):
    response = root.get(address)

    assert response.status_code == 400
    assert "This request cannot be read" in response.content.decode()


@pytest.mark.parametrize("model", ["success", "failure"])
@pytest.mark.parametrize("page", ["change", "history"])
def test_a_task_whose_name_holds_a_nul_is_not_there(root, model, page):
    address = reverse(f"admin:django_q_{model}_{page}", args=["a_00b"])

    assert root.get(address, follow=True).redirect_chain[-1:] in ([("/admin/", 302)], [])
    assert root.get(address).status_code in {302, 404}


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
@pytest.mark.parametrize("address", ["/admin/plugins/plugin/", "/status/", "/portal/submit/"])
def test_only_pages_are_read_and_forms_sent(root, method, address):
    response = getattr(root, method)(address)

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize("page", ["-1", "99", "x", "²", "9" * 30])
def test_a_page_of_the_search_that_is_not_there_is_not_found(root, page):
    assert root.get("/admin/search/", {"s": "plugin", "page": page}).status_code == 404


def test_the_search_of_the_admin_still_finds_and_still_asks_who(root, client):
    assert "/admin/plugins/plugin/" in root.get("/admin/search/", {"s": "plugin"}).content.decode()
    assert client.get("/admin/search/", {"s": "plugin"}).status_code == 302


@pytest.mark.parametrize(
    "query",
    [
        {"id__regex": "("},
        {"verb__regex": "(a+)+$"},
        {"id__in": "9" * 30},
        {"at__range": "1"},
        {"details__contains": "x"},
        {"nothing": "x"},
    ],
)
def test_a_list_answers_only_the_filters_it_offers(root, query):
    assert root.get(reverse("admin:governance_ledgerentry_changelist"), query).status_code == 400


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("governance_ledgerentry", {"verb": "user.created"}),
        ("governance_ledgerentry", {"at__gte": "2026-01-01 00:00:00+00:00"}),
        ("governance_criterion", {"policy__id__exact": "1", "blocking__exact": "1"}),
        ("plugins_finding", {"run__id__exact": "1", "run__version__plugin__format": "n8n-node"}),
        ("certification_review", {"whose": "mine", "state": "open"}),
        ("governance_user", {"groups__id__exact": "1", "is_active__exact": "1"}),
    ],
)
def test_a_list_answers_the_filters_it_offers(root, page, query):
    assert root.get(reverse(f"admin:{page}_changelist"), query).status_code == 200


@pytest.mark.parametrize("value", ["9" * 30, "²"])
def test_a_filter_by_a_row_that_cannot_be_breaks_nothing(root, value):
    response = root.get(reverse("admin:governance_criterion_changelist"), {"policy": value}, follow=True)

    assert response.status_code == 200


def test_texts_that_are_too_long_are_said_to_be(root):
    form = "application/x-www-form-urlencoded"

    response = root.post(reverse("password_change"), "old_password=" + "x" * (3 * MIB), form)

    assert response.status_code == 413
    assert "This request is too large" in response.content.decode()


@pytest.fixture
def kept(monkeypatch):
    """How many bytes of uploads got past the cap."""
    sizes = []
    receive = CappedUpload.receive_data_chunk

    def counting(self, raw_data, start):
        passed = receive(self, raw_data, start)
        sizes.append(len(passed or b""))
        return passed

    monkeypatch.setattr(CappedUpload, "receive_data_chunk", counting)
    return sizes


def test_a_strangers_upload_fills_no_disk(client, kept):
    client.post(reverse("login"), {"file": SimpleUploadedFile("big.bin", b"x" * MIB)})

    assert 0 < sum(kept) <= MIB / 8


def test_all_files_of_a_request_share_one_cap(client, kept, settings):
    settings.ARCHIVE_LIMITS = settings.ARCHIVE_LIMITS | {"input_bytes": MIB}
    client.force_login(UserFactory(role=Role.OWNER))

    client.post(reverse("password_change"), {f"f{n}": SimpleUploadedFile("big.bin", b"x" * MIB) for n in range(9)})

    assert 6 * MIB < sum(kept) <= 6.25 * MIB
