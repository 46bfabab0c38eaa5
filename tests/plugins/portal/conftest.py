import pytest

from tests.factories import OwnerTeamFactory, PluginFactory, PluginVersionFactory, UserFactory


@pytest.fixture
def owner(db):
    return UserFactory()


@pytest.fixture
def team(owner):
    return OwnerTeamFactory(members=[owner])


@pytest.fixture
def mine(team):
    """A version of a plugin of the owner's."""
    return PluginVersionFactory(plugin=PluginFactory(team=team))


@pytest.fixture
def portal(client, owner):
    client.force_login(owner)
    return client
