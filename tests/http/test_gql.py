"""A real client: Python `gql`, with introspection, over httpx."""

import pytest
from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportQueryError, TransportServerError
from gql.transport.httpx import HTTPXTransport
from site_running import Site


def client(site: Site, token: str) -> Client:
    transport = HTTPXTransport(f"{site.url}/graphql", headers={"Authorization": f"Bearer {token}"})
    return Client(transport=transport, fetch_schema_from_transport=True)


def test_gql_reads_the_schema_and_asks(site: Site) -> None:
    with client(site, site.token("demo-health", "medical-practice-regulation")) as session:
        query = GraphQLRequest(
            "query ($n: Int!) { institutions(first: $n) { nodes { nhsaCode name } } }", variable_values={"n": 2}
        )
        answer = session.execute(query)
    assert len(answer["institutions"]["nodes"]) == 2


def test_gql_shows_an_error_of_one_field(site: Site) -> None:
    token = site.token("demo-health", "medical-practice-regulation")
    with client(site, token) as session, pytest.raises(TransportQueryError) as raised:
        session.execute(gql("{ institutions(first: 0) { nodes { name } } }"))
    assert raised.value.errors
    assert raised.value.errors[0]["extensions"]["code"] == "INVALID_ARGUMENT"


def test_gql_shows_a_refused_token(site: Site) -> None:
    with pytest.raises((TransportServerError, TransportQueryError)), client(site, "a" * 43) as session:
        session.execute(gql("{ __typename }"))
