import pytest

from governance.admin import pagination
from governance.admin.pagination import BoundedPaginator
from plugins.models import AdvisoryFeed
from tests.factories import AdvisoryFeedFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("rows", "count", "bounded"), [(2, 2, False), (3, 3, False), (4, 3, True)])
def test_counting_stops_at_the_bound_and_says_so(monkeypatch, rows, count, bounded):
    monkeypatch.setattr(pagination, "COUNT_BOUND", 3)
    AdvisoryFeedFactory.create_batch(rows)

    paginator = BoundedPaginator(AdvisoryFeed.objects.order_by("name"), 2)

    assert (paginator.count, paginator.bounded) == (count, bounded)
