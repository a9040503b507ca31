"""The names that lifecycles use for routes and clocks are the packs' own."""

from hub.clues import lifecycle_words
from hub.law.clock import clock_names
from hub.law.vocabulary import Route


def test_a_lifecycle_refers_to_clocks_and_routes_that_exist() -> None:
    assert {clock.value for clock in lifecycle_words.Clock} <= set(clock_names())
    assert {route.value for route in lifecycle_words.Route} == {route.value for route in Route}


def test_police_clocks_run_on_the_route_to_public_security_only() -> None:
    for name, routes in clock_names().items():
        if name.startswith("police_") or "reconsideration" in name or "filing_supervision" in name:
            assert routes == {Route.TO_PUBLIC_SECURITY}, name
    for name in ("receipt", "arrival", "supplement", "result_feedback"):
        assert clock_names()[name] == set(Route), name
